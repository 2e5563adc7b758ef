"""A wake word's own network in a session of its own, over the last 16 embeddings."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from voiced import installing
from voiced.wakeword.models import WakeWordError
from voiced.wakeword.sessions import LoadError, open_session

WINDOW_SHAPE = (1, 16, 96)
"""What openWakeWord's heads look at: 16 embeddings of 96 values."""
Window = NDArray[np.float32]


class Head(Protocol):
    """Scores a wake word."""

    def score(self, window: Window) -> float:
        """0 to 1, over embeddings of `WINDOW_SHAPE`."""
        ...


class OnnxHead:
    """A head in ONNX. Raises `WakeWordError` where the model is none; `name` is what the message calls it."""

    def __init__(self, name: str, model: bytes) -> None:
        try:
            self._session = open_session(model)
        except LoadError as error:
            raise WakeWordError(f"the model of {name} is damaged, or no ONNX model: {error}") from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1 or inputs[0].type != "tensor(float)":
            raise WakeWordError(
                f"the model of {name} has {len(inputs)} inputs and {len(outputs)} outputs: not an openWakeWord model"
            )
        _check_window(name, list(inputs[0].shape))
        self._input = inputs[0].name
        _check_score(name, self._run(np.zeros(WINDOW_SHAPE, np.float32)))

    def score(self, window: Window) -> float:
        """See `Head`."""
        return float(self._run(window).flat[0])

    def _run(self, window: Window) -> NDArray[np.float32]:
        result: NDArray[np.float32] = self._session.run(None, {self._input: window})[0]
        return result


class TfliteHead:
    """A head in TFLite. Raises `WakeWordError` where the model is none, or no runtime is there."""

    def __init__(self, name: str, model: bytes) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 (an extra that few wake words need)
        except ImportError as error:
            raise WakeWordError(
                f"{name} is a .tflite, which needs its runtime: {installing.command('tflite')}"
            ) from error
        try:
            self._interpreter = Interpreter(model_content=model, num_threads=1)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise WakeWordError(f"the model of {name} is damaged, or no TFLite model: {error}") from error
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        _check_window(name, inputs[0]["shape"].tolist())
        if len(inputs) != 1 or len(outputs) != 1 or inputs[0]["dtype"] != np.float32:
            raise WakeWordError(f"the model of {name} is quantised or has more than one score: not openWakeWord's kind")
        self._input, self._output = inputs[0]["index"], outputs[0]["index"]
        _check_score(name, self._run(np.zeros(WINDOW_SHAPE, np.float32)))

    def score(self, window: Window) -> float:
        """See `Head`."""
        return float(self._run(window).flat[0])

    def _run(self, window: Window) -> NDArray[np.float32]:
        self._interpreter.set_tensor(self._input, window)
        self._interpreter.invoke()
        result: NDArray[np.float32] = self._interpreter.get_tensor(self._output)
        return result


def _check_window(name: str, shape: list[object]) -> None:
    """Raise `WakeWordError` unless that is what a head looks at; the first may be open."""
    if tuple(shape[1:]) != WINDOW_SHAPE[1:] or shape[0] in (0, -1) or (isinstance(shape[0], int) and shape[0] > 1):
        raise WakeWordError(
            f"the model of {name} looks at {shape}, not at {list(WINDOW_SHAPE)}: not an openWakeWord model"
        )


def _check_score(name: str, result: NDArray[np.float32]) -> None:
    """Raise `WakeWordError` unless a head's answer to nothing is one score."""
    if result.size != 1 or not 0 <= result.flat[0] <= 1:
        raise WakeWordError(f"the model of {name} gives {result.tolist()}, not one score from 0 to 1")
