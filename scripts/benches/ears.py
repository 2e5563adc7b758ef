"""A process that listens with one of several engines, and says what that took.

Run as `python -m benches.ears ENGINE FOLDER noise|silence SECONDS`; FOLDER has the wake words' heads as .onnx files. It
keeps to one core, as the figures are for one. Prints a JSON object: seconds to import and load, resident bytes after
that, seconds of CPU a second of sound.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

STEP = 1280
RATE = 16_000
SOUNDS = {"noise": 500.0, "silence": 16.0}
"""RMS of white noise: a loud one, and the hiss of a silent room (-66 dBFS)."""


def main(name: str, folder: Path, sound: str, seconds: int) -> None:
    """Load one engine, feed it, print."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    began = time.monotonic()
    from benches.engines import ENGINES, OURS  # noqa: PLC0415 (part of our loading)
    from voiced.wakeword.models import WakeModels, find_models  # noqa: PLC0415 (likewise)

    features = find_models([])
    heads = {path.stem: path for path in sorted(folder.glob("*.onnx"))}
    if name not in OURS:
        began = time.monotonic()  # a peer is told where its files are
    step = ENGINES[name](WakeModels(features.melspectrogram, features.embedding, heads), folder / "graphs")
    loaded, resident = time.monotonic() - began, _resident_bytes()

    import numpy as np  # noqa: PLC0415 (every engine has imported it by now)

    rng = np.random.default_rng(1)
    heard = rng.normal(0, SOUNDS[sound], (seconds * RATE // STEP, STEP)).astype(np.int16)
    began = time.process_time()
    for samples in heard:
        step(samples)
    cpu = (time.process_time() - began) / (heard.size / RATE)
    print(json.dumps({"load_seconds": loaded, "resident_bytes": resident, "cpu_seconds": cpu}))


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
