"""A process that listens for "hey jarvis" in noise, with one of two engines, and says what that took.

Run as `python -m benches.ears ours|stock`; prints a JSON object: seconds to import and load, resident bytes after that,
seconds of CPU a second of sound.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

STEP = 1280
SECONDS = 40


def _ours() -> Callable[..., object]:
    from voiced.paths import state_directory  # noqa: PLC0415 (importing is measured)
    from voiced.wakeword.engine import Engine  # noqa: PLC0415
    from voiced.wakeword.models import find_models  # noqa: PLC0415

    return Engine(find_models(["hey_jarvis"]), state_directory() / "graphs").step


def _stock() -> Callable[..., object]:
    from openwakeword.model import Model  # noqa: PLC0415 (likewise)

    from voiced.wakeword.models import find_models  # noqa: PLC0415

    models = find_models(["hey_jarvis"])
    model = Model(
        wakeword_models=[str(models.heads["hey_jarvis"])],
        inference_framework="onnx",
        melspec_model_path=str(models.melspectrogram),
        embedding_model_path=str(models.embedding),
    )
    predict: Callable[..., object] = model.predict
    return predict


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def main(engine: str) -> None:
    """Load one engine, feed it, print."""
    began = time.monotonic()
    step = {"ours": _ours, "stock": _stock}[engine]()
    loaded, resident = time.monotonic() - began, _resident_bytes()

    import numpy as np  # noqa: PLC0415 (both engines have imported it by now)

    noise = np.random.default_rng(1).normal(0, 500, (SECONDS * 16_000 // STEP, STEP)).astype(np.int16)
    began = time.process_time()
    for samples in noise:
        step(samples)
    cpu = (time.process_time() - began) / (noise.size / 16_000)
    print(json.dumps({"load_seconds": loaded, "resident_bytes": resident, "cpu_seconds": cpu}))


if __name__ == "__main__":
    main(sys.argv[1])
