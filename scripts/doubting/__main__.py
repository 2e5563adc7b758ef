"""Learns when the cascade's recogniser believes its own sentences, from synthesised speech only.

Prints the weights that belong into `voiced.cascade.doubts`, what they are worth on voices that they were not learnt
from, and, beside that, what the weights there are worth. Writes nothing: a person decides.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence

from doubting.regression import fitted, judged_by_others, ranked
from doubting.turns import RATIOS, Ear, Kind, Turn
from voiced.cascade.doubts import WEIGHTS, Weights
from voiced.cascade.recogniser import SURE


def main() -> int:
    """Synthesise, hear, learn, tell."""
    parser = argparse.ArgumentParser(prog="scripts/train-doubts", description=__doc__.partition("\n")[0])
    parser.add_argument("--commands", type=int, default=210, help="commands to say (default 210)")
    parser.add_argument("--others", type=int, default=280, help="other sentences to say (default 280)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    turns = list(_followed(Ear().turns(options.commands, options.others, options.seed)))
    learnt = [turn.example for turn in turns if turn.example and turn.kind is not Kind.WRONG]
    asked = [turn.example for turn in turns if turn.example]
    print("\nEach voice judged by the others':")
    _tell(turns, judged_by_others(learnt, asked))
    print("\nThe weights of the project:")
    _tell(turns, [example.evidence.belief() for example in asked])
    print(f"  {WEIGHTS}\n\nLearnt from all voices:\n  {_rounded(fitted(learnt))}")
    return 0


def _followed(turns: Iterator[Turn]) -> Iterator[Turn]:
    """The turns, and a dot for every hundredth."""
    for number, turn in enumerate(turns):
        if number % 100 == 0:
            print(".", end="", flush=True)
        yield turn


def _tell(turns: Sequence[Turn], beliefs: Sequence[float]) -> None:
    """What is believed of each kind, the beliefs being those of the turns that have an example."""
    following = iter(beliefs)
    judged = [(turn, next(following) if turn.example else None) for turn in turns]
    for ratio in RATIOS:
        here = [(turn.kind, belief) for turn, belief in judged if turn.ratio == ratio]
        said = [belief for kind, belief in here if kind is Kind.RIGHT and belief is not None]
        other = [belief for kind, belief in here if kind is Kind.OTHER and belief is not None]
        believed = ", ".join(
            f"{sum(belief is not None and belief >= SURE for each, belief in here if each is kind)} of "
            f"{sum(each is kind for each, _ in here)} {kind}"
            for kind in Kind
        )
        room = "in quiet" if ratio is None else f"at {ratio:.0f} dB"
        print(f"  {room}, from {SURE} on: {believed}; {ranked(said, other):.1%} of pairs in order")


def _rounded(weights: Weights) -> Weights:
    """To what changes a belief by no more than about 0.01."""
    return Weights(
        round(weights.fit, 2),
        round(weights.worst, 2),
        round(weights.strangeness, 2),
        round(weights.bias, 1),
    )


if __name__ == "__main__":
    sys.exit(main())
