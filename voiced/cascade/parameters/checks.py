"""What every parameter is checked with; each check takes the value, where it stands, and the connection's model."""

from collections.abc import Callable
from typing import Any

from voiced.cascade.protocol import Frame, ProtocolError

Check = Callable[[Any, str, str], Any]
"""Gives the value as it will hold; `ProtocolError` where it can't."""


def invalid(where: str, value: object, expected: str) -> ProtocolError:
    """The error for a value that is not what was expected."""
    return ProtocolError("invalid_value", f"Invalid value for '{where}': {value!r:.80}. Expected {expected}.", where)


def as_object(where: str, value: object) -> Frame:
    """The value, which has to be a JSON object."""
    if not isinstance(value, dict):
        raise ProtocolError("invalid_type", f"Invalid type for '{where}': expected an object.", where)
    return value


def text(value: object, where: str, _: str) -> object:
    """A string."""
    if not isinstance(value, str):
        raise invalid(where, value, "a string")
    return value


def flag(value: object, where: str, _: str) -> object:
    """True or false."""
    if not isinstance(value, bool):
        raise invalid(where, value, "true or false")
    return value


def mapping(value: object, where: str, _: str) -> object:
    """Any object."""
    return as_object(where, value)


def listing(value: object, where: str, _: str) -> object:
    """Any list."""
    if not isinstance(value, list):
        raise invalid(where, value, "a list")
    return value


def one_of(*allowed: str | int) -> Check:
    """A check for one of some values."""

    def check(value: object, where: str, _: str) -> object:
        if isinstance(value, bool) or value not in allowed:
            raise invalid(where, value, "one of " + ", ".join(map(str, allowed)))
        return value

    return check


def within(value: object, low: float, high: float) -> bool:
    """Whether it is a number in a range, both ends included."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high
