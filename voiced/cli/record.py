import argparse

from voiced.cli.common import EX_OK, EX_UNAVAILABLE, fail
from voiced.cli.control import NotRunningError, ask


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """`voiced record` has no options: what is recorded is for the configuration to say."""


def execute(_options: argparse.Namespace) -> int:
    """Have the running daemon record the next conversation; print where to."""
    try:
        answer = ask("record")
    except NotRunningError as error:
        return fail(EX_UNAVAILABLE, str(error))
    if "folder" not in answer:
        return fail(EX_UNAVAILABLE, "the running daemon is of an earlier version; restart it")
    what = "what is said, as text and as sound," if answer["sound"] else "what is said, as text,"
    print(f"The next conversation is recorded in {answer['folder']}:")
    print(f"  {what} and what the speaker does, without keys and tokens. Look at it before you send it to anybody.")
    if not answer["sound"]:
        print("  With `privacy: {recordings: {sound: true}}` the sound is recorded, too.")
    return EX_OK
