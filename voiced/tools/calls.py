"""Who calls a tool, and what became of it."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum


class Via(StrEnum):
    """How a call came."""

    WAKE = "wake"
    """In a conversation."""
    ASK = "ask"
    """By a question in writing."""
    CLI = "cli"
    """From the command line."""
    DUCK = "duck"
    """By the speaker itself, around a conversation."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the user is asked before a tool acts.

    Attributes:
        tool: its name.
        arguments: JSON text.
        words: what is asked, word for word; empty where it is to be made of the tool's name and arguments.
    """

    tool: str
    arguments: str
    words: str = ""


Approve = Callable[[Question], Awaitable[bool]]
"""Asks, and waits for the answer; anything but a yes is a no."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls.

    Attributes:
        persona: as whom the speaker is spoken to.
        via: how the call came.
        approve: how leave is asked for; None where nobody can be asked.
    """

    persona: str = "default"
    via: Via = Via.WAKE
    approve: Approve | None = None


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What became of one call.

    Attributes:
        ok: whether the device did it.
        output: JSON text for the model: `{"ok": true, "status", "result", "reply"}`, the last where the tool has
            one, or `{"ok": false, "error"}`.
        seconds: how long it took.
        error: a short sentence that can be spoken, None where ok.
    """

    ok: bool
    output: str
    seconds: float
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call that has ended, as the log of calls keeps it.

    Attributes:
        at: when it began, seconds since 1970.
        caller: who called.
        tool: its name, as it was called.
        arguments: JSON text without secrets.
        outcome: what became of it.
    """

    at: float
    caller: Caller
    tool: str
    arguments: str
    outcome: ToolOutcome


@dataclass(frozen=True, slots=True)
class Entry:
    """One call as it was written down; `result` is JSON text, or the sentence that was said of a failure."""

    at: float
    persona: str
    via: str
    tool: str
    arguments: str
    ok: bool
    result: str
    seconds: float


CallOn = Callable[[str, str], Awaitable[ToolOutcome]]
"""Runs another tool, by its name and JSON arguments, for who has called the first."""

_calling: ContextVar[CallOn] = ContextVar("calling")


@contextmanager
def calling(call: CallOn) -> Iterator[None]:
    """Let what runs within the block call other tools."""
    token = _calling.set(call)
    try:
        yield
    finally:
        _calling.reset(token)


async def call_another(name: str, arguments: str) -> ToolOutcome:
    """Run another tool from within one; raises `LookupError` outside a call."""
    return await _calling.get()(name, arguments)
