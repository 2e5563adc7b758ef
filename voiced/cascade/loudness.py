"""Speech by its energy over an adaptive noise floor."""

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
"""Hz of the sound that is looked at."""
_SMOOTHED = 3
"""Frames whose loudest counts, so that a glottal pulse's valley isn't silence."""
_FIRST_FLOOR = -47.0
"""dBFS of noise assumed until it is known."""
_QUIETEST_FLOOR = -65.0
_BLOCK = 50
"""Frames of one block of the floor's memory."""
_BLOCKS = 6
"""Blocks whose minimum is the floor: 3 s, longer than people speak without a pause."""
_LEAST_MARGIN, _MARGIN_PER_THRESHOLD = 5.0, 8.0
"""dB over the floor that are speech: 9 at the usual threshold of 0.5."""
_HYSTERESIS = 3.0


class Loudness:
    """Voice activity by energy. What it measures of a frame of 10 ms is its level in dBFS."""

    name = "energy"
    frame = RATE // 100
    late_ms = 10.0 * (_SMOOTHED - 1)

    def __init__(self) -> None:
        self._masking = -100.0
        self._levels: deque[float] = deque(maxlen=_SMOOTHED)
        self._minima: deque[float] = deque(maxlen=_BLOCKS)
        self._block = _FIRST_FLOOR
        self._block_frames = 0

    def measure(self, frames: NDArray[np.int16], masking: float) -> Sequence[float]:
        """The levels of frames, shape (count, 160), in dBFS."""
        self._masking = masking
        return levels(frames)

    def is_speech(self, measured: float, *, threshold: float, speaking: bool) -> bool:
        """Whether a frame of that level stands out of the noise."""
        self._levels.append(measured)
        smoothed = max(self._levels) if speaking else measured
        margin = _LEAST_MARGIN + _MARGIN_PER_THRESHOLD * threshold
        return smoothed > max(self._floor(measured), self._masking) + margin - (_HYSTERESIS if speaking else 0.0)

    def _floor(self, level: float) -> float:
        """The quietest of the last seconds, in dBFS."""
        self._block = min(self._block, level) if self._block_frames else level
        self._block_frames += 1
        floor = min(self._block, *self._minima) if self._minima else min(self._block, _FIRST_FLOOR)
        if self._block_frames == _BLOCK:
            self._minima.append(self._block)
            self._block_frames = 0
        return max(_QUIETEST_FLOOR, floor)


def levels(frames: NDArray[np.int16]) -> list[float]:
    """The level of each frame in dBFS, shape (count, samples), without the offset that cheap microphones have."""
    sound = frames.astype(np.float64)
    powers = np.square(sound - sound.mean(axis=1, keepdims=True)).mean(axis=1)
    found: list[float] = (10 * np.log10(powers / 32768**2 + 1e-12)).tolist()
    return found
