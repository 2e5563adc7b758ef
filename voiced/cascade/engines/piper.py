"""A neural voice of Piper's, with a model of the owner's."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.engines.models import EngineError, missing_package


def problems(voice: Path) -> Iterator[str]:
    """What would keep it from speaking."""
    if missing := missing_package("piper", "piper"):
        yield missing
    if not voice.is_file():
        yield f"there is no file {voice}: give the .onnx file of a Piper voice"
        return
    description = _description(voice)
    try:
        json.loads(description.read_bytes())["audio"]["sample_rate"]
    except FileNotFoundError:
        yield f"there is no file {description}: put the voice's description beside its model"
    except (OSError, ValueError, KeyError, TypeError):
        yield f"{description} describes no Piper voice: get the voice's two files anew"


class Piper:
    """A voice, loaded when it first speaks."""

    def __init__(self, voice: Path) -> None:
        self._path = voice
        self._voice: Any = None
        self._loading = threading.Lock()

    @property
    def name(self) -> str:
        """Its name, of its file."""
        return f"piper {self._path.stem}"

    def check(self) -> None:
        """Raise `EngineError` where it can't speak."""
        for fault in problems(self._path):
            raise EngineError(f"piper: {fault}")

    def load(self) -> None:
        """Load it now, which takes a second or more. Raises `EngineError`."""
        with self._loading:
            if self._voice is not None:
                return
            self.check()
            from piper import PiperVoice  # noqa: PLC0415 (heavy, and only where it is asked for)

            try:
                self._voice = PiperVoice.load(self._path)
            except Exception as error:  # onnxruntime's and Piper's own, of no common class
                raise EngineError(f"piper: {self._path} can't be loaded: get the voice anew ({error})") from error

    def speak(self, text: str) -> tuple[NDArray[np.int16], int]:
        """The samples of a text, shape (frames,), and their rate in Hz; takes its time. Raises `EngineError`."""
        self.load()
        try:
            chunks = [(chunk.audio_int16_array, chunk.sample_rate) for chunk in self._voice.synthesize(text)]
        except Exception as error:  # likewise
            raise EngineError(f"piper: {self._path.stem} could not say a sentence: {error}") from error
        rate = chunks[0][1] if chunks else int(self._voice.config.sample_rate)
        return np.concatenate([*(sound for sound, _ in chunks), np.zeros(0, np.int16)]), rate


def _description(voice: Path) -> Path:
    return voice.with_name(f"{voice.name}.json")
