"""What the scores came to since the start: wakes, near misses, a histogram, what the scoring costs. Pure."""

from dataclasses import dataclass, field

RISE = 0.05
"""The score from which a stretch of steps is a rise; scores of a quiet room stay far below."""
BINS = 10
"""Of the histogram: from 0 to 1 in steps of 0.1."""


@dataclass(slots=True)
class WordStatistics:
    """One word's counts. A rise is a stretch of steps with scores of `RISE` or more, and counts once.

    `step` is called from the listening thread; who reads meanwhile sees counts that may be one apart.

    Attributes:
        wakes: times the word woke the speaker.
        false_wakes: those of them after which nobody spoke.
        near_misses: rises that were suspected and were no detection.
        refused: those of them that would have been one, had the second opinion agreed.
        held_blocks: how many blocks the second opinion held wakes back, all together.
        histogram: rises by their highest score, or by the score that decided where they were a detection.
    """

    wakes: int = 0
    false_wakes: int = 0
    near_misses: int = 0
    refused: int = 0
    held_blocks: int = 0
    histogram: list[int] = field(default_factory=lambda: [0] * BINS)
    _peak: float = 0.0
    _peak_at: int = 0
    _suspected: bool = False
    _decided: bool = False
    _doubted: bool = False

    def step(self, score: float, position: int, *, suspicious: bool) -> tuple[float, int, bool] | None:
        """Count a step that ended at a position.

        Where a near miss ends: its highest score, where that was, and whether the second opinion refused it.
        """
        if score >= RISE:
            if score > self._peak:
                self._peak, self._peak_at = score, position
            self._suspected = self._suspected or suspicious
            return None
        if not self._peak:  # nearly always
            return None
        missed = (self._peak, self._peak_at, self._doubted) if self._suspected and not self._decided else None
        if missed is not None:
            self.near_misses += 1
            self.refused += self._doubted
        if not self._decided:
            self._count()
        self._peak, self._suspected, self._decided, self._doubted = 0.0, False, False, False
        return missed

    def doubt(self) -> None:
        """The second opinion kept this step from being a detection."""
        self._doubted = True

    def decide(self) -> None:
        """A word, this or another, was detected: the rise under way ends here, and is no near miss."""
        if self._peak and not self._decided:
            self._count()
            self._decided = True

    def interrupt(self) -> None:
        """The next score does not follow on the last: a rise under way ends here."""
        self.step(0.0, 0, suspicious=False)

    def _count(self) -> None:
        self.histogram[min(BINS - 1, int(self._peak * BINS))] += 1


@dataclass(slots=True)
class Cost:
    """What scoring costs: `took` once a step, from the listening thread."""

    steps: int = 0
    seconds: float = 0.0
    slowest: float = 0.0

    def took(self, seconds: float) -> None:
        """Count a step that took so long."""
        self.steps += 1
        self.seconds += seconds
        self.slowest = max(self.slowest, seconds)
