"""Whether anything can be heard at all: energy against the room's own noise. Pure, and cheap: 4 µs of 80 ms."""

import math
from bisect import bisect_left, insort
from collections import deque

import numpy as np

from voiced.audio.frames import CAPTURE_RATE, Samples

LOUDER = 1.6
"""How many times the noise floor a block must be to open the gate: 4 dB."""
QUIETEST = 2.0
"""RMS below which nothing opens it, -84 dBFS: in such a quiet room it is the converter's last bit that is heard."""
FLOOR_SECONDS = 10.0
"""How far back the noise floor looks."""
FLOOR_PERCENTILE = 0.2
HANG_SECONDS = 1.2
"""How long it stays open after the last loud block: a pause within a phrase, and the score that rises after its end."""
QUIET_BLOCKS = 4
"""So many blocks in a row are what the room sounds like now: it fell quiet, and the floor may not wait to follow."""


class Gate:
    """Hears one stream in blocks of `block` samples. Open at first: a room that is not known yet may be speaking.

    The noise floor is what the quietest fifth of the last 10 s stayed under, or the loudest of the last 4 blocks where
    that is less. A constant offset, which cheap microphones have, is no sound.
    """

    def __init__(self, block: int) -> None:
        self._ones = np.ones(block)
        self._floats = np.empty(block)
        self._hang = round(HANG_SECONDS * CAPTURE_RATE / block)
        self._history: deque[float] = deque()
        self._sorted: list[float] = []
        self._length = round(FLOOR_SECONDS * CAPTURE_RATE / block)
        self._latest: deque[float] = deque(maxlen=QUIET_BLOCKS)
        self._open_for = 2 * self._hang

    def hear(self, samples: Samples) -> bool:
        """Whether the gate is open for this block, shape (block,)."""
        power = self._power(samples)
        if power > self._threshold**2:
            self._open_for = max(self._open_for, self._hang + 1)
        self._remember(power)
        is_open = self._open_for > 0
        self._open_for -= is_open
        return is_open

    @property
    def opens_at(self) -> float:
        """The RMS above which the next block opens the gate; 0 where it is open."""
        return 0.0 if self._open_for > 0 else self._threshold

    @property
    def _threshold(self) -> float:
        return max(self.floor * LOUDER, QUIETEST)

    @property
    def floor(self) -> float:
        """The room's noise as RMS of 16-bit samples; 0 before anything was heard."""
        if not self._sorted:
            return 0.0
        return math.sqrt(min(self._sorted[int(FLOOR_PERCENTILE * len(self._sorted))], max(self._latest)))

    def _power(self, samples: Samples) -> float:
        np.copyto(self._floats, samples)  # in 16 bits the squares would overflow
        mean = float(self._floats.dot(self._ones)) / len(self._floats)
        return max(0.0, float(self._floats.dot(self._floats)) / len(self._floats) - mean * mean)

    def _remember(self, power: float) -> None:
        """Keep the last 10 s both in order of time and of power: a percentile without sorting."""
        if len(self._history) == self._length:
            del self._sorted[bisect_left(self._sorted, self._history.popleft())]
        self._history.append(power)
        self._latest.append(power)
        insort(self._sorted, power)
