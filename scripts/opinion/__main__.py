"""Trains the network that tells "hey jarvis" from a bare "jarvis", on synthesised speech only.

The threshold that goes with it stands in `voiced.wakeword.second_opinion`: it is found by measuring people's recordings
(`scripts/bench second-opinion`), of which none is learnt from.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from benches.speech import reading

from opinion.network import Examples, Floats, Network
from opinion.phrases import phrases
from opinion.rooms import Case, Rooms
from voiced.wakeword.engine import STEP, Engine
from voiced.wakeword.models import find_models

WORD = "hey_jarvis"
_RISEN = 0.3
"""The score from which windows are learnt from."""
_LEARNT_STEPS = 4
_UNHEARD_WEIGHT = 0.5
"""Of windows at the end of a phrase that the wake word's own network did not hear: they would not be asked about."""
_PROSE_SECONDS = 600


def main() -> int:
    """Synthesise, hear, train, write."""
    parser = argparse.ArgumentParser(prog="scripts/train-second-opinion", description=__doc__.partition("\n")[0])
    parser.add_argument("output", type=Path, metavar="FILE.npz")
    parser.add_argument("--voices", type=int, default=2500, help="random voices, of six phrases each (default 2500)")
    parser.add_argument("--passes", type=int, default=2, help="rooms that each phrase is heard in (default 2)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    said = phrases(rng, options.voices)
    print(f"{len(said)} phrases", flush=True)
    rooms = Rooms(rng, said, reading(_PROSE_SECONDS))
    with tempfile.TemporaryDirectory() as cache:
        engine = Engine(find_models([WORD]), Path(cache))
        examples = _examples(engine, (case for _ in range(options.passes) for case in rooms.cases()))
    print(f"{len(examples.windows)} windows, {examples.right.mean():.0%} of them the wake word", flush=True)
    mean, scale = examples.windows.mean(axis=(0, 1)), examples.windows.std(axis=(0, 1))
    network = Network(rng, mean, scale)
    network.train(rng, examples)
    network.write(options.output)
    print(f"wrote {options.output}")
    return 0


def _examples(engine: Engine, cases: Iterable[Case]) -> Examples:
    windows: list[Floats] = []
    right: list[bool] = []
    weights: list[float] = []
    for case in cases:
        for window, weight in _heard(engine, case):
            windows.append(window)
            right.append(case.right)
            weights.append(weight)
    answers, counted = np.array(right), np.array(weights, np.float32)
    for answer in (False, True):  # each side counts the same
        chosen = answers == answer
        counted[chosen] *= 0.5 * len(counted) / counted[chosen].sum()
    return Examples(np.array(windows), answers, counted)


def _heard(engine: Engine, case: Case) -> Iterator[tuple[Floats, float]]:
    """The windows of a case that the opinion would be asked about, and what they count."""
    steps = len(case.samples) // STEP
    history, scores = [], []
    for block in case.samples.reshape(steps, STEP):
        scores.append(float(engine.step(block)[0]))
        history.append(engine.window[0])
    risen = [step for step in range(case.begin, steps) if scores[step] >= _RISEN]
    if risen:
        chosen, weight = range(risen[0], min(risen[0] + _LEARNT_STEPS, steps)), 1.0
    else:
        chosen, weight = range(min(case.end + 1, steps - 1), min(case.end + 3, steps)), _UNHEARD_WEIGHT
    yield from ((history[step], weight) for step in chosen)


if __name__ == "__main__":
    sys.exit(main())
