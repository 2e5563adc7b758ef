"""Recordings as files: any WAV there is, made 16 kHz and one channel."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import soxr
from numpy.typing import NDArray

from voiced.audio.channels import MIX
from voiced.audio.frames import CAPTURE_RATE, Samples

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_FULL_SCALE = 2.0**15
_Channels = NDArray[np.float32]
"""Shape (frames, channels), -1 to 1."""


class RecordingError(Exception):
    """A file can't be read as sound; the message names it and the reason."""


@dataclass(frozen=True, slots=True)
class _Format:
    kind: int
    channels: int
    rate: int
    bits: int


def read_recording(path: Path, channel: int | Literal["mix"] = MIX, of_channels: int = 0) -> Samples:
    """A WAV file at `CAPTURE_RATE`, shape (frames,). Raises `RecordingError`.

    Integers of 8 to 32 bits and floats are read, at any rate. Of several channels `channel` is taken where there are
    `of_channels` of them, as the microphone has, else their average.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecordingError(f"{path} can't be read: {error.strerror}") from error
    form, sound = _parse(path, data)
    one = sound.mean(axis=1) if channel == MIX or form.channels != of_channels else sound[:, channel]
    if form.rate != CAPTURE_RATE:
        one = soxr.resample(one, form.rate, CAPTURE_RATE)
    whole: Samples = np.clip(np.rint(one * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)
    return whole


def _parse(path: Path, data: bytes) -> tuple[_Format, _Channels]:
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise RecordingError(f"{path} is not a WAV file; convert it: sox {path.name} {path.stem}.wav")
    form: _Format | None = None
    for name, content in _chunks(data):
        if name == b"fmt " and len(content) >= 16:
            form = _format(content)
        elif name == b"data" and form is not None:
            return form, _decode(path, form, content)
    raise RecordingError(f"{path} holds no sound: it was cut off, or its recording never ended")


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 12
    while position + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, position)
        if name == b"data" and size == 0:
            size = len(data)  # a recorder that was killed, or wrote to a pipe, never said how much there is
        yield name, data[position + 8 : position + 8 + size]
        position += 8 + size + size % 2


def _format(content: bytes) -> _Format:
    kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", content)
    if kind == _EXTENSIBLE and len(content) >= 26:
        (kind,) = struct.unpack_from("<H", content, 24)
    return _Format(kind, channels, rate, bits)


def _decode(path: Path, form: _Format, content: bytes) -> _Channels:
    decoder = _DECODERS.get((form.kind, form.bits))
    if decoder is None or form.channels < 1 or form.rate < 1:
        raise RecordingError(f"{path} is of a kind of WAV that is not read here; convert it: sox {path.name} 16.wav")
    size = form.channels * form.bits // 8
    samples = decoder(content[: len(content) // size * size])
    sound = samples.reshape(-1, form.channels).astype(np.float32)
    return np.nan_to_num(sound, nan=0.0, posinf=1.0, neginf=-1.0)


def _three_bytes(content: bytes) -> NDArray[np.float64]:
    raw = np.frombuffer(content, np.uint8).reshape(-1, 3)
    wide = np.zeros((len(raw), 4), np.uint8)
    wide[:, 1:] = raw
    return wide.view("<i4").reshape(-1) / 2.0**31


_DECODERS: dict[tuple[int, int], Callable[[bytes], NDArray[Any]]] = {
    (_PCM, 8): lambda content: (np.frombuffer(content, np.uint8) - 128.0) / 2.0**7,
    (_PCM, 16): lambda content: np.frombuffer(content, "<i2") / 2.0**15,
    (_PCM, 24): _three_bytes,
    (_PCM, 32): lambda content: np.frombuffer(content, "<i4") / 2.0**31,
    (_FLOAT, 32): lambda content: np.frombuffer(content, "<f4"),
    (_FLOAT, 64): lambda content: np.frombuffer(content, "<f8"),
}
