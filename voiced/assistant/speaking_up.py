"""The rules of speaking unasked in an open conversation: a greeting, and what somebody wants announced.

The session says it word for word, so that it is the persona who speaks, the echo canceller knows the voice and the
model has it in its memory (voice-live §5.6). It is asked to only while nobody speaks and nothing is awaited, and what
it has not said in the end is said after the conversation, in the device's own voice.
"""

import logging
from collections.abc import Callable

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.announcements import Announcements
from voiced.assistant.conversation import Conversation
from voiced.assistant.own_words import Purpose, Stage
from voiced.assistant.phases import Phase
from voiced.assistant.settings import ConversationSettings
from voiced.assistant.situation import NO_DEADLINE, Situation

log = logging.getLogger(__name__)

BEGIN_SECONDS = 5.0
"""For so long at least the conversation stays open for what the service was asked to say."""
AGAIN_SECONDS = 1.0
"""After a response that was in the way."""


class SpeakingUp:
    """Says what waits in `announcements`, and a persona's `greeting` where it has one."""

    def __init__(
        self,
        settings: ConversationSettings,
        situation: Situation,
        announcements: Announcements,
        greeting: Callable[[str], str | None],
    ) -> None:
        self._settings = settings
        self._at = situation
        self._announcements = announcements
        self._greeting = greeting

    def due(self, talk: Conversation) -> float:
        """When `proceed` will have something to say; `NO_DEADLINE` where it won't, or something has to happen first."""
        if not (self._free(talk) and (self._greets(talk) or self._announcements.words)):
            return NO_DEADLINE
        own = talk.own
        if self._at.phase is Phase.FOLLOWING_UP:
            return own.not_before
        return max(own.not_before, own.quiet_since + self._settings.greeting_after_ms / 1000)

    def proceed(self, talk: Conversation) -> None:
        """Say what is due: greet first."""
        if self.due(talk) > self._at.now:
            return
        greeting = self._greeting(talk.persona)
        if greeting and self._greets(talk):
            talk.own.greeted = True
            self._say(talk, greeting, Purpose.GREETING)
        else:
            self._say(talk, self._announcements.words, Purpose.ANNOUNCEMENT)

    # -- what the service makes of it -----------------------------------------------------------------------------

    def began(self, event: on.ReplyStarted, talk: Conversation) -> bool:
        """Whether a response is one of ours. Whoever began to speak meanwhile has the word."""
        own = talk.own
        marked = event.purpose in set(Purpose)
        if not marked and (event.purpose or own.stage is not Stage.ASKED or own.unwanted):
            return False
        talk.responding = event.response_id
        if own.stage is not Stage.ASKED or own.unwanted or talk.user_speaking:
            talk.dropped.add(event.response_id)  # and not cancelled, which might hit the reply to the user instead
            own.stage = Stage.SILENT
        else:
            own.stage, own.response = Stage.BEGUN, event.response_id
        return True

    def sounds(self, event: on.ReplyAudioReceived, seconds: float, talk: Conversation) -> bool:
        """Whether a stretch of sound, about to be queued, is of ours."""
        own = talk.own
        if own.stage is not Stage.BEGUN or event.response_id != own.response:
            return False
        if own.sounds_from is None:
            own.sounds_from = max(talk.heard_until, self._at.now)
        own.seconds += seconds
        return True

    def finished(self, event: on.ReplyFinished, talk: Conversation) -> bool:
        """Whether a response of ours came to nothing, which is no reason to end the conversation."""
        own = talk.own
        if own.stage is not Stage.BEGUN or event.response_id != own.response or own.sounds_from is not None:
            return False
        self._unsaid(talk, event.detail or f"{event.status} without a sound")
        return True

    def heard(self, talk: Conversation) -> bool:
        """All that was queued has been heard: whether that was ours, and the user, silent so far, has the word."""
        own = talk.own
        if own.stage is not Stage.BEGUN or talk.responding is not None:
            return False
        self._said(talk, "said in the conversation")
        if talk.proven or talk.parting or talk.limit:
            return False
        talk.listened_until = self._at.now + self._settings.silence_seconds
        self._at.enter(Phase.LISTENING, "your turn", self._settings.silence_seconds)
        return True

    def collided(self, talk: Conversation) -> bool:
        """Whether it was refused because a response was active; it waits for the end of that one."""
        own = talk.own
        if own.stage is not Stage.ASKED:
            return False
        own.stage = Stage.SILENT
        own.greeted = own.greeted and own.purpose is not Purpose.GREETING
        own.not_before = self._at.now + AGAIN_SECONDS
        return True

    def complained(self, message: str, talk: Conversation) -> None:
        """The service refuses something, which may have been this."""
        if talk.own.stage is Stage.ASKED:
            talk.reply_requested = False
            self._unsaid(talk, message)

    # -- the user -------------------------------------------------------------------------------------------------

    def spoke(self, talk: Conversation) -> None:
        """The user begins to speak."""
        own = talk.own
        if own.stage is Stage.ASKED:
            own.unwanted = True
        elif own.heard(self._at.now):
            self._said(talk, "cut short by the user")
        else:
            own.stage = Stage.SILENT

    def paused(self, talk: Conversation) -> None:
        """The user's turn is over."""
        talk.own.quiet_since = self._at.now
        talk.own.spoken = talk.own.spoken or not talk.turn_is_wake_word

    def stop(self, talk: Conversation) -> bool:
        """The owner wants silence: whether an announcement is being said, which drops those that wait, too."""
        own = talk.own
        if own.purpose is not Purpose.ANNOUNCEMENT or own.stage is not Stage.BEGUN or own.sounds_from is None:
            return False
        self._said(talk, "stopped by the owner")
        self._announcements.drop()
        return True

    def over(self, talk: Conversation) -> None:
        """The conversation has ended."""
        if talk.own.heard(self._at.now):
            self._said(talk, "said at the end of the conversation")
        elif talk.own.stage is not Stage.SILENT and talk.own.purpose is Purpose.ANNOUNCEMENT:
            log.info("an announcement could not be said in the conversation; it is said after it")
        talk.own.stage = Stage.SILENT

    # ---------------------------------------------------------------------------------------------------------------

    def _free(self, talk: Conversation) -> bool:
        """Whether nobody speaks and nothing is awaited, but perhaps an answer to the wake word, which isn't wanted."""
        if not talk.opened or talk.closed or talk.parting or talk.limit or talk.own.stage is not Stage.SILENT:
            return False
        if self._at.phase not in (Phase.LISTENING, Phase.FOLLOWING_UP) or talk.user_speaking or talk.own.unable:
            return False
        awaited = talk.reply_requested or (talk.reply_awaited and not talk.turn_is_wake_word)
        return not (talk.responding is not None or talk.tools_running or talk.reply_owed or awaited)

    def _greets(self, talk: Conversation) -> bool:
        own = talk.own
        return not (own.greeted or own.spoken or talk.proven) and bool(self._greeting(talk.persona))

    def _say(self, talk: Conversation, words: str, purpose: Purpose) -> None:
        talk.own.ask(purpose)
        talk.reply_requested = True
        self._at.do(do.SpeakUp(words, purpose.value))
        self._at.due = max(self._at.due, self._at.now + BEGIN_SECONDS)

    def _said(self, talk: Conversation, how: str) -> None:
        own = talk.own
        own.stage = Stage.SILENT
        own.quiet_since = self._at.now
        if own.purpose is Purpose.ANNOUNCEMENT:
            log.info("an announcement was %s", how)
            self._announcements.said()

    def _unsaid(self, talk: Conversation, why: str) -> None:
        own = talk.own
        own.stage = Stage.SILENT
        own.unable = True
        later = "" if own.purpose is Purpose.GREETING else "; it is said after the conversation"
        log.warning("the service does not say the %s: %s%s", own.purpose.value, why, later)
