"""The sound a client sends: decoded, at 16 kHz, on a clock of its own, as much of it as is still needed."""

import base64
import binascii

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.protocol import ProtocolError
from voiced.cascade.resampling import Resampler
from voiced.cascade.turns import RATE

_LARGEST_APPEND = 15 * 1024 * 1024
"""Bytes of one `input_audio_buffer.append`, the service's limit."""
_LONGEST = 120 * RATE
"""Samples kept of a turn that a client won't end; the oldest are dropped."""


class Intake:
    """The input buffer of a session.

    Args:
        rate: of the client's samples, 16000 or 24000 Hz.
        channels: 1, or 2 where the second is the client's echo reference, which is not needed here.
    """

    def __init__(self, rate: int, channels: int = 1) -> None:
        self._channels = channels
        self._resampler = Resampler(rate, RATE)
        self._samples = np.zeros(0, np.int16)
        self._first = 0

    @property
    def end(self) -> int:
        """Samples received since the session began, at 16 kHz."""
        return self._first + len(self._samples)

    @property
    def held(self) -> int:
        """Samples in the buffer."""
        return len(self._samples)

    def reformat(self, rate: int, channels: int) -> None:
        """Take sound of another format from now on."""
        self._channels = channels
        self._resampler = Resampler(rate, RATE)

    def append(self, audio: object) -> NDArray[np.int16]:
        """Decode and keep a piece, and return it at 16 kHz; `ProtocolError` where it isn't base64 of PCM16."""
        if not isinstance(audio, str):
            raise ProtocolError("invalid_type", "Invalid type for 'audio': expected base64 text.", "audio")
        if len(audio) > _LARGEST_APPEND * 4 // 3:
            raise ProtocolError("invalid_value", "More than 15 MiB of audio in one event.", "audio")
        try:
            data = base64.b64decode(audio, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ProtocolError("invalid_value", f"Invalid 'audio': not base64 ({error}).", "audio") from error
        if len(data) % (2 * self._channels):
            raise ProtocolError("invalid_value", "Invalid 'audio': not a whole number of PCM16 samples.", "audio")
        samples = np.frombuffer(data, "<i2").astype(np.int16)[:: self._channels]
        samples = self._resampler.process(samples)
        self._samples = np.concatenate([self._samples, samples])
        if len(self._samples) > _LONGEST:
            self.forget(self.end - _LONGEST)
        return samples

    def between(self, start: int, end: int) -> NDArray[np.int16]:
        """What is kept of a stretch, in samples since the session began."""
        first = max(0, start - self._first)
        return self._samples[first : max(first, end - self._first)].copy()

    def forget(self, before: int) -> None:
        """Drop everything before a sample."""
        drop = min(max(0, before - self._first), len(self._samples))
        self._samples = self._samples[drop:].copy()
        self._first += drop
