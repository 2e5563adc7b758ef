"""What each engine hears in a stream: its wakes, with their places."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benches.conditions import Stream, blocks
from benches.engines import stock
from benches.measuring import BenchError
from benches.signals import Samples
from voiced.audio.frames import Frame
from voiced.wakeword.detector import Detection, Detector, Judgement
from voiced.wakeword.engine import STEP, Engine
from voiced.wakeword.gate import Gate
from voiced.wakeword.listener import Listener
from voiced.wakeword.models import WakeModels
from voiced.wakeword.second_opinion import load_opinions
from voiced.wakeword.settings import WakeWordSettings

Scores = NDArray[np.float32]
_LUMP = 24
"""Blocks fed before the thread is waited for."""


@dataclass(frozen=True, slots=True)
class Wake:
    """A word was heard; `position` is the sample after the block that decided."""

    word: str
    position: int


def scores_of_ours(models: WakeModels, cache: Path, samples: Samples) -> Scores:
    """Every step's scores, shape (steps, words)."""
    engine = Engine(models, cache)
    return np.array([engine.step(block) for block in blocks(samples)], np.float32)


def scores_of_stock(models: WakeModels, samples: Samples) -> Scores:
    """The same from the stock class; the names of its scores are the files'."""
    step = stock(models, Path())
    found: list[dict[str, float]] = [dict(step(block)) for block in blocks(samples)]  # type: ignore[call-overload]
    return np.array([[told[path.stem] for path in models.heads.values()] for told in found], np.float32)


def wakes(scores: Scores, models: WakeModels, frames: int) -> list[Wake]:
    """What one rule makes of anybody's scores, each word by itself: threshold 0.5, frames in a row, 2 s refractory."""
    found = []
    for column, word in enumerate(models.heads):
        detector = Detector([(word, _settings(word, frames))])
        for step, value in enumerate(scores[:, column].tolist()):
            told = detector.judge([value], (step + 1) * STEP, 0.0)
            if isinstance(told, Detection):
                found.append(Wake(word, told.position))
    return found


def wakes_of_the_product(models: WakeModels, cache: Path, samples: Samples, frames: int = 2) -> list[Wake]:
    """What the daemon hears: the thread with its gate, the detector with several words at once and second opinions."""
    engine = Engine(models, cache)
    found: list[Wake] = []

    def heard(told: Judgement) -> None:
        if isinstance(told, Detection):
            found.append(Wake(told.word, told.position))

    words = {word: _settings(word, frames) for word in engine.names}
    detector = Detector(list(words.items()), load_opinions(words))
    listener = Listener(engine, detector, heard, Gate(STEP))
    listener.start()
    try:
        for index, block in enumerate(blocks(samples)):
            listener.feed(Frame(block.tobytes(), index * STEP, 0.0))
            if index % _LUMP == 0:
                _wait(listener)
        _wait(listener)
    finally:
        listener.stop()
    if listener.dropped:
        raise BenchError("the machine is too busy: the wake word's thread fell behind what it was fed")
    return found


def missed(found: Sequence[Wake], stream: Stream) -> int:
    """How many of a stream's words no wake was for."""
    return sum(
        not any(wake.word == place.word and place.begin <= wake.position <= place.end for wake in found)
        for place in stream.places
    )


def _settings(word: str, frames: int) -> WakeWordSettings:
    return WakeWordSettings(model=word, threshold=0.5, frames=frames, refractory_seconds=2.0)


def _wait(listener: Listener) -> None:
    """Until the thread has taken what it was fed: it is fed faster than any microphone could."""
    while listener._queue:  # noqa: SLF001 (only a bench is too quick for it)
        time.sleep(0.001)
