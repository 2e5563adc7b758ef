"""The rules of remote tools: asking the user for leave, and waiting for calls that the service makes.

The question is spoken by the session, not by the device: the service's echo canceller knows its own voice, so that the
speaker can't be taken to have answered itself, and the model has the question in its memory. While it stands, the
service is told not to answer turns by itself; a reply that it begins all the same is cancelled unheard.
"""

import logging
from collections.abc import Callable

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.approvals import Stage
from voiced.assistant.consent import Answer, own_question, question, question_again, understood
from voiced.assistant.conversation import Conversation
from voiced.assistant.phases import Phase
from voiced.assistant.settings import ConversationSettings
from voiced.assistant.situation import NO_DEADLINE, Situation

log = logging.getLogger(__name__)

PURPOSE = "approval"
"""What the response that asks is marked with."""
HEARD_SECONDS = 1.0
"""So much of a question must have sounded before anything said is an answer to it: nobody agrees to the unheard."""
TRANSCRIPT_SECONDS = 5.0
"""How long the words of an answer are waited for."""
QUESTIONS = 2
"""After as many unclear answers, or interruptions, the request is denied."""


class Asking:
    """Takes the events of remote tools. `owe` asks for the reply once all calls have ended."""

    def __init__(
        self,
        settings: ConversationSettings,
        situation: Situation,
        locale: Callable[[str], str],
        owe: Callable[[Conversation], None],
    ) -> None:
        self._settings = settings
        self._at = situation
        self._locale = locale
        self._owe = owe

    # -- calls ----------------------------------------------------------------------------------------------------

    def called(self, event: on.RemoteToolCalled, talk: Conversation) -> None:
        """The service calls a tool."""
        talk.proven = True
        new = talk.approvals.begin_call(event)
        if new and event.name:
            log.info("the service calls %s of %s", event.name, event.server)
        self._work(talk)

    def finished(self, event: on.RemoteToolFinished, talk: Conversation) -> None:
        """A call has ended; after the last one a reply is due."""
        if event.detail:
            log.warning("a remote tool failed: %s", event.detail)
        if not talk.approvals.end_call(event.call_id):
            return
        if talk.tools_running:
            self._work(talk)
        else:
            self._owe(talk)

    def _work(self, talk: Conversation) -> None:
        """Show that something is done, unless the user has the word; it may not take for ever."""
        phase = self._at.phase
        if talk.approvals.answerable or talk.user_speaking:
            return
        if phase in (Phase.LISTENING, Phase.FOLLOWING_UP):
            self._at.enter(Phase.THINKING, "the service calls a tool", self.patience(talk))
        elif phase is Phase.THINKING:
            self._at.extend(self.patience(talk))

    def patience(self, talk: Conversation) -> float:
        """How long tools may take: those of the device have limits of their own."""
        if talk.functions_running:
            return NO_DEADLINE
        return self._settings.remote_tool_seconds if talk.approvals.open else self._settings.reply_seconds

    # -- the question ---------------------------------------------------------------------------------------------

    def requested(self, event: on.ApprovalRequested, talk: Conversation) -> None:
        """The user has to allow a call."""
        talk.proven = True
        if talk.approvals.request(event):
            if talk.parting:  # nobody is there to be asked
                talk.approvals.queue.remove(event)
                self._at.do(do.AnswerApproval(event.approval_id, approve=False))
                return
            log.info("%s of %s needs to be allowed", event.name, event.server)
        self._work(talk)
        self.proceed(talk)

    def proceed(self, talk: Conversation) -> None:
        """Ask, once nobody speaks and nothing is awaited: a response may begin only where none is active."""
        asked = talk.approvals
        awaited = talk.reply_awaited or talk.reply_requested
        quiet = talk.responding is None and not talk.user_speaking and not awaited
        if not asked.pending or asked.stage is not Stage.WAITING or not quiet:
            return
        if not asked.silenced:
            asked.silenced = True
            self._at.do(do.SetAutomaticReplies(on=False))
        request, locale = asked.queue[0], self._locale(talk.persona)
        words = question_again(locale) if asked.unclear else _question(request, locale)
        self._at.do(do.AskUser(words, PURPOSE))
        talk.reply_requested = True
        asked.stage = Stage.ASKED
        if self._at.phase is Phase.SPEAKING:
            self._at.due = max(talk.heard_until, self._at.now) + self._settings.reply_seconds
        elif self._at.phase is Phase.THINKING:
            self._at.extend(self._settings.reply_seconds)
        else:
            self._at.enter(Phase.THINKING, "asks for leave", self._settings.reply_seconds)

    def began(self, event: on.ReplyStarted, talk: Conversation) -> bool:
        """Whether a response is one that nobody wants: the service answers where it was told to be silent."""
        asked = talk.approvals
        if not asked.answerable:
            return False
        if event.purpose == PURPOSE or (asked.stage is Stage.ASKED and not asked.question):
            asked.question = event.response_id
            return False
        if not asked.spoken:  # it may be that of a call allowed before
            return False
        talk.responding = event.response_id
        talk.dropped.add(event.response_id)
        self._at.do(do.CancelReply())
        return True

    def sounds(self, event: on.ReplyAudioReceived, talk: Conversation) -> None:
        """A stretch of a reply's sound is about to be queued."""
        asked = talk.approvals
        if event.response_id == asked.question and asked.answerable and asked.sounds_from is None:
            asked.sounds_from = max(talk.heard_until, self._at.now)

    def heard(self, talk: Conversation) -> bool:
        """Whether what has just been heard to its end was the question: now the user has the word."""
        asked = talk.approvals
        if asked.stage is not Stage.ASKED or not asked.question or talk.responding is not None:
            return False
        asked.stage = Stage.HEARD
        asked.until = self._at.now + self._settings.approval_seconds
        self._at.enter(Phase.LISTENING, "yes or no?", self._settings.approval_seconds)
        return True

    def collided(self, talk: Conversation) -> bool:
        """Whether the question was refused, because a response was active: it is put again after that."""
        if talk.approvals.stage is not Stage.ASKED:
            return False
        talk.approvals.restart()
        self.proceed(talk)
        return True

    # -- the answer -----------------------------------------------------------------------------------------------

    def spoke(self, event: on.SpeechStarted, talk: Conversation) -> None:
        """The user begins to speak, which is about the question if enough of it was heard."""
        asked = talk.approvals
        if not asked.answerable or asked.sounds_from is None:
            return
        asked.spoken = True
        if self._at.now - asked.sounds_from >= HEARD_SECONDS:
            asked.turns.add(event.item_id)
            asked.until = self._at.now + self._settings.approval_seconds
            asked.stage = Stage.HEARD
            return
        asked.cut += 1
        if asked.cut < QUESTIONS:
            asked.restart()
        else:
            self._answer(talk, approve=False, why="the question can't be heard")

    def paused(self, talk: Conversation) -> None:
        """The user's turn is over; the words come a little later."""
        if talk.approvals.stage is Stage.HEARD:
            if self._at.phase is Phase.THINKING:
                self._at.extend(TRANSCRIPT_SECONDS)
        else:
            self.proceed(talk)

    def transcribed(self, event: on.UserTranscribed, talk: Conversation) -> bool:
        """Whether a transcript was an answer."""
        asked = talk.approvals
        if not asked.answerable or event.item_id not in asked.turns:
            return False
        asked.turns.discard(event.item_id)
        if not talk.says_something(event.text):
            self._listen_on(talk)
            return True
        answer = understood(event.text, self._locale(talk.persona))
        if answer is Answer.UNCLEAR:
            asked.unclear += 1
        if answer is Answer.UNCLEAR and asked.unclear < QUESTIONS:
            asked.restart()
            self._work(talk)
            self.proceed(talk)
        else:
            self._answer(talk, approve=answer is Answer.YES, why=f"the user's answer was {answer}")
        return True

    def expired(self, talk: Conversation) -> bool:
        """Whether the phase's end is that of a question nobody answered, which is a no."""
        if talk.approvals.stage is not Stage.HEARD or talk.user_speaking:
            return False
        self._answer(talk, approve=False, why="nobody answered")
        return True

    def complained(self, message: str, talk: Conversation) -> bool:
        """Whether the service refuses an approval, so that nothing will come of it."""
        if not talk.approvals.refused(message):
            return False
        log.warning("the service does not take an approval: %s", message)
        if not talk.tools_running:
            self._owe(talk)
        return True

    def _listen_on(self, talk: Conversation) -> None:
        """There were no words in it: the time for an answer runs on."""
        if self._at.phase is Phase.THINKING:
            left = talk.approvals.until - self._at.now
            self._at.enter(Phase.LISTENING, "no words yet", max(left, TRANSCRIPT_SECONDS))

    def _answer(self, talk: Conversation, *, approve: bool, why: str) -> None:
        asked = talk.approvals
        request = asked.settle(approve=approve)
        log.info("%s %s of %s: %s", "allowed" if approve else "denied", request.name, request.server, why)
        self._at.do(do.AnswerApproval(request.approval_id, approve=approve))
        if asked.pending:
            self.proceed(talk)
            return
        asked.silenced = False
        self._at.do(do.SetAutomaticReplies(on=True))
        if talk.tools_running:
            self._work(talk)
        else:
            self._owe(talk)


def _question(request: on.ApprovalRequested, locale: str) -> str:
    if request.own:
        return request.words or own_question(request.name, request.arguments, locale)
    return question(request.server, request.name, request.arguments, locale)
