"""openWakeWord's networks as a lean program runs them: over the whole window at each step, and nothing else.

What is left of the stock class when its copying and its imports are gone: the peer that shows what not repeating the
work gains by itself.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from voiced.wakeword.models import WakeModels

TAIL = 480
FRAMES, BINS, HOP = 76, 32, 8
WINDOW, EMBEDDING = 16, 96
Step = Callable[[NDArray[np.int16]], list[float]]


def lean(models: WakeModels) -> Step:
    """A step function over the window form; one thread, no spinning."""
    mel, embedding = _open(models.melspectrogram), _open(models.embedding)
    heads = [_open(path) for path in models.heads.values()]
    sound = np.zeros((1, TAIL + 1280), np.float32)
    frames = np.ones((1, FRAMES, BINS, 1), np.float32)
    window = np.zeros((1, WINDOW, EMBEDDING), np.float32)

    def step(samples: NDArray[np.int16]) -> list[float]:
        sound[0, :TAIL] = sound[0, -TAIL:]
        sound[0, TAIL:] = samples
        spectrum = mel.run(None, {mel.get_inputs()[0].name: sound})[0]
        frames[0, :-HOP] = frames[0, HOP:]
        frames[0, -HOP:, :, 0] = spectrum.reshape(HOP, BINS) / 10 + 2
        latest = embedding.run(None, {embedding.get_inputs()[0].name: frames})[0]
        window[0, :-1] = window[0, 1:]
        window[0, -1] = latest.reshape(EMBEDDING)
        return [float(head.run(None, {head.get_inputs()[0].name: window})[0].item()) for head in heads]

    return step


def _open(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
