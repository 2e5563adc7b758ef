"""Scores for every wake word, 80 ms at a time."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voiced.audio.frames import Samples
from voiced.wakeword.assembly import assemble
from voiced.wakeword.blocks import STEP
from voiced.wakeword.content import read_model
from voiced.wakeword.forms import State
from voiced.wakeword.heads import Head, OnnxHead, TfliteHead, Window
from voiced.wakeword.models import WakeModels

__all__ = ["PRIMING_STEPS", "STEP", "Engine", "Scores"]

PRIMING_STEPS = 32
"""Steps of silence run before the first sound, so that no score rests on an empty past."""
Scores = NDArray[np.float32]


class Engine:
    """Feeds sound through openWakeWord's networks and keeps their state; never reset, because a reset makes phantoms.

    `names` gives the order of the scores. Raises `WakeWordError`.
    """

    def __init__(self, models: WakeModels, cache: Path) -> None:
        mel, embedding = read_model(models.melspectrogram), read_model(models.embedding)
        contents = {name: read_model(path) for name, path in models.heads.items()}
        tflite = {name for name, path in models.heads.items() if path.suffix == ".tflite"}
        onnx = {name: content for name, content in contents.items() if name not in tflite}
        self._form, inside = assemble(mel, embedding, onnx, cache)
        self._heads: list[Head] = []
        if not inside:
            self._heads += [OnnxHead(name, content) for name, content in onnx.items()]
        self._heads += [TfliteHead(name, contents[name]) for name in contents if name in tflite]
        self.names = [*onnx, *(name for name in contents if name in tflite)]
        state = self._form.blank()
        for _ in range(PRIMING_STEPS):
            state, _ = self._form.advance(state, np.zeros(STEP, np.int16))
        self._state = self._primed = state

    def step(self, samples: Samples) -> Scores:
        """Scores after exactly `STEP` more samples, one for each of `names`. Raises ValueError for any other input."""
        if samples.dtype != np.int16 or samples.shape != (STEP,):
            raise ValueError(
                f"a step takes {STEP} int16 samples of one channel at 16 kHz, not {samples.dtype} {samples.shape}"
            )
        self._state, scores = self._advance(self._state, samples)
        return scores

    @property
    def window(self) -> Window:
        """The latest embeddings, of `WINDOW_SHAPE`: what the latest scores are of. To be read only."""
        return self._state["window"]

    def rehearse(self, samples: Samples) -> tuple[Scores, Window]:
        """Scores of a recording as if nothing had been heard before, and the embeddings at its end.

        Shapes (steps, words) and `WINDOW_SHAPE`. Leaves the stream as it is; a last piece below `STEP` is not heard.
        """
        state, scores = self._primed, []
        for block in samples[: len(samples) // STEP * STEP].reshape(-1, STEP):
            state, latest = self._advance(state, block)
            scores.append(latest)
        return np.array(scores, np.float32).reshape(-1, len(self.names)), state["window"]

    def _advance(self, state: State, samples: Samples) -> tuple[State, Scores]:
        state, scores = self._form.advance(state, samples)
        for head in self._heads:
            scores.append(head.score(state["window"]))
        return state, np.array(scores, np.float32)
