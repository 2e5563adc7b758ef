"""Looking on while frames pass."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any


class Direction(StrEnum):
    """Which way a frame goes."""

    SENT = "sent"
    RECEIVED = "received"


Tap = Callable[[Direction, Mapping[str, Any]], None]
"""Gets every frame of a session, as it is on the wire, on the event loop; it must be quick and change nothing."""


def ignore(_direction: Direction, _frame: Mapping[str, Any]) -> None:
    """Look away."""


def both(one: Tap, other: Tap) -> Tap:
    """Both look on."""
    if one is ignore or other is ignore:
        return other if one is ignore else one

    def look(direction: Direction, frame: Mapping[str, Any]) -> None:
        one(direction, frame)
        other(direction, frame)

    return look
