"""Logistic regression of whether a sentence was said, and what it is worth on voices that it didn't learn from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.doubts import Evidence, Weights

_OTHERS_COUNT = 2.0
"""What another sentence that was taken for a command counts, beside a command: acting unasked is worse."""
_RIDGE = 1.0
"""What keeps weights small, in squares of standardised ones."""
_STEPS = 50
_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence that a grammar made of a turn, and what speaks for it.

    Attributes:
        voice: who spoke.
        ratio: decibels of speech over noise, None in a quiet room.
        said: whether it was said; False where the turn was no command at all.
    """

    voice: str
    ratio: float | None
    said: bool
    evidence: Evidence


def fitted(examples: Sequence[Example]) -> Weights:
    """The weights under which the examples are likeliest, the least first: by Newton's method, ridge and all.

    Raises:
        ValueError: there are no examples of one of the two kinds.
    """
    said = np.array([example.said for example in examples], np.float64)
    if not 0 < said.sum() < len(said):
        raise ValueError("it takes sentences that were said and others: there is only one kind")
    raw = np.array([_features(example) for example in examples])
    mean, scale = raw.mean(axis=0), np.maximum(raw.std(axis=0), 1e-9)
    rows = np.column_stack([(raw - mean) / scale, np.ones(len(raw))])
    counts = np.where(said > 0, 1.0, _OTHERS_COUNT)
    ridge = np.diag([_RIDGE] * raw.shape[1] + [0.0])
    weights: _Floats = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        likely = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (counts * (likely - said)) + ridge @ weights
        curvature = (rows * (counts * likely * (1 - likely))[:, None]).T @ rows + ridge
        weights = weights - np.linalg.solve(curvature, slope)
    plain = weights[:-1] / scale
    fit, worst, strangeness = (float(weight) for weight in plain)
    return Weights(fit, worst, strangeness, float(weights[-1] - plain @ mean))


def judged_by_others(examples: Sequence[Example], asked: Sequence[Example]) -> list[float]:
    """The belief in each example that is asked about, by weights learnt from all voices but its own."""
    voices = dict.fromkeys(example.voice for example in asked)
    weights = {voice: fitted([example for example in examples if example.voice != voice]) for voice in voices}
    return [example.evidence.belief(weights[example.voice]) for example in asked]


def ranked(said: Sequence[float], others: Sequence[float]) -> float:
    """The share of all pairs in which the sentence that was said is believed more; one half says nothing.

    Raises:
        ValueError: there are none of one kind.
    """
    if not said or not others:
        raise ValueError("it takes sentences that were said and others: there is only one kind")
    above = np.subtract.outer(np.array(said), np.array(others))
    return float(np.mean(above > 0) + np.mean(above == 0) / 2)


def _features(example: Example) -> tuple[float, ...]:
    evidence = example.evidence
    return evidence.fit, evidence.worst, evidence.strangeness
