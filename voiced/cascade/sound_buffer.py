"""Sound kept on a clock of samples: what comes is added at the end, what is not needed any more leaves at the front."""

import numpy as np
from numpy.typing import NDArray


class SoundBuffer:
    """The newest samples of a stream. Adding a piece, or forgetting one, takes no longer however much is kept.

    Args:
        longest: samples kept; the oldest are forgotten.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._store = np.zeros(0, np.int16)
        self._front = self._back = 0  # what is kept, in the store
        self._first = 0

    @property
    def end(self) -> int:
        """Samples since the stream began."""
        return self._first + self.held

    @property
    def held(self) -> int:
        """Samples that are kept."""
        return self._back - self._front

    def add(self, samples: NDArray[np.int16]) -> None:
        """What the stream goes on with, shape (frames,)."""
        if self._back + len(samples) > len(self._store):
            kept = self._store[self._front : self._back]
            self._store = np.zeros(2 * (len(kept) + len(samples)), np.int16)  # room for as much again
            self._store[: len(kept)] = kept
            self._front, self._back = 0, len(kept)
        self._store[self._back : self._back + len(samples)] = samples
        self._back += len(samples)
        self.forget(self.end - self._longest)

    def between(self, start: int, end: int) -> NDArray[np.int16]:
        """What is kept of a stretch, in samples since the stream began."""
        first = max(0, start - self._first)
        last = min(self.held, max(first, end - self._first))
        return self._store[self._front + first : self._front + last].copy()

    def forget(self, before: int) -> None:
        """Drop everything before a sample."""
        drop = min(max(0, before - self._first), self.held)
        self._front += drop
        self._first += drop
