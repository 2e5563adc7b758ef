"""The rules of ringing: timers, alarms and reminders that are due, until somebody stops them or time does.

Nobody rings into a conversation. One burst is sounded there, over a reply or between turns, the words are announced as
anything else is, and the ringing begins when the conversation is over, unless it was ended in it.
"""

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.announcements import Announcements
from voiced.assistant.commands import RingEnd
from voiced.assistant.conversation import Conversation
from voiced.assistant.own_words import Purpose, Stage
from voiced.assistant.phases import Phase
from voiced.assistant.situation import NO_DEADLINE, Situation

_SILENT = frozenset({Phase.MUTED, Phase.FAULTED})
"""Phases whose light comes first: it rings in them, and nothing else changes."""
_BETWEEN = frozenset({Phase.SPEAKING, Phase.FOLLOWING_UP})
"""Phases of a conversation in which a burst is heard without drowning the user."""


class Ringing:
    """Knows whether something is to ring, and how long; what that is, and its sound, are the caller's."""

    def __init__(self, situation: Situation, announcements: Announcements) -> None:
        self._at = situation
        self._announcements = announcements
        self._seconds = 0.0
        self._words = ""
        self._waiting = self._told = False
        self.until = NO_DEADLINE

    @property
    def sounds(self) -> bool:
        """Whether it rings now."""
        return self.until != NO_DEADLINE

    def due(self, event: on.RingDue) -> None:
        """Something is to ring; what rings already rings on with it."""
        self._seconds, self._words = event.seconds, event.words
        if self.sounds:
            self.until = self._at.now + event.seconds
            if self._at.phase is Phase.ALERTING:
                self._at.extend(event.seconds)
        else:
            self._waiting, self._told = True, False
            self._withdraw()

    def settled(self) -> None:
        """What was to ring was cancelled, put off or ended by a tool: the caller knows how."""
        self._waiting = False
        self._withdraw()
        if self.sounds:
            self._end(None)
            self._at.do(do.Flush())
            if self._at.phase is Phase.ALERTING:
                self._at.enter(Phase.IDLE, "ringing ended")

    def proceed(self, talk: Conversation | None) -> None:
        """Begin, or tell a conversation, where that may be now."""
        phase = self._at.phase
        if talk is None:
            self._announcements.withdraw()
        if self.sounds:
            if phase is Phase.IDLE:  # the microphone came back, or was switched on
                self._at.enter(Phase.ALERTING, "ringing", self.until - self._at.now)
        elif not self._waiting:
            return
        elif phase is Phase.IDLE or (phase in _SILENT and not self._announcements.sounds):
            self._waiting = False
            self.until = self._at.now + self._seconds
            if phase is Phase.IDLE:
                self._at.enter(Phase.ALERTING, "ringing", self._seconds)
            self._at.do(do.Ring())
        elif talk is not None and phase in _BETWEEN and not self._told and not talk.user_speaking:
            self._told = True
            self._at.do(do.RingOnce())
            if self._words:
                self._announcements.mention(self._words)

    def stop(self, *, snooze: bool = False) -> bool:
        """Somebody wants it to end; whether it rang."""
        if not self.sounds:
            return False
        self._end(RingEnd.SNOOZED if snooze else RingEnd.STOPPED)
        return True

    def expired(self) -> bool:
        """Whether it has rung as long as it may, and ends."""
        if self._at.now < self.until:
            return False
        self._end(RingEnd.UNHEARD)
        self._at.do(do.Flush())
        if self._at.phase is Phase.ALERTING:
            self._at.enter(Phase.IDLE, "nobody stopped the ringing")
        return True

    def _withdraw(self) -> None:
        """Say no more of it in the conversation, unless that has been begun."""
        talk = self._at.conversation
        asked = talk is not None and talk.own.stage is not Stage.SILENT and talk.own.purpose is Purpose.ANNOUNCEMENT
        self._announcements.withdraw(asked=asked)

    def _end(self, how: RingEnd | None) -> None:
        self.until = NO_DEADLINE
        self._at.do(do.EndRing(how))
