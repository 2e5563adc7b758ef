"""What several verbs share: the configuration's option, and errors as exit statuses."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from voiced.config.documents import Path_
from voiced.config.loading import ConfigurationError, load
from voiced.config.schema import VoicedSettings
from voiced.paths import CONFIGURATION


def add_config(parser: argparse.ArgumentParser) -> None:
    """The option `--config`."""
    parser.add_argument(
        "--config", type=Path, default=CONFIGURATION, metavar="F", help=f"the configuration (default: {CONFIGURATION})"
    )


def load_or_explain(
    path: Path,
    advise: Callable[[str], None] = lambda _: None,
    *,
    thorough: bool = False,
    probe: Callable[[VoicedSettings], Iterable[tuple[Path_, str]]] = lambda _: (),
) -> VoicedSettings | None:
    """The settings, or None after every problem was printed to standard error; `advise` gets what may be one."""
    try:
        return load(path, advise, thorough=thorough, probe=probe)
    except ConfigurationError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return None


def fail(status: int, message: str) -> int:
    """Print one line to standard error; return the status."""
    print(f"voiced: {message}", file=sys.stderr)
    return status


def printable(text: str) -> str:
    """What a model or a device said, on one line and without what would move a terminal's cursor."""
    return "".join(each if each.isprintable() else "?" for each in text)


EX_CONFIG, EX_UNAVAILABLE, EX_NOPERM, EX_OK = os.EX_CONFIG, os.EX_UNAVAILABLE, os.EX_NOPERM, os.EX_OK
