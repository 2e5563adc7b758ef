"""Where the speaker stands at an event: its phase and until when, the conversation, and what is to be done."""

from dataclasses import dataclass, field

from voiced.assistant import commands as do
from voiced.assistant.commands import Command
from voiced.assistant.conversation import Conversation
from voiced.assistant.phases import TRANSITIONS, Phase

NO_DEADLINE = float("inf")


class IllegalTransitionError(RuntimeError):
    """A step that `TRANSITIONS` does not allow: a defect of ours, never the user's."""


@dataclass(slots=True)
class Situation:
    """What the assistant's rules share.

    Attributes:
        now: the time of the event at hand (seconds of the assistant's clock).
        phase: what the speaker is doing.
        due: when the phase must end.
        conversation: the one under way, if there is one.
        commands: what the event at hand makes the speaker do, in order.
    """

    now: float
    phase: Phase
    due: float
    conversation: Conversation | None = None
    commands: list[Command] = field(default_factory=list)

    def begin(self, now: float) -> None:
        """Another event is at hand."""
        self.now = now
        self.commands = []

    def do(self, command: Command) -> None:
        """Have something done."""
        self.commands.append(command)

    def enter(self, phase: Phase, reason: str, seconds: float = NO_DEADLINE) -> None:
        """The only place where the phase changes."""
        if phase not in TRANSITIONS[self.phase]:
            raise IllegalTransitionError(f"{self.phase} -> {phase} ({reason})")
        self.phase = phase
        self.extend(seconds)
        self.do(do.ShowPhase(phase, reason))

    def extend(self, seconds: float) -> None:
        """Let the phase last this long from now on."""
        self.due = self.now + seconds
