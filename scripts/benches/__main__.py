"""Runs benches and prints their figures as they come."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from benches.figures import COLUMNS, Figure

_SHARED = {"__init__", "__main__", "ears", "figures", "measuring"}
_WIDTHS = (8, 34, 6, 10, 10, 18, 6, 6, 4)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 0 if every goal is met, 1 if one is missed, 64 for a name that is none."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in _SHARED)
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure the speaker.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(names)}; all without one")
    parser.add_argument("--json", action="store_true", help="one object a line")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in names]:
        print(f"scripts/bench: there is no bench {unknown[0]}; there are: {', '.join(names)}", file=sys.stderr)
        return 64

    if not options.json:
        print(_row(COLUMNS))
    missed = False
    for name in options.names or names:
        figure: Figure
        for figure in import_module(f"benches.{name}").run():
            print(figure.json() if options.json else _row(figure.cells()), flush=True)
            missed |= figure.met is False
    return 1 if missed else 0


def _row(cells: Sequence[str]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip()


if __name__ == "__main__":
    sys.exit(main())
