"""Free speech by Vosk, with a model of the owner's."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.engines.models import EngineError, missing_files, missing_package
from voiced.cascade.loudness import RATE

_FILES = ("am/final.mdl|final.mdl", "conf/mfcc.conf|mfcc.conf", "graph/HCLG.fst|graph/HCLr.fst|HCLG.fst|HCLr.fst")
_PIECE = RATE // 5


def problems(model: Path) -> Iterator[tuple[str, str]]:
    """What would keep it from working: the key of `recognition` that should change, and what to do."""
    if missing := missing_package("vosk", "vosk"):
        yield "engine", missing
    for fault in missing_files(model, _FILES, "a Vosk model"):
        yield "model", fault


class Vosk:
    """A model, loaded.

    Raises:
        EngineError: the package is missing, or the folder holds no model.
    """

    def __init__(self, model: Path) -> None:
        for key, fault in problems(model):
            raise EngineError(f"vosk: {key}: {fault}")
        import vosk  # noqa: PLC0415 (heavy, and only where it is asked for)

        vosk.SetLogLevel(-1)
        self._recogniser = vosk.KaldiRecognizer
        try:
            self._model = vosk.Model(str(model))
        except Exception as error:  # it raises no other class
            raise EngineError(f"vosk: {model} can't be loaded: unpack the model anew ({error})") from error

    def begin(self) -> "VoskStream":
        """Listen to a stretch of speech."""
        return VoskStream(self._recogniser(self._model, float(RATE)))


class VoskStream:
    """One stretch of speech.

    Args:
        recogniser: a fresh `KaldiRecognizer`.
    """

    def __init__(self, recogniser: Any) -> None:  # noqa: ANN401 (it has no types)
        self._recogniser = recogniser
        self._texts: list[str] = []

    def feed(self, samples: NDArray[np.int16]) -> None:
        """More of it, at 16 kHz."""
        for start in range(0, len(samples), _PIECE):
            if self._recogniser.AcceptWaveform(samples[start : start + _PIECE].tobytes()):  # it found an end by itself
                self._texts.append(_field(self._recogniser.Result(), "text"))

    def text(self) -> str:
        """What was said so far."""
        return _joined([*self._texts, _field(self._recogniser.PartialResult(), "partial")])

    def finish(self) -> str:
        """What was said."""
        return _joined([*self._texts, _field(self._recogniser.FinalResult(), "text")])


def _field(answer: str, name: str) -> str:
    return str(json.loads(answer).get(name, ""))


def _joined(texts: list[str]) -> str:
    return " ".join(text for text in texts if text)
