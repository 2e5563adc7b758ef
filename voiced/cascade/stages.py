"""Where engines can be exchanged: what the cascade asks of each of its stages.

Turn detection is asked through `VoiceActivity` and replies through `Reply`, which stand beside what they serve. The
session itself knows no stage: it asks for work by its outputs, the service has a stage do it and gives back what came
of it, so a stage may as well be elsewhere.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.grammar import Grammar, Phrases, Standing
from voiced.cascade.outputs import Follow
from voiced.cascade.recogniser import Heard
from voiced.cascade.replies import Reply
from voiced.cascade.speech import Spoken
from voiced.cascade.turns import VoiceActivity


@dataclass(frozen=True, slots=True)
class Partial:
    """What has been said of a turn that is under way.

    Attributes:
        standing: how far it has come.
        heard: what it means if it ends here; where that is something, it is sure enough to be acted upon.
    """

    standing: Standing
    heard: Heard


class Recognition(Protocol):
    """Speech to text and meaning. All calls come from one thread. What any of them raises costs one turn."""

    @property
    def name(self) -> str:
        """The engine's, as the journal calls it."""

    def grammar(self, tools: Iterable[Mapping[str, Any]], phrases: Phrases) -> Grammar:
        """The sentences of a session's tools, ready to be recognised.

        Args:
            tools: function tools as in `session.update`.
            phrases: sentence templates by tool name.
        """

    def recognise(self, grammar: Grammar, samples: NDArray[np.int16]) -> Heard:
        """What was said in a whole turn, shape (frames,) at 16 kHz; without a meaning where it is no sentence."""

    def follow(self, grammar: Grammar, piece: Follow) -> Partial | None:
        """Take in what a turn goes on with, from its first sample on; what it has come to.

        The newest turn is followed: of an older one, of one that does not pause, and where too little is known, the
        answer is None.
        """


class Speaking(Protocol):
    """Text to speech."""

    def sentences(self, text: str, voice: Mapping[str, Any] | None = None) -> AsyncIterator[Spoken]:
        """Speak a text, sentence by sentence, one at least; `SpeechError` where it can't be spoken.

        Args:
            text: what is said.
            voice: of the session, which the engine comes as near to as it can.
        """


__all__ = ["Partial", "Recognition", "Reply", "Speaking", "VoiceActivity"]
