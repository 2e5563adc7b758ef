"""Runs benches and prints their figures as they come."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from benches.figures import COLUMNS, Figure
from benches.measuring import BenchError, Wishes

PARTS = {"cascade": ("cascade-sessions", "cascade-latency", "cascade-accuracy")}
"""Benches in several parts, run one after the other; each part may be asked for by its own name, too."""
BENCHES = ("host", "audio", "session", "wake", "wake-accuracy", "second-opinion", "tools", *PARTS)
"""Modules beside this one (with `_` for `-`) whose `run` yields figures; it is told what was wished for."""
_WIDTHS = (16, 52, 6, 10, 10, 18, 6, 6, 4)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 0 if every goal is met, 1 if one is missed, 64 for a name that is none, 69 if it can't be measured."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure the speaker.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHES)}; all without one")
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument(
        "--minutes",
        type=float,
        default=0.0,
        help="audio: more time at full load, for rare underruns; wake-accuracy: speech for false wakes (default 30)",
    )
    parser.add_argument(
        "--audio", type=Path, metavar="FOLDER", help="wake-accuracy, second-opinion: recordings to hear, too"
    )
    options = parser.parse_args(arguments)
    names = [part for name in options.names or BENCHES for part in PARTS.get(name, (name,))]
    known = {*BENCHES, *(part for parts in PARTS.values() for part in parts)}
    if unknown := [name for name in names if name not in known]:
        print(f"scripts/bench: there is no bench {unknown[0]}; there are: {', '.join(BENCHES)}", file=sys.stderr)
        return 64

    wishes = Wishes(options.minutes, options.audio)
    if not options.json:
        print(_row(COLUMNS))
    status = 0
    for name in names:
        figure: Figure
        try:
            for figure in import_module(f"benches.{name.replace('-', '_')}").run(wishes):
                print(figure.json() if options.json else _row(figure.cells()), flush=True)
                if figure.met is False:
                    status = status or 1
        except BenchError as error:
            print(f"scripts/bench: {name}: {error}", file=sys.stderr)
            status = 69
    return status


def _row(cells: Sequence[str]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip()


if __name__ == "__main__":
    sys.exit(main())
