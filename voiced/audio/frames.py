"""The two formats sound has inside the speaker, and the unit it travels in."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
"""Signed 16-bit samples, shape (frames,) for mono or (frames, channels)."""

SAMPLE_BYTES = 2
CAPTURE_RATE = 16_000
"""Hz. openWakeWord's rate, and one the service accepts, so that one capture feeds both."""
PLAYBACK_RATE = 24_000
"""Hz. The service's PCM16 output rate."""
CAPTURE_PERIOD = 320
"""Frames a capture period: 20 ms."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A stretch of microphone sound, normally one period of 20 ms.

    Attributes:
        data: interleaved little-endian PCM16 at `CAPTURE_RATE`.
        position: index of the first frame since capture began; grows without gaps unless samples were lost.
        captured_at: monotonic seconds at which the last sample was taken.
        channels: 1, or 2 where the second is what the speaker played.
    """

    data: bytes
    position: int
    captured_at: float
    channels: int = 1

    @property
    def frames(self) -> int:
        """Samples per channel."""
        return len(self.data) // (SAMPLE_BYTES * self.channels)

    @property
    def samples(self) -> Samples:
        """The microphone's channel, shape (frames,), without a copy where mono."""
        interleaved = np.frombuffer(self.data, np.int16)
        return interleaved if self.channels == 1 else interleaved[:: self.channels]

    def silenced(self) -> Self:
        """Silence of the same length in its place."""
        return replace(self, data=bytes(len(self.data)))


def milliseconds(frames: int, rate: int) -> int:
    """Frames at a rate (Hz) as whole milliseconds, rounded down."""
    return frames * 1000 // rate
