"""One conversation's bookkeeping: which response speaks, which calls are open, who owes whom an answer."""

import re
from dataclasses import dataclass, field

from voiced.assistant.approvals import Approvals
from voiced.assistant.events import FunctionCalled, WakeWordDetected
from voiced.assistant.own_words import OwnWords

RINGING_MS = 100
"""How long the wake word's own sound may last beyond the block that decided."""
_FRAMES_PER_MS = 16
END_CONVERSATION = "end_conversation"
"""The function by which the model hangs up; the speaker answers it itself."""
_WORD = re.compile(r"[^\W_]+")


@dataclass(slots=True)
class Conversation:
    """What is known of the conversation under way. Only the `Assistant` changes it.

    Attributes:
        persona: who is spoken to.
        since: capture frame index from which the user's words count.
        ends_at: when it ends whatever happens (seconds of the assistant's clock).
        woken_by: the wake word that began it, if one did.
        listened_until: how long the speaker waits for the first words.
        proven: something was understood, called or replied, so that it was no false wake.
        opened: the service accepted the session.
        turn: the item of the user's latest turn.
        turn_is_wake_word: that turn was over before anybody can have said more than the wake word.
        user_speaking: between `SpeechStarted` and `SpeechStopped`.
        responding: id of the response under way, if one is.
        dropped: responses the user spoke over; their late sound is not played.
        heard_until: when the sound queued so far will have been heard.
        reply_owed: a `response.create` waits for the response under way to end.
        reply_awaited: the service has been given a turn and has not begun to reply.
        reply_requested: the service has been asked for a response that has not begun.
        voiced: the latest response of which sound was received.
        sounded: the latest response of which all sound was received.
        retried: the latest turn's reply broke off and was asked for anew.
        parting: the model hung up; what is still to be said is its goodbye.
        limit: why it ends after the reply; empty where it need not.
        closed: the service has closed the session; what it had said is still heard.
        approvals: calls of remote tools, and what the user has to allow.
        own: what the speaker says without having been asked.
    """

    persona: str
    since: int
    ends_at: float
    woken_by: WakeWordDetected | None = None
    listened_until: float = 0.0
    proven: bool = False
    opened: bool = False
    turn: str = ""
    turn_is_wake_word: bool = False
    user_speaking: bool = False
    responding: str | None = None
    dropped: set[str] = field(default_factory=set)
    heard_until: float = 0.0
    reply_owed: bool = False
    reply_awaited: bool = False
    reply_requested: bool = False
    voiced: str | None = None
    sounded: str | None = None
    retried: bool = False
    parting: bool = False
    limit: str = ""
    closed: bool = False
    approvals: Approvals = field(default_factory=Approvals)
    own: OwnWords = field(default_factory=OwnWords)
    _seen_calls: set[str] = field(default_factory=set)
    _running_calls: set[str] = field(default_factory=set)

    def only_wake_word(self, spoken_ms: float) -> bool:
        """Whether what was sent up to some time of it holds no more than the wake word's end."""
        if self.woken_by is None or self.proven:
            return False
        return self.since + spoken_ms * _FRAMES_PER_MS <= self.woken_by.position + RINGING_MS * _FRAMES_PER_MS

    def says_something(self, transcript: str) -> bool:
        """Whether a transcript has any word but the wake word's own."""
        own = set() if self.woken_by is None else set(_WORD.findall(self.woken_by.word.lower()))
        return not own.issuperset(_WORD.findall(transcript.lower()))

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
    def functions_running(self) -> bool:
        """Whether any tool of the device has not answered yet."""
        return bool(self._running_calls)

    @property
    def tools_running(self) -> bool:
        """Whether any tool has not answered yet, or waits for the user's leave."""
        return self.functions_running or self.approvals.open

    @property
    def sounds_unfinished(self) -> bool:
        """Whether the response under way has begun to sound, and nothing but the rest of that is waited for."""
        reply = self.responding
        heard = reply is not None and reply == self.voiced and reply not in self.dropped
        return heard and reply != self.sounded and not (self.tools_running or self.parting or self.closed)

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
