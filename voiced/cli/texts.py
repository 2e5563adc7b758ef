"""A text on the command line, for the daemon to say or to ask."""

import argparse
import os
import sys

LONGEST = 2000
"""Characters; about two minutes of speech."""


class TextError(Exception):
    """There is no text, or too much of it; `status` is the exit status."""

    status = os.EX_USAGE


def add_text(parser: argparse.ArgumentParser, what: str) -> None:
    """The argument TEXT."""
    parser.add_argument("text", nargs="+", metavar="TEXT", help=f"{what}; - reads standard input")


def text_of(options: argparse.Namespace) -> str:
    """The words, joined by spaces. Raises `TextError`."""
    text = sys.stdin.read(LONGEST + 2) if options.text == ["-"] else " ".join(options.text)
    text = text.strip()
    if not text:
        raise TextError("there is no text")
    if len(text) > LONGEST:
        raise TextError(f"the text is longer than {LONGEST} characters")
    return text
