"""Free speech by sherpa-onnx, with a model of the owner's: a streaming or whole-turn transducer, or Whisper."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.engines.models import EngineError, missing_files, missing_package
from voiced.cascade.loudness import RATE

_FILES = ("*tokens.txt", "*encoder*.onnx", "*decoder*.onnx")
_STREAMS = "decode_chunk_len"
"""What only an encoder that can be fed piece by piece tells of itself, in its file."""
_TAIL = np.zeros(RATE // 2, np.float32)
"""Silence that a streaming encoder needs behind the last word."""


def problems(model: Path) -> Iterator[tuple[str, str]]:
    """What would keep it from working: the key of `recognition` that should change, and what to do."""
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
        EngineError: the package is missing, or the folder holds no model.
    """

    def __init__(self, model: Path, language: str) -> None:
        for key, fault in problems(model):
            raise EngineError(f"sherpa: {key}: {fault}")
        from sherpa_onnx import OfflineRecognizer, OnlineRecognizer  # noqa: PLC0415 (heavy, only where asked for)

        files = {name: _file(model, f"*{name}*.onnx") for name in ("encoder", "decoder")}
        files["tokens"] = _file(model, "*tokens.txt")
        joiner = sorted(model.glob("*joiner*.onnx"))
        self._streams = False
        try:
            if not joiner:
                self._recogniser = OfflineRecognizer.from_whisper(**files, language=language)
                return
            files["joiner"] = _file(model, "*joiner*.onnx")
            self._streams = _STREAMS in _metadata(files["encoder"])
            kind = OnlineRecognizer if self._streams else OfflineRecognizer
            self._recogniser = kind.from_transducer(**files, num_threads=1)
        except (RuntimeError, ValueError, OSError) as error:
            raise EngineError(f"sherpa: {model} can't be loaded: unpack the model anew ({error})") from error

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
        """What was said."""
        stream = self._recogniser.create_stream()
        stream.accept_waveform(RATE, np.concatenate([*self._sound, np.zeros(0, np.float32)]))
        self._recogniser.decode_stream(stream)
        return str(stream.result.text).strip()


def _floats(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    return samples.astype(np.float32) / np.float32(32768)


def _file(folder: Path, pattern: str) -> str:
    """The file of that kind; of several the smaller number format, which is made for small computers."""
    found = sorted(folder.glob(pattern), key=lambda path: (".int8." not in path.name, path.name))
    return str(found[0])


def _metadata(model: str) -> set[str]:
    """What a model's file tells of itself. Raises `EngineError` where it is no model: sherpa-onnx would exit."""
    import onnx  # noqa: PLC0415 (heavy, as above)
    from google.protobuf.message import DecodeError  # noqa: PLC0415

    try:
        return {entry.key for entry in onnx.load(model, load_external_data=False).metadata_props}
    except DecodeError as error:
        raise EngineError(f"sherpa: {model} is damaged: unpack the model anew") from error
