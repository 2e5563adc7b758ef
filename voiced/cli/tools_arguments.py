"""`key=value` on a command line as a tool's arguments."""

import json
from collections.abc import Sequence


class ArgumentError(Exception):
    """A word that is no `key=value`."""


def as_json(words: Sequence[str]) -> str:
    """The arguments as JSON text: a value is JSON where it can be read as that, else text. Raises `ArgumentError`."""
    values: dict[str, object] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise ArgumentError(f"'{word}' is not KEY=VALUE")
        if key in values:
            raise ArgumentError(f"{key} is given twice")
        values[key] = _value(value)
    return json.dumps(values, ensure_ascii=False)


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
