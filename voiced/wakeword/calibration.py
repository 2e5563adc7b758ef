"""A threshold for one voice in one room, and how much a few samples and minutes can tell about it. Pure."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voiced.wakeword.scoring import STEP_SECONDS, sustained, wakes
from voiced.wakeword.settings import WakeWordSettings

CONFIDENCE = 0.95
THRESHOLDS = tuple(round(hundredth / 100, 2) for hundredth in range(5, 96))
"""What may be recommended."""
USUAL = (0.3, 0.8)
"""Without need nothing outside is recommended: so few samples are no reason for it."""
DEFAULT = WakeWordSettings().threshold
WAKES_AN_HOUR = 1.0
"""How often the word is said, for weighing: a missed one is as bad as a false one."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Something that was counted: how often, the rate that makes, and the highest rate it may really be, at 95 %."""

    times: int
    rate: float
    at_most: float


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a threshold does.

    Attributes:
        threshold: that one.
        missed: of the samples; the rate is the share of them.
        false_wakes: in the room; the rate is wakes an hour. None where no room was heard.
    """

    threshold: float
    missed: Counted
    false_wakes: Counted | None


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A threshold, and what to expect of it.

    Attributes:
        best: what is recommended.
        present: what is configured.
        weakest: the highest threshold that catches every sample.
        loudest: the highest threshold that the room reaches; 0 where none was heard.
    """

    best: Expectation
    present: Expectation
    weakest: float
    loudest: float

    @property
    def separable(self) -> bool:
        """Whether a threshold catches every sample and stays silent in the room."""
        return self.weakest > self.loudest


def peak(scores: NDArray[np.float32], frames: int) -> float:
    """The highest threshold at which these scores are a wake: the number of frames in a row is reached."""
    return float(sustained(scores, frames).max(initial=0.0))


def recommend(samples: Sequence[float], room: NDArray[np.float32], settings: WakeWordSettings) -> Recommendation:
    """The threshold at which the fewest wakes go wrong. Raises ValueError without a sample.

    `samples` holds the `peak` of each time the word was said, `room` the scores of every step in the room without it.
    """
    if not samples:
        raise ValueError("no sample of the word, nothing to go by")
    tried = [expect(samples, room, settings, threshold) for threshold in THRESHOLDS]
    least = min(map(_harm, tried))
    best = [expectation.threshold for expectation in tried if _harm(expectation) <= least + 1e-9]
    threshold = _between(best) if len(room) else min(best, key=lambda value: abs(value - DEFAULT))
    return Recommendation(
        expect(samples, room, settings, threshold),
        expect(samples, room, settings, settings.threshold),
        weakest=min(samples),
        loudest=peak(room, settings.frames),
    )


def expect(
    samples: Sequence[float], room: NDArray[np.float32], settings: WakeWordSettings, threshold: float
) -> Expectation:
    """What a threshold does with these samples in this room."""
    hours = len(room) * STEP_SECONDS / 3600
    return Expectation(
        threshold,
        share(sum(sample < threshold for sample in samples), len(samples)),
        rate(wakes(room, threshold, settings), hours) if hours else None,
    )


def _harm(expectation: Expectation) -> float:
    """Wakes that go wrong, an hour."""
    return expectation.missed.rate * WAKES_AN_HOUR + (expectation.false_wakes.rate if expectation.false_wakes else 0.0)


def share(times: int, of: int) -> Counted:
    """So many of so many, with the exact binomial bound: after none of n about 3/n (the rule of three)."""

    def fewer_or_as_many(chance: float) -> float:
        return sum(math.comb(of, n) * chance**n * (1 - chance) ** (of - n) for n in range(times + 1))

    at_most = 1.0 if times == of else _where_falling(fewer_or_as_many, 1.0)
    return Counted(times, times / of, at_most)


def rate(times: int, hours: float) -> Counted:
    """So many in so many hours, with the exact Poisson bound: after none about 3 divided by the hours."""

    def fewer_or_as_many(mean: float) -> float:
        return sum(math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(times + 1))

    highest = 10.0 + 2 * times + 10 * math.sqrt(times)
    return Counted(times, times / hours, _where_falling(fewer_or_as_many, highest) / hours)


def _where_falling(chance: Callable[[float], float], highest: float) -> float:
    """Where a chance that falls with its argument has become as small as what 95 % leaves."""
    low, high = 0.0, highest
    for _ in range(60):
        middle = (low + high) / 2
        if chance(middle) > 1 - CONFIDENCE:
            low = middle
        else:
            high = middle
    return high


def _between(best: Sequence[float]) -> float:
    """Of thresholds that are equally good, the one in the middle as a wake model counts: by odds."""
    middle = (_log_odds(best[0]) + _log_odds(best[-1])) / 2
    wanted = min(max(1 / (1 + math.exp(-middle)), USUAL[0]), USUAL[1])
    return min(best, key=lambda threshold: abs(threshold - wanted))


def _log_odds(chance: float) -> float:
    return math.log(chance / (1 - chance))
