"""What a recording would have done: its scores, and what a detector makes of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voiced.audio.frames import CAPTURE_RATE, Samples
from voiced.wakeword.detector import IGNORED_STEPS, Detection, Detector
from voiced.wakeword.engine import STEP, Engine, Scores
from voiced.wakeword.settings import WakeWordSettings

STEP_SECONDS = STEP / CAPTURE_RATE
TAIL_STEPS = 10
"""Silence scored after a recording: the score of a word rises up to 0.4 s after its end."""


def score(engine: Engine, samples: Samples) -> Scores:
    """Scores of a recording and the silence after it, shape (steps, words), as if nothing had been heard before."""
    steps = -(-len(samples) // STEP) + TAIL_STEPS
    whole = np.zeros(steps * STEP, np.int16)
    whole[: len(samples)] = samples
    scores, _ = engine.rehearse(whole)
    return scores


def sustained(scores: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """For each step the highest threshold at which it and the steps before it are that many in a row.

    Zero for the first steps, before which there are too few.
    """
    held = np.zeros(len(scores), np.float32)
    if len(scores) >= frames:
        held[frames - 1 :] = np.lib.stride_tricks.sliding_window_view(scores, frames).min(axis=1)
    return held


@dataclass(frozen=True, slots=True)
class Heard:
    """A wake word in a recording: the score that decided, and the seconds since the beginning at which it did."""

    at: float
    score: float


def detections(scores: NDArray[np.float32], name: str, settings: WakeWordSettings) -> list[Heard]:
    """What the daemon's own detector makes of one word's scores."""
    detector = Detector([(name, settings)])
    for step in range(IGNORED_STEPS):  # the engine was primed; what a detector ignores at its start is over
        detector.judge([0.0], (step - IGNORED_STEPS) * STEP, 0.0)
    found = []
    for step, value in enumerate(scores.tolist()):
        told = detector.judge([value], (step + 1) * STEP, 0.0)
        if isinstance(told, Detection):
            found.append(Heard(told.position / CAPTURE_RATE, told.score))
    return found


def wakes(scores: NDArray[np.float32], threshold: float, settings: WakeWordSettings) -> int:
    """How often a stretch of sound with one word's scores would wake the speaker at another threshold."""
    reached = np.flatnonzero(sustained(scores, settings.frames) >= threshold)
    apart = round(settings.refractory_seconds / STEP_SECONDS)
    return len(_every(reached.tolist(), max(apart, 1)))


def _every(steps: Sequence[int], apart: int) -> list[int]:
    kept: list[int] = []
    for step in steps:
        if not kept or step >= kept[-1] + apart:
            kept.append(step)
    return kept
