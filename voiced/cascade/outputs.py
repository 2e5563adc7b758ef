"""What a session asks of the world around it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.protocol import Frame, event


@dataclass(frozen=True, slots=True)
class Send:
    """A frame for the client."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class PrepareGrammar:
    """Build the grammar of these tools; answer with `grammar_ready`."""

    tools: list[Frame]


@dataclass(frozen=True, slots=True)
class Recognise:
    """Recognise a turn, shape (frames,) at 16 kHz, unless `wants` denies the ticket; answer with `recognised`."""

    ticket: int
    samples: NDArray[np.int16] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Synthesise:
    """Speak a text; answer with `synthesised`, or `speech_failed`."""

    response_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Let some seconds pass before the next piece of sound; answer with `waited`."""

    response_id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection."""

    code: int
    reason: str


Output = Send | PrepareGrammar | Recognise | Synthesise | Wait | Close


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
