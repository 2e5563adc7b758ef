import argparse

from voiced.cli.common import EX_OK, EX_UNAVAILABLE, fail
from voiced.cli.control import NotRunningError, ask


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `voiced volume`."""
    parser.add_argument("percent", nargs="?", type=int, choices=range(101), metavar="N", help="0 to 100")


def execute(options: argparse.Namespace) -> int:
    """Set the volume where one is given; print the present one."""
    try:
        answer = ask("volume", percent=options.percent)
    except NotRunningError as error:
        return fail(EX_UNAVAILABLE, str(error))
    if "error" in answer:
        return fail(EX_UNAVAILABLE, answer["error"])
    print(answer["volume"])
    return EX_OK
