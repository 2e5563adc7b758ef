"""The engines that are compared, each as a function that takes 80 ms. What one needs is imported by that one alone."""

import atexit
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from voiced.wakeword.models import WakeModels

Step = Callable[[Any], object]
"""Takes 1280 int16 samples."""
PAUSE_BLOCKS = 24
"""Blocks fed to a thread before it is given the time to take them; its queue holds four times as many."""
PAUSE_SECONDS = 0.005


def ours(models: WakeModels, cache: Path) -> Step:
    """The engine by itself."""
    from voiced.wakeword.engine import Engine  # noqa: PLC0415 (importing is measured)

    return Engine(models, cache).step


def thread(models: WakeModels, cache: Path, *, gated: bool = False) -> Step:
    """The engine as the daemon has it: in its thread, with the detector."""
    from voiced.audio.frames import Frame  # noqa: PLC0415 (importing is measured)
    from voiced.wakeword.detector import Detector  # noqa: PLC0415
    from voiced.wakeword.engine import STEP, Engine  # noqa: PLC0415
    from voiced.wakeword.gate import Gate  # noqa: PLC0415
    from voiced.wakeword.listener import Listener  # noqa: PLC0415
    from voiced.wakeword.settings import WakeWordSettings  # noqa: PLC0415

    engine = Engine(models, cache)
    detector = Detector([(name, WakeWordSettings(model=f"{name}.onnx")) for name in engine.names])
    listener = Listener(engine, detector, lambda _: None, Gate(STEP) if gated else None)
    listener.start()
    atexit.register(listener.stop)
    position = 0

    def step(samples: Any) -> None:  # noqa: ANN401 (numpy is not imported before it is measured)
        nonlocal position
        listener.feed(Frame(samples.tobytes(), position, 0.0))
        position += len(samples)
        if position // STEP % PAUSE_BLOCKS == 0:
            time.sleep(PAUSE_SECONDS)
            while not gated and listener.cost.steps < position // STEP:
                time.sleep(PAUSE_SECONDS)

    return step


def gated(models: WakeModels, cache: Path) -> Step:
    """The engine as the daemon has it: behind the gate."""
    return thread(models, cache, gated=True)


def stock(models: WakeModels, _cache: Path) -> Step:
    """The class of openwakeword 0.6.0 over the same files."""
    from openwakeword.model import Model  # noqa: PLC0415 (importing is measured)

    model = Model(
        wakeword_models=[str(path) for path in models.heads.values()],
        inference_framework="onnx",
        melspec_model_path=str(models.melspectrogram),
        embedding_model_path=str(models.embedding),
    )
    predict: Step = model.predict
    return predict


def window(models: WakeModels, _cache: Path) -> Step:
    """The lean window form."""
    from benches.lean import lean  # noqa: PLC0415 (importing is measured)

    return lean(models)


def pyopen(_models: WakeModels, _cache: Path) -> Step:
    """pyopen-wakeword with its own copies of the models, as .tflite; "hey jarvis" only."""
    from pyopen_wakeword import Model, OpenWakeWord, OpenWakeWordFeatures  # noqa: PLC0415 (importing is measured)

    word = OpenWakeWord.from_builtin(Model.HEY_JARVIS)
    features = OpenWakeWordFeatures.from_builtin()

    def step(samples: Any) -> None:  # noqa: ANN401 (as above)
        for embeddings in features.process_streaming(samples.tobytes()):
            for _ in word.process_streaming(embeddings):
                pass

    return step


OURS = ("ours", "thread", "gated")
ENGINES = {engine.__name__: engine for engine in (ours, thread, gated, stock, window, pyopen)}
