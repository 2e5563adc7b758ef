"""How long each stage of a turn took. Pure: events and their times in, finished turns out."""

import dataclasses
from dataclasses import dataclass, field, replace

from voiced.assistant import events as on
from voiced.assistant.events import Event


@dataclass(frozen=True, slots=True)
class Turn:
    """The stages of a turn in seconds; None where it had no such stage.

    Attributes:
        wake: from the last sample of the wake word's deciding block to its detection.
        connect: from the detection, or the request to listen, to the accepted session; 0 where it was open before.
        first_audio: from that last sample, or the request, to the first sound on the wire.
        reply: from the service's word that the user has ended to its first response.
        first_delta: from there to the first sound of a reply.
        first_sample: from there to that sound at the loudspeaker's driver.
        tool: the longest tool.
    """

    wake: float | None = None
    connect: float | None = None
    first_audio: float | None = None
    reply: float | None = None
    first_delta: float | None = None
    first_sample: float | None = None
    tool: float | None = None

    def stages(self) -> dict[str, float]:
        """The stages there were, in milliseconds."""
        return {
            name: round(seconds * 1000, 1) for name, seconds in dataclasses.asdict(self).items() if seconds is not None
        }

    @property
    def answered(self) -> bool:
        """Whether the service did anything about it."""
        return self.reply is not None or self.first_delta is not None or self.tool is not None


@dataclass(slots=True)
class _Progress:
    """What is known of a conversation so far.

    Attributes:
        woken: when what woke the speaker was over: the wake word's last sample, or the request to listen.
        known: when the speaker knew of it.
        ended: when the service had heard the user's turn end.
        replying: a reply came after the last tool.
        tools: when those that run were called.
        turn: the present one.
    """

    woken: float | None = None
    known: float | None = None
    ended: float | None = None
    replying: bool = False
    tools: dict[str, float] = field(default_factory=dict)
    turn: Turn = field(default_factory=Turn)

    def note(self, **stages: float) -> None:
        """Keep stages; the first of its kind counts."""
        new = {name: seconds for name, seconds in stages.items() if getattr(self.turn, name) is None}
        self.turn = replace(self.turn, **new)


class Latency:
    """Follows the assistant's events; times are seconds of one monotonic clock.

    The stages of waking and connecting belong to the first turn that is answered.
    """

    def __init__(self) -> None:
        self._so_far = _Progress()

    def feed(self, event: Event, at: float) -> Turn | None:
        """Take an event; the turn that it ends, if it ends one that was answered."""
        talk = self._so_far
        match event:
            case on.WakeWordDetected() | on.ListenRequested() | on.TalkPressed() if talk.woken is None:
                self._woken(event, at)
            case on.SessionOpened() if talk.known is not None:
                talk.note(connect=at - talk.known)
            case on.UplinkBegan() if talk.woken is not None:
                talk.note(first_audio=at - talk.woken, connect=0.0)
            case on.SpeechStarted():
                return self._finish()
            case on.SpeechStopped():
                talk.ended = at
            case on.ToolFinished() if event.call_id in talk.tools:
                took = at - talk.tools.pop(event.call_id)
                talk.turn = replace(talk.turn, tool=max(took, talk.turn.tool or 0.0))
                talk.replying = False
            case on.PlaybackFinished() if talk.turn.first_sample is not None and talk.replying and not talk.tools:
                return self._finish()
            case _:
                self._replied(event, at)
        return None

    def rest(self) -> Turn | None:
        """The conversation is over: its last turn, if that was answered and is still to be told."""
        finished = self._finish()
        self._so_far = _Progress()
        return finished

    def _woken(self, event: on.WakeWordDetected | on.ListenRequested | on.TalkPressed, at: float) -> None:
        talk = self._so_far
        talk.woken = talk.known = at
        if isinstance(event, on.WakeWordDetected):
            talk.woken = event.captured_at
            talk.note(wake=at - event.captured_at)

    def _replied(self, event: Event, at: float) -> None:
        talk = self._so_far
        if isinstance(event, on.FunctionCalled):
            talk.tools.setdefault(event.call_id, at)
        if talk.ended is None:
            return
        match event:
            case on.ReplyStarted():
                talk.replying = True
                talk.note(reply=at - talk.ended)
            case on.ReplyAudioReceived():
                talk.note(first_delta=at - talk.ended)
            case on.ReplyHeard():
                talk.note(first_sample=at - talk.ended)
            case _:
                pass

    def _finish(self) -> Turn | None:
        """The turn under way, where it was answered; another begins. One that was not keeps its waking."""
        talk = self._so_far
        if not talk.turn.answered:
            return None
        turn, talk.turn = talk.turn, Turn()
        talk.ended, talk.replying = None, False
        return turn
