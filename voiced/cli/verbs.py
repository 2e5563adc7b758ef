"""`voiced listen`, `stop`, `mute`, `unmute` and `forget`: one word to the running daemon."""

import argparse

from voiced.cli.common import EX_OK, EX_UNAVAILABLE, fail
from voiced.cli.control import NotRunningError, ask


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """These verbs have no options."""


def execute(options: argparse.Namespace) -> int:
    """Send the verb; print the phase it led to, or what keeps it from being done."""
    try:
        answer = ask(options.verb)
    except NotRunningError as error:
        return fail(EX_UNAVAILABLE, str(error))
    if "error" in answer:
        return fail(EX_UNAVAILABLE, answer["error"])
    if (options.verb, answer["phase"]) == ("listen", "muted"):
        return fail(EX_UNAVAILABLE, "it can't listen, its microphone is off; switch it on with: voiced unmute")
    print(answer["phase"])
    return EX_OK
