"""How loud the microphone is: what the owner sees, and what is wrong with it."""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from voiced.audio.frames import CAPTURE_RATE, Samples

FLOOR_DBFS = -96.0
"""What digital silence is called: the quietest that 16 bits can tell."""
FULL_SCALE = 32_767
NOISE_SECONDS = 10.0
"""How far back the noise floor and clipping look."""
NOISE_PERCENTILE = 0.2
BLOCK_FRAMES = 1_600
"""Frames that one value of the history stands for: 100 ms."""
_BLOCKS = round(NOISE_SECONDS * CAPTURE_RATE / BLOCK_FRAMES)
_RECENT = 3
"""Blocks that `rms` and `peak` look back."""
SILENT_SECONDS = 10.0
"""All zeros for this long is no quiet room but a microphone that is off."""
CLIPPED_SHARE = 0.001
"""More samples than this at full scale, and it is heard."""


@dataclass(slots=True)
class _Block:
    frames: int = 0
    squares: float = 0.0
    peak: int = 0
    clipped: int = 0


class Level:
    """The level of a stream of mono samples at `CAPTURE_RATE`.

    Give it every frame: that costs 4 µs of 20 or 80 ms. Reading costs more (`noise_floor` 120 µs): about once a second.
    """

    def __init__(self) -> None:
        self._blocks: deque[_Block] = deque([_Block()], maxlen=_BLOCKS + 1)
        self._zeros = 0

    def feed(self, samples: Samples) -> None:
        """Take the next stretch of sound, shape (frames,)."""
        if not len(samples):
            return
        block = self._blocks[-1]
        if block.frames + len(samples) // 2 >= BLOCK_FRAMES:
            block = _Block()
            self._blocks.append(block)
        block.frames += len(samples)
        peak = max(int(samples.max()), -int(samples.min()))
        if not peak:
            self._zeros += len(samples)
            return
        self._zeros = 0
        floats = samples.astype(np.float32)
        block.squares += float(floats @ floats)
        block.peak = max(block.peak, peak)
        if peak >= FULL_SCALE:
            block.clipped += int(np.count_nonzero(np.abs(floats) >= FULL_SCALE))

    @property
    def peak(self) -> float:
        """The highest sample, in dBFS, of the last 200 to 300 ms."""
        return _dbfs(max(block.peak for block in self._recent()))

    @property
    def rms(self) -> float:
        """The mean power, in dBFS, of the last 200 to 300 ms."""
        return _rms(self._recent())

    @property
    def noise_floor(self) -> float:
        """What the quietest fifth of the last 10 s stayed under, in dBFS: the room without speech."""
        levels = sorted(_rms([block]) for block in self._blocks if block.frames)
        return levels[int(NOISE_PERCENTILE * len(levels))] if levels else FLOOR_DBFS

    @property
    def clipped(self) -> float:
        """Share of the samples of the last 10 s that are at full scale, 0 to 1."""
        frames = sum(block.frames for block in self._blocks)
        return sum(block.clipped for block in self._blocks) / frames if frames else 0.0

    @property
    def silent_for(self) -> float:
        """Seconds of digital silence up to now: not one sample but zeros."""
        return self._zeros / CAPTURE_RATE

    def _recent(self) -> list[_Block]:
        return list(self._blocks)[-_RECENT:]


class Complaints:
    """What is wrong with a level, said once each time it begins."""

    def __init__(self, level: Level) -> None:
        self._level = level
        self._silent = False
        self._clipping = False

    def news(self) -> str | None:
        """A line for the journal, or None; ask about once a second."""
        was_silent, self._silent = self._silent, self._level.silent_for >= SILENT_SECONDS
        if self._silent and not was_silent:
            return (
                f"all zeros for {SILENT_SECONDS:.0f} s: is the microphone muted (`alsamixer`, F4) "
                "or audio.input.channel the wrong one?"
            )
        share = self._level.clipped
        was_clipping, self._clipping = self._clipping, share > (0.0 if self._clipping else CLIPPED_SHARE)
        if self._clipping and not was_clipping:
            return f"clipping: {share:.1%} of the samples are at full scale; lower the capture volume (`alsamixer`, F4)"
        return None


def _rms(blocks: list[_Block]) -> float:
    frames = sum(block.frames for block in blocks)
    return _dbfs(math.sqrt(sum(block.squares for block in blocks) / frames)) if frames else FLOOR_DBFS


def _dbfs(amplitude: float) -> float:
    return max(FLOOR_DBFS, 20 * math.log10(amplitude / 32_768)) if amplitude else FLOOR_DBFS
