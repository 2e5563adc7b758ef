import argparse

from voiced.cli.common import EX_OK, EX_UNAVAILABLE, fail
from voiced.cli.control import NotRunningError, ask
from voiced.cli.texts import TextError, add_text, text_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `voiced say`."""
    add_text(parser, "what to say")


def execute(options: argparse.Namespace) -> int:
    """Have the daemon say it; done once it is spoken or waits for the end of a conversation."""
    try:
        answer = ask("say", text=text_of(options))
    except TextError as error:
        return fail(error.status, str(error))
    except NotRunningError as error:
        return fail(EX_UNAVAILABLE, str(error))
    if "error" in answer:
        return fail(EX_UNAVAILABLE, answer["error"])
    return EX_OK
