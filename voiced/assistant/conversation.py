"""One conversation's bookkeeping: which response speaks, which calls are open, who owes whom an answer."""

from dataclasses import dataclass, field

from voiced.assistant.events import FunctionCalled


@dataclass(slots=True)
class Conversation:
    """What is known of the conversation under way. Only the `Assistant` changes it.

    Attributes:
        persona: who is spoken to.
        since: capture frame index from which the user's words count.
        ends_at: when it ends whatever happens (seconds of the assistant's clock).
        opened: the service accepted the session.
        user_speaking: between `SpeechStarted` and `SpeechStopped`.
        responding: id of the response under way, if one is.
        dropped: responses the user spoke over; their late sound is not played.
        heard_until: when the sound queued so far will have been heard.
        reply_owed: a `response.create` waits for the response under way to end.
        reply_awaited: the service has been given a turn and has not begun to reply.
    """

    persona: str
    since: int
    ends_at: float
    opened: bool = False
    user_speaking: bool = False
    responding: str | None = None
    dropped: set[str] = field(default_factory=set)
    heard_until: float = 0.0
    reply_owed: bool = False
    reply_awaited: bool = False
    _seen_calls: set[str] = field(default_factory=set)
    _running_calls: set[str] = field(default_factory=set)

    def begin_call(self, call: FunctionCalled) -> bool:
        """Whether this call is new: the service announces each one twice (voice-live §5.3)."""
        if call.call_id in self._seen_calls:
            return False
        self._seen_calls.add(call.call_id)
        self._running_calls.add(call.call_id)
        return True

    def end_call(self, call_id: str) -> bool:
        """Whether that call was waited for."""
        if call_id not in self._running_calls:
            return False
        self._running_calls.remove(call_id)
        return True

    @property
    def tools_running(self) -> bool:
        """Whether any tool has not answered yet."""
        return bool(self._running_calls)

    @property
    def busy(self) -> bool:
        """Whether anybody still owes anybody something, the sound still playing apart."""
        return (
            self.responding is not None
            or self.tools_running
            or self.reply_owed
            or self.reply_awaited
            or self.user_speaking
        )
