"""Free speech by sherpa-onnx, with a model of the owner's: a streaming or whole-turn transducer, or Whisper."""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.engines.models import EngineError, missing_files, missing_package
from voiced.cascade.engines.sherpa_models import Kind, SherpaModel, examine
from voiced.cascade.loudness import RATE

_FILES = ("*tokens.txt", "*encoder*.onnx", "*decoder*.onnx")
_TAIL = np.zeros(RATE // 2, np.float32)
"""Silence that a streaming encoder needs behind the last word."""
_SHORTEST = RATE // 10
"""Samples; no word is shorter. Fewer than 80 would end the process with Whisper, and a transducer's first layers want
nine frames of 10 ms."""


def problems(model: Path, language: str) -> Iterator[tuple[str, str]]:
    """What would keep it from working: the key of `recognition` that should change, and what to do."""
    found = list(_missing(model))
    yield from found
    if not any(key == "model" for key, _ in found):
        try:
            yield from _unknown(language, examine(model))
        except EngineError as error:
            yield "model", str(error)


def _missing(model: Path) -> Iterator[tuple[str, str]]:
    if missing := missing_package("sherpa_onnx", "sherpa"):
        yield "engine", missing
    for fault in missing_files(model, _FILES, "a transducer or Whisper model of sherpa-onnx"):
        yield "model", fault


class Sherpa:
    """A model, loaded.

    Args:
        model: its folder.
        language: of Whisper's, e.g. "en".

    Raises:
        EngineError: the package is missing, the folder holds no model, or one that does not know the language.
    """

    name = "sherpa"

    def __init__(self, model: Path, language: str) -> None:
        for key, fault in _missing(model):
            raise EngineError(f"sherpa: {key}: {fault}")
        try:
            found = examine(model)
        except EngineError as error:
            raise EngineError(f"sherpa: model: {error}") from error
        for key, fault in _unknown(language, found):
            raise EngineError(f"sherpa: {key}: {fault}")
        from sherpa_onnx import OfflineRecognizer, OnlineRecognizer  # noqa: PLC0415 (heavy, only where asked for)

        self._streams = found.kind is Kind.STREAMING
        try:
            if found.kind is Kind.WHISPER:
                self._recogniser = OfflineRecognizer.from_whisper(**found.files, language=language)
                return
            kind = OnlineRecognizer if self._streams else OfflineRecognizer
            self._recogniser = kind.from_transducer(**found.files, num_threads=1)
            _try(self.begin())
        except (RuntimeError, ValueError, LookupError, OSError) as error:
            raise EngineError(f"sherpa: {model} can't be used: unpack the model anew ({error})") from error

    def begin(self) -> "StreamedSpeech | WholeSpeech":
        """Listen to a stretch of speech."""
        return StreamedSpeech(self._recogniser) if self._streams else WholeSpeech(self._recogniser)


class StreamedSpeech:
    """One stretch of speech, decoded as it comes.

    Args:
        recogniser: an `OnlineRecognizer`.
    """

    def __init__(self, recogniser: Any) -> None:  # noqa: ANN401 (it has no types)
        self._recogniser = recogniser
        self._stream = recogniser.create_stream()

    def feed(self, samples: NDArray[np.int16]) -> None:
        """More of it, at 16 kHz."""
        self._take(_floats(samples))

    def text(self) -> str:
        """What was said so far."""
        return str(self._recogniser.get_result(self._stream)).strip()

    def finish(self) -> str:
        """What was said."""
        self._take(_TAIL)
        self._stream.input_finished()
        self._decode()
        return self.text()

    def _take(self, sound: NDArray[np.float32]) -> None:
        self._stream.accept_waveform(RATE, sound)
        self._decode()

    def _decode(self) -> None:
        while self._recogniser.is_ready(self._stream):
            self._recogniser.decode_stream(self._stream)


class WholeSpeech:
    """One stretch of speech, decoded when it is whole.

    Args:
        recogniser: an `OfflineRecognizer`.
    """

    def __init__(self, recogniser: Any) -> None:  # noqa: ANN401 (it has no types)
        self._recogniser = recogniser
        self._sound: list[NDArray[np.float32]] = []

    def feed(self, samples: NDArray[np.int16]) -> None:
        """More of it, at 16 kHz."""
        self._sound.append(_floats(samples))

    def text(self) -> str:
        """Nothing: it is not known before the end."""
        return ""

    def finish(self) -> str:
        """What was said; nothing in less than a tenth of a second."""
        sound = np.concatenate([*self._sound, np.zeros(0, np.float32)])
        if len(sound) < _SHORTEST:
            return ""
        stream = self._recogniser.create_stream()
        stream.accept_waveform(RATE, sound)
        self._recogniser.decode_stream(stream)
        return str(stream.result.text).strip()


def _try(speech: StreamedSpeech | WholeSpeech) -> None:
    """Hear a second of silence: parts of several models, which don't fit together, show there."""
    speech.feed(np.zeros(RATE, np.int16))
    speech.finish()


def _floats(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    return samples.astype(np.float32) / np.float32(32768)


def _unknown(language: str, model: SherpaModel) -> Iterator[tuple[str, str]]:
    """Whisper would end the process at the first turn of a language that it does not know."""
    known = model.languages
    if model.kind is not Kind.WHISPER or language in known:
        return
    close = get_close_matches(language, known, 1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    yield "language", f"the model does not know {language}{hint}, only {', '.join(sorted(known))}"
