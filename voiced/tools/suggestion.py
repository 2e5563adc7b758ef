"""The nearest known word to a mistyped one, for messages."""

import difflib
from collections.abc import Iterable


def suggestion(word: str, known: Iterable[str]) -> str:
    """` (did you mean 'room'?)`, or nothing where no known word is near."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def unknown_among(what: str, word: str, known: Iterable[str]) -> str:
    """`there is no persona 'x' (did you mean 'y'?); known: y, z`."""
    names = sorted(known)
    return f"there is no {what} '{word[:64]}'{suggestion(word[:64], names)}; known: {', '.join(names)}"
