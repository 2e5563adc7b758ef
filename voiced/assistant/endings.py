"""How a conversation ends: by itself, by time, by a failure; and what the user is told of it."""

from voiced.assistant import commands as do
from voiced.assistant.commands import Chime, Notice
from voiced.assistant.phases import Phase
from voiced.assistant.settings import ConversationSettings
from voiced.assistant.situation import Situation

ALERTING_SECONDS = 30.0
"""The longest notice."""


class Endings:
    """Ends conversations, and with them phases that last too long."""

    def __init__(self, settings: ConversationSettings, situation: Situation) -> None:
        self._settings = settings
        self._at = situation

    def end(self, phase: Phase, reason: str) -> None:
        """End the conversation, if there is one, and go on to a phase."""
        if self._at.conversation is not None:
            for request in self._at.conversation.approvals.queue:  # what nobody allowed is denied
                self._at.do(do.AnswerApproval(request.approval_id, approve=False))
            self._at.conversation = None
            self._at.do(do.CloseSession())
        if self._at.phase is not phase:
            self._at.enter(phase, reason)

    def fail(self, notice: Notice, detail: str) -> None:
        """End the conversation and tell the user why, aloud."""
        self._at.do(do.Flush())
        self.end(Phase.ALERTING, notice.value.replace("_", " "))
        self._at.extend(ALERTING_SECONDS)
        self._at.do(do.PlayChime(Chime.ERROR))
        self._at.do(do.SayNotice(notice, detail))

    def too_long(self) -> None:
        """The conversation has lasted as long as one may."""
        self._at.do(do.Flush())
        self._at.do(do.PlayChime(Chime.DONE))
        self.end(Phase.IDLE, "the longest conversation allowed")

    def expire(self) -> None:
        """The phase is past its deadline."""
        talk = self._at.conversation
        match self._at.phase:
            case Phase.STARTING:
                self._at.enter(Phase.FAULTED, "no sound from the microphone since the start")
            case Phase.CONNECTING:
                self.fail(Notice.TIMED_OUT, "no session in time")
            case Phase.LISTENING | Phase.FOLLOWING_UP:
                self._nobody_spoke()
            case Phase.THINKING | Phase.SPEAKING if talk is not None and (talk.parting or talk.closed):
                self._at.do(do.Flush())
                self.end(Phase.IDLE, "goodbye")
            case Phase.THINKING | Phase.SPEAKING:
                self.fail(Notice.NO_REPLY, f"no reply for {self._settings.reply_seconds:g} s")
            case _:
                self._at.enter(Phase.IDLE, "notice abandoned")

    def _nobody_spoke(self) -> None:
        """End the conversation; one that never came to a word was a false wake, and ends without a sound."""
        talk = self._at.conversation
        word = None if talk is None or talk.proven or talk.user_speaking else talk.woken_by
        if word is None:
            self._at.do(do.PlayChime(Chime.DONE))
            endless = talk is not None and talk.user_speaking
            self.end(Phase.IDLE, "the longest sentence allowed" if endless else "nobody spoke")
            return
        self._at.do(do.ReportFalseWake(word.word, word.position))
        self.end(Phase.IDLE, f"false wake: {word.word} ({word.score:.2f}), and nobody spoke")
