import argparse

from voiced.cli.common import EX_CONFIG, EX_OK, EX_UNAVAILABLE, fail
from voiced.cli.control import NotRunningError, ask


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """`voiced reload` has no options."""


def execute(_options: argparse.Namespace) -> int:
    """Have the daemon read its configuration anew; print what holds now, or why the old one still does."""
    try:
        answer = ask("reload")
    except NotRunningError as error:
        return fail(EX_UNAVAILABLE, str(error))
    if "error" in answer:
        return fail(EX_CONFIG, answer["error"])
    print(answer["told"])
    return EX_OK
