"""A process that shows how cost grows with wake words: the same engines with more and more of them, in turns.

Run as `python -m benches.growth ENGINE,ENGINE FOLDER…`, each folder with some words' heads. All engines live in one
process on one core and take a few seconds of sound after each other, round after round, so that a busy machine is busy
for all of them. Prints a JSON object: for each engine and folder's name the seconds of CPU a second of sound, by round.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benches.engines import ENGINES
from voiced.wakeword.models import WakeModels, find_models

STEP = 1280
ROUNDS = 16
BLOCKS = 25


def main(engines: Sequence[str], folders: Sequence[Path]) -> None:
    """Load, feed, print."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    features = find_models([])
    steps = {}
    for folder in folders:
        heads = {path.stem: path for path in sorted(folder.glob("*.onnx"))}
        models = WakeModels(features.melspectrogram, features.embedding, heads)
        for engine in engines:
            steps[f"{engine} {folder.name}"] = ENGINES[engine](models, folder / "graphs")
    noise = np.random.default_rng(1).normal(0, 500, (BLOCKS, STEP)).astype(np.int16)
    costs: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(ROUNDS + 1):
        for name, step in steps.items():
            began = time.process_time()
            for samples in noise:
                step(samples)
            costs[name].append((time.process_time() - began) / (noise.size / 16_000))
    print(json.dumps({name: taken[1:] for name, taken in costs.items()}))


if __name__ == "__main__":
    main(sys.argv[1].split(","), [Path(argument) for argument in sys.argv[2:]])
