"""The rules of an open conversation: whose turn it is, and what is played."""

import logging
from collections.abc import Callable

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.asking import Asking
from voiced.assistant.commands import Notice
from voiced.assistant.conversation import Conversation
from voiced.assistant.endings import Endings
from voiced.assistant.events import Event
from voiced.assistant.owing import Owing
from voiced.assistant.phases import Phase
from voiced.assistant.settings import ConversationSettings
from voiced.assistant.situation import Situation
from voiced.assistant.speaking_up import SpeakingUp

log = logging.getLogger(__name__)

_PLAYBACK_BYTES_PER_SECOND = 48_000
_LATE_REPLY_SECONDS = 2.0
_RACES = frozenset({"response_cancel_not_active", "input_audio_buffer_commit_empty"})
_ALREADY_RESPONDING = "conversation_already_has_active_response"


class Turns:
    """Takes the events of an open conversation; `pause_ms` is the pause that ends a user's turn.

    `locale` is the language in which a persona is spoken to.
    """

    def __init__(
        self,
        settings: ConversationSettings,
        pause_ms: float,
        situation: Situation,
        endings: Endings,
        locale: Callable[[str], str],
        speaking_up: SpeakingUp,
    ) -> None:
        self._settings = settings
        self._pause_ms = pause_ms
        self._speaking_up = speaking_up
        self._at = situation
        self._endings = endings
        self._owing = Owing(settings, situation, endings)
        self._asking = Asking(settings, situation, locale, self._owing.reply)

    def take(self, event: Event, talk: Conversation) -> None:  # noqa: C901, PLR0912 (a flat table reads best whole)
        """Do what an event asks for; one that makes no sense now is ignored."""
        match event:
            case on.SpeechStarted() if talk.limit:
                self._owing.spent(talk)
            case on.SpeechStarted():
                talk.turn = event.item_id
                self._user_began(talk)
                self._asking.spoke(event, talk)
            case on.SpeechStopped():
                self._user_ended(event, talk)
                self._asking.paused(talk)
            case on.UserTranscribed():
                self._transcribed(event, talk)
            case on.ReplyStarted():
                self._reply_began(event, talk)
            case on.ReplyAudioReceived():
                self._reply_audio(event, talk)
            case on.ReplyAudioFinished():
                talk.sounded = event.response_id
                if event.response_id not in talk.dropped:
                    self._at.do(do.FinishReply())
            case on.FunctionCalled():
                self._owing.called(event, talk)
            case on.ToolFinished():
                self._owing.finished(event, talk)
            case on.ReplyFinished():
                self._reply_finished(event, talk)
                if self._at.conversation is talk:
                    self._asking.proceed(talk)
            case on.RemoteToolCalled():
                self._asking.called(event, talk)
            case on.RemoteToolFinished():
                self._asking.finished(event, talk)
            case on.ApprovalRequested():
                self._asking.requested(event, talk)
            case on.PlaybackFlushed() if event.item_id:
                self._at.do(do.TruncateReply(event.item_id, event.played_ms))
            case on.PlaybackFinished():
                talk.heard_until = self._at.now
                self._turn_over(talk)
            case on.ServiceComplained():
                self._complaint(event, talk)
            case on.LimitReached():
                talk.limit = event.detail
                if self._at.phase is Phase.FOLLOWING_UP:
                    self._endings.end(Phase.IDLE, event.detail)
                elif talk.user_speaking:
                    self._owing.spent(talk)
            case _:
                log.debug("nothing to do in %s for %s", self._at.phase, type(event).__name__)

    def expired(self, talk: Conversation) -> bool:
        """Whether the phase's end was one that the conversation outlives."""
        return self._asking.expired(talk) or self._broke_off(talk)

    # -- the user's turn ------------------------------------------------------------------------------------------

    def _user_began(self, talk: Conversation) -> None:
        """Barge-in or an ordinary turn: either way the speaker falls silent at once (voice-live §5.5)."""
        self._speaking_up.spoke(talk)
        talk.user_speaking = True
        talk.parting = talk.retried = False  # there was one more thing
        if talk.responding is not None:
            talk.dropped.add(talk.responding)
        talk.heard_until = self._at.now
        self._at.do(do.Flush())
        if self._at.phase is Phase.LISTENING:
            self._at.extend(self._settings.speech_seconds)
        else:
            self._at.enter(Phase.LISTENING, "speech started", self._settings.speech_seconds)

    def _user_ended(self, event: on.SpeechStopped, talk: Conversation) -> None:
        """A turn that was the wake word's own end is none, unless words or a call prove that more was in it."""
        talk.user_speaking = False
        talk.reply_awaited = not talk.approvals.silenced
        spoken_ms = None if event.audio_end_ms is None else event.audio_end_ms - self._pause_ms
        talk.turn_is_wake_word = spoken_ms is not None and talk.only_wake_word(spoken_ms)
        self._speaking_up.paused(talk)
        if self._at.phase is not Phase.LISTENING:
            return
        if talk.turn_is_wake_word:
            self._at.due = max(talk.listened_until, self._at.now + _LATE_REPLY_SECONDS)
        else:
            self._at.enter(Phase.THINKING, "end of speech", self._settings.reply_seconds)

    def _transcribed(self, event: on.UserTranscribed, talk: Conversation) -> None:
        """Words prove a wake; a turn without any leaves the speaker waiting for the first, as if it had not been."""
        phase = self._at.phase
        if self._asking.transcribed(event, talk):
            return
        if talk.says_something(event.text):
            talk.proven = True
            if event.item_id == talk.turn and talk.turn_is_wake_word and self._owing.may_answer(talk):
                self._at.enter(Phase.THINKING, "end of speech", self._settings.reply_seconds)
        elif event.item_id == talk.turn and phase is Phase.THINKING and not talk.proven and not talk.responding:
            self._await_words(talk)

    def _await_words(self, talk: Conversation) -> None:
        talk.reply_awaited = False
        talk.own.quiet_since = self._at.now
        until = max(talk.listened_until, self._at.now + _LATE_REPLY_SECONDS)
        self._at.enter(Phase.LISTENING, "no words yet", until - self._at.now)

    # -- the reply ------------------------------------------------------------------------------------------------

    def _reply_began(self, event: on.ReplyStarted, talk: Conversation) -> None:
        too_late = talk.reply_requested  # for it to have what was owed after that
        talk.reply_requested = False
        if self._speaking_up.began(event, talk) or self._asking.began(event, talk):
            return
        talk.responding = event.response_id
        talk.reply_owed = talk.reply_owed and too_late
        talk.reply_awaited = False
        if self._at.phase is Phase.FOLLOWING_UP or (self._owing.may_answer(talk) and not talk.turn_is_wake_word):
            self._at.enter(Phase.THINKING, "the service replies", self._settings.reply_seconds)

    def _reply_audio(self, event: on.ReplyAudioReceived, talk: Conversation) -> None:
        if event.response_id in talk.dropped:
            return
        seconds = len(event.data) / _PLAYBACK_BYTES_PER_SECOND
        if not self._speaking_up.sounds(event, seconds, talk):
            if talk.turn_is_wake_word and not talk.proven:
                talk.dropped.add(event.response_id)
                self._at.do(do.CancelReply())
                return
            talk.proven = True
            talk.voiced = event.response_id
            self._asking.sounds(event, talk)
        talk.heard_until = max(talk.heard_until, self._at.now) + seconds
        self._at.do(do.Play(event.item_id, event.data))
        due = talk.heard_until + self._settings.reply_seconds
        if self._at.phase is Phase.SPEAKING:
            self._at.due = due
        else:
            self._at.enter(Phase.SPEAKING, "reply begins", due - self._at.now)

    def _reply_finished(self, event: on.ReplyFinished, talk: Conversation) -> None:
        if talk.responding == event.response_id:
            talk.responding = None
        dropped = event.response_id in talk.dropped
        if not dropped:
            self._at.do(do.FinishReply())
        if event.status == "cancelled":
            talk.approvals.forget_calls(event.response_id)
        if not dropped and self._speaking_up.finished(event, talk):
            log.debug("the conversation goes on")
        elif event.status == "failed" and not dropped:
            log.warning("the service failed to reply: %s", event.detail or "no reason given")
            self._endings.fail(Notice.NO_REPLY, event.detail)
            return
        if talk.reply_owed and not talk.tools_running:
            self._owing.reply(talk)
        else:
            self._turn_over(talk)

    def _broke_off(self, talk: Conversation) -> bool:
        """Whether a reply stopped in the middle and is asked for anew, once (voice-live §6).

        What was heard of it stays in the model's memory. The request waits for the service to end the response.
        """
        if self._at.phase is not Phase.SPEAKING or talk.retried or not talk.sounds_unfinished or talk.limit:
            return False
        log.warning("the reply broke off for %g s; it is asked for anew", self._settings.reply_seconds)
        talk.retried = talk.reply_owed = True
        talk.dropped.add(talk.responding or "")
        self._at.do(do.CancelReply())
        self._at.do(do.Flush())
        self._at.enter(Phase.THINKING, "the reply broke off", self._settings.reply_seconds)
        return True

    def _turn_over(self, talk: Conversation) -> None:
        """Where nothing more is owed and all was heard, open the follow-up window."""
        phase = self._at.phase
        if phase not in (Phase.SPEAKING, Phase.THINKING) or talk.heard_until > self._at.now:
            return
        if self._speaking_up.heard(talk) or self._asking.heard(talk):
            return
        if talk.busy:
            if phase is Phase.SPEAKING and talk.responding is None:
                self._at.enter(Phase.THINKING, "waiting for a tool", self._asking.patience(talk))
            return
        if not talk.proven and talk.woken_by is not None:
            self._await_words(talk)
        elif talk.parting:
            self._endings.end(Phase.IDLE, "goodbye")
        elif talk.limit or self._settings.follow_up_seconds == 0:
            self._endings.end(Phase.IDLE, talk.limit or "reply heard")
        else:
            self._at.enter(Phase.FOLLOWING_UP, "reply heard", self._settings.follow_up_seconds)

    def _complaint(self, event: on.ServiceComplained, talk: Conversation) -> None:
        if event.code == _ALREADY_RESPONDING:
            self._already_responding(talk)
        elif event.code not in _RACES and not self._asking.complained(event.message, talk):
            log.warning("the service complains: %s (%s)", event.message, event.code or "no code")
            self._speaking_up.complained(event.message, talk)

    def _already_responding(self, talk: Conversation) -> None:
        """Our request crossed a response that the service had begun by itself, and has to be made again after it.

        Where that one has ended in the meantime, at once; where it has not begun, it will have the outputs.
        """
        talk.reply_requested = False
        if self._asking.collided(talk) or self._speaking_up.collided(talk):
            return
        if talk.responding is not None:
            talk.reply_owed = True
        elif not talk.reply_awaited and not talk.tools_running:
            self._owing.reply(talk)
