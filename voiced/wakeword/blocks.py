"""Sound in the wake word's own measure: blocks of 80 ms, however it came. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from voiced.audio.frames import CAPTURE_RATE, Frame, Samples

STEP = CAPTURE_RATE * 80 // 1000
"""Samples a block: 80 ms, the hop of openWakeWord's embeddings."""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of sound that the engine takes in one step.

    Attributes:
        samples: shape (STEP,).
        position: capture frame index at which it ended.
        captured_at: monotonic seconds at which its last sample was taken.
    """

    samples: Samples
    position: int
    captured_at: float


class Cutter:
    """Cuts one stream of frames of any length into blocks; of a frame that is a block nothing is copied."""

    def __init__(self) -> None:
        self._begun = np.empty(STEP, np.int16)
        self._filled = 0

    def cut(self, frame: Frame) -> Iterator[Block]:
        """The blocks that a frame completes, in order. Raises ValueError where it is no whole number of samples."""
        samples = frame.samples
        taken = 0
        while taken < len(samples):
            part = samples[taken : taken + STEP - self._filled]
            taken += len(part)
            if len(part) == STEP and part.flags.c_contiguous:
                yield Block(part, frame.position + taken, frame.captured_at)
                continue
            self._begun[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            if self._filled == STEP:
                yield Block(self._begun, frame.position + taken, frame.captured_at)
                self._begun, self._filled = np.empty(STEP, np.int16), 0
