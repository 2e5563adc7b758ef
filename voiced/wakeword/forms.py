"""The two ways to run openWakeWord's networks a step further: a state goes in, the next one comes out."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from voiced.audio.frames import Samples
from voiced.wakeword.blocks import STEP
from voiced.wakeword.heads import WINDOW_SHAPE
from voiced.wakeword.sessions import LoadError, open_session

TAIL = 480
"""Samples of the step before that the first mel windows of a step still cover."""
HOP = 8
"""Mel frames a step."""
FRAMES, BINS = 76, 32
"""Mel frames and bins that the embedding network looks at."""
State = dict[str, NDArray[np.float32]]
"""Never changed, only replaced, so that whoever keeps one has it; `window` holds the last 16 embeddings."""


class Form(Protocol):
    """The feature networks, and the heads that are one graph with them."""

    def blank(self) -> State:
        """The state before any sound."""
        ...

    def advance(self, state: State, samples: Samples) -> tuple[State, list[float]]:
        """The state after `STEP` more int16 samples, and the scores of the heads in the graph."""
        ...


class StreamingForm:
    """The graph that `graph.build` makes: each step computes what is new. Raises `LoadError` where it is none."""

    def __init__(self, graph: bytes | Path) -> None:
        self._session = open_session(graph)
        self._blank = {
            node.name: np.zeros(node.shape, np.float32) for node in self._session.get_inputs() if node.name != "samples"
        }
        self._outputs = [node.name for node in self._session.get_outputs()]
        self._next = {name: self._outputs.index(f"next_{name}") for name in self._blank}
        self._scores_at = self._outputs.index("scores") if "scores" in self._outputs else None

    @property
    def scores(self) -> bool:
        """Whether heads are in the graph."""
        return self._scores_at is not None

    def blank(self) -> State:
        """See `Form`."""
        return self._blank

    def advance(self, state: State, samples: Samples) -> tuple[State, list[float]]:
        """See `Form`."""
        results = self._session.run(self._outputs, {"samples": samples, **state})
        scores = [] if self._scores_at is None else results[self._scores_at].tolist()
        return {name: results[index] for name, index in self._next.items()}, scores


class WindowForm:
    """The two feature models as they are, the last 76 mel frames anew at every step, as openWakeWord does it.

    Takes four times the CPU and gives the same scores. Raises `LoadError` where they are no such models.
    """

    def __init__(self, mel: bytes, embedding: bytes) -> None:
        self._mel, self._embedding = _Network(mel), _Network(embedding)
        self.advance(self.blank(), np.zeros(STEP, np.int16))

    def blank(self) -> State:
        """See `Form`."""
        return {
            "tail": np.zeros(TAIL, np.float32),
            "frames": np.zeros((FRAMES, BINS), np.float32),
            "window": np.zeros(WINDOW_SHAPE, np.float32),
        }

    def advance(self, state: State, samples: Samples) -> tuple[State, list[float]]:
        """See `Form`."""
        heard = np.concatenate([state["tail"], samples.astype(np.float32)])
        new = self._mel.run(heard[np.newaxis], HOP * BINS).reshape(HOP, BINS) / 10 + 2  # as openWakeWord scales them
        frames = np.concatenate([state["frames"][HOP:], new])
        latest = self._embedding.run(frames.reshape(1, FRAMES, BINS, 1), WINDOW_SHAPE[2]).reshape(1, 1, -1)
        window = np.concatenate([state["window"][:, 1:], latest], axis=1)
        return {"tail": heard[STEP:], "frames": frames, "window": window}, []


class _Network:
    """One input, one output."""

    def __init__(self, model: bytes) -> None:
        self._session = open_session(model)
        self._input: str = self._session.get_inputs()[0].name

    def run(self, values: NDArray[np.float32], size: int) -> NDArray[Any]:
        """Its output of so many values. Raises `LoadError` where it gives another, or takes no such input."""
        try:
            result: NDArray[Any] = self._session.run(None, {self._input: values})[0]
        except Exception as error:  # onnxruntime's own classes have no common base
            raise LoadError(str(error)) from error
        if result.size != size:
            raise LoadError(f"{list(values.shape)} give {list(result.shape)}, not {size} values")
        return result
