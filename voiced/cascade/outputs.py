"""What a session asks of the world around it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.mcp.servers import RemoteServer
from voiced.cascade.protocol import Frame, event
from voiced.cascade.replies import Asked


@dataclass(frozen=True, slots=True)
class Send:
    """A frame for the client."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class PrepareGrammar:
    """Build the grammar of these tools; answer with `grammar_ready`.

    Attributes:
        tools: functions.
        phrases: sentence templates by the names of those that bring their own.
    """

    tools: list[Frame]
    phrases: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recognise:
    """Recognise a turn, shape (frames,) at 16 kHz, unless `wants` denies the ticket; answer with `recognised`."""

    ticket: int
    samples: NDArray[np.int16] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Follow:
    """Take in what a turn under way goes on with, shape (frames,) at 16 kHz; answer with `followed`, whatever comes."""

    turn: str
    samples: NDArray[np.int16] = field(compare=False)
    quiet: bool
    """Whether it pauses, and what it has come to is of use."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Have the stage behind the intents answer; tell each part by `replied`, and that it was the last."""

    response_id: str
    asked: Asked


@dataclass(frozen=True, slots=True)
class Forgo:
    """What the stage behind would still answer is of no use any more: it may stop."""

    response_id: str


@dataclass(frozen=True, slots=True)
class Synthesise:
    """Speak a text; answer with `synthesised`, or `speech_failed`.

    Attributes:
        voice: the session's, or the response's own.
    """

    response_id: str
    text: str
    voice: Frame = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wait:
    """Let some seconds pass before the next piece of sound; answer with `waited`."""

    response_id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ListRemoteTools:
    """Ask a server for its tools; answer with `remote_tools_listed`."""

    item_id: str
    server: RemoteServer


@dataclass(frozen=True, slots=True)
class CallRemoteTool:
    """Call a server's tool; answer with `remote_tool_called`."""

    item_id: str
    server: RemoteServer
    name: str
    arguments: Frame


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection."""

    code: int
    reason: str


Output = (
    Send
    | PrepareGrammar
    | Recognise
    | Follow
    | Ask
    | Forgo
    | Synthesise
    | Wait
    | ListRemoteTools
    | CallRemoteTool
    | Close
)


class Outbox:
    """What one step of a session has asked for so far, in order; its parts share it."""

    def __init__(self) -> None:
        self._outputs: list[Output] = []

    def ask(self, output: Output) -> None:
        """Ask for something."""
        self._outputs.append(output)

    def send(self, frames: Iterable[Frame]) -> None:
        """Send frames."""
        self._outputs += map(Send, frames)

    def announce(self, type_: str, **fields: Any) -> None:  # noqa: ANN401 (JSON values)
        """Send an event with an id of its own."""
        self._outputs.append(Send(event(type_, **fields)))

    def flushed(self) -> list[Output]:
        """All of it; the next step begins with nothing."""
        outputs, self._outputs = self._outputs, []
        return outputs
