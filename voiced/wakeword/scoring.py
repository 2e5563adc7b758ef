"""What a recording would have done: its scores, and what a detector makes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voiced.audio.frames import CAPTURE_RATE, Samples
from voiced.wakeword.detector import IGNORED_STEPS, SUSPICIOUS, Detection, Detector, Opinion
from voiced.wakeword.engine import PRIMING_STEPS, STEP, Engine, Scores
from voiced.wakeword.settings import WakeWordSettings

STEP_SECONDS = STEP / CAPTURE_RATE
TAIL_STEPS = 10
"""Silence scored after a recording: the score of a word rises up to 0.4 s after its end."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A wake word in a recording: the score that decided, and the seconds since the beginning at which it did."""

    at: float
    score: float


@dataclass(frozen=True, slots=True)
class Hearing:
    """What the daemon would have made of a recording.

    Attributes:
        scores: shape (steps, words), those of the silence after the recording included.
        heard: what each word would have woken it to, by name.
        refused: the words of which the second opinion refused something.
    """

    scores: Scores
    heard: Mapping[str, Sequence[Heard]]
    refused: frozenset[str]


def score(engine: Engine, samples: Samples) -> Scores:
    """Scores of a recording and the silence after it, shape (steps, words), as if nothing had been heard before."""
    scores, _ = engine.rehearse(_filled(samples))
    return scores


def hear(
    engine: Engine,
    samples: Samples,
    words: Mapping[str, WakeWordSettings],
    opinions: Mapping[str, Opinion] | None = None,
) -> Hearing:
    """Let an engine and the daemon's detector hear a recording as if nothing had been heard before, each word alone."""
    silence = np.zeros(STEP, np.int16)
    for _ in range(PRIMING_STEPS):
        engine.step(silence)
    detectors = {name: _awake(name, words[name], opinions) for name in engine.names}
    scores: list[Scores] = []
    heard: dict[str, list[Heard]] = {name: [] for name in engine.names}
    for step, block in enumerate(_filled(samples).reshape(-1, STEP), 1):
        scores.append(engine.step(block))
        for name, value in zip(engine.names, scores[-1].tolist(), strict=True):
            told = detectors[name].judge([value], step * STEP, 0.0, engine.window)
            if isinstance(told, Detection):
                heard[name].append(Heard(told.position / CAPTURE_RATE, told.score))
    refused = frozenset(name for name, detector in detectors.items() if detector.statistics[name].refused)
    return Hearing(np.array(scores, np.float32), heard, refused)


def _filled(samples: Samples) -> Samples:
    """Whole steps, and the silence after them."""
    steps = -(-len(samples) // STEP) + TAIL_STEPS
    whole = np.zeros(steps * STEP, np.int16)
    whole[: len(samples)] = samples
    return whole


def _awake(name: str, word: WakeWordSettings, opinions: Mapping[str, Opinion] | None) -> Detector:
    """A detector that is past what it ignores at its start: the engine was primed."""
    detector = Detector([(name, word)], opinions)
    for step in range(IGNORED_STEPS):
        detector.judge([0.0], (step - IGNORED_STEPS) * STEP, 0.0)
    return detector


def sustained(scores: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """For each step the highest threshold at which it and the steps before it wake: one reaches it, each half of it.

    Zero for the first steps, before which there are too few.
    """
    held = np.zeros(len(scores), np.float32)
    if len(scores) >= frames:
        windows = np.lib.stride_tricks.sliding_window_view(scores, frames)
        held[frames - 1 :] = np.minimum(windows.max(axis=1), windows.min(axis=1) / SUSPICIOUS)
    return held


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
