"""What a session asks of the world around it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.protocol import Frame


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
