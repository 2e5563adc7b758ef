"""What somebody wants said aloud, in its order: in an open conversation, or once nobody converses with the speaker."""

import logging
from collections import deque
from dataclasses import dataclass

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.commands import Notice
from voiced.assistant.endings import ALERTING_SECONDS
from voiced.assistant.events import FailureReason
from voiced.assistant.phases import Phase
from voiced.assistant.sentences import SENTENCES
from voiced.assistant.situation import Situation

log = logging.getLogger(__name__)

SPARE_SECONDS = 10.0
"""How much longer than its sound an announcement may take."""
NOTICE_SECONDS = 3.0
"""Who hears less of a notice does not know what is wrong: it is said again."""
_SILENT = frozenset({Phase.MUTED, Phase.FAULTED})
"""Phases whose light comes first: announcements are heard in them, and nothing else changes."""
_NO_NETWORK = frozenset({FailureReason.UNREACHABLE, FailureReason.TIMED_OUT, FailureReason.LOST, FailureReason.EXPIRED})
"""Reasons that come to the same for the user, unless the owner has to mend something."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """One that waits.

    Attributes:
        seconds: how long its sound lasts.
        text: its words; empty where a session can't say it.
        notice: which prepared sentence it is; None where the caller has its sound.
        detail: what the journal is told of a notice.
        passing: it is for an open conversation only, and has no sound.
    """

    seconds: float
    text: str
    notice: Notice | None = None
    detail: str = ""
    passing: bool = False

    @property
    def has_sound(self) -> bool:
        """Whether the caller keeps a sound for it."""
        return self.notice is None and not self.passing


class Announcements:
    """Knows those that wait; the sounds of all but notices, in the same order, are the caller's."""

    def __init__(self, situation: Situation) -> None:
        self._at = situation
        self._waiting: deque[_Waiting] = deque()
        self._heard_in: Phase | None = None
        self._saying: _Waiting | None = None
        self._since = 0.0

    def add(self, event: on.AnnouncementMade | on.FallbackBegan) -> None:
        """One more waits; of a fallback the owner has to know who answers, and why."""
        if isinstance(event, on.AnnouncementMade):
            self._waiting.append(_Waiting(event.seconds, event.text))
        elif event.reason in _NO_NETWORK and not event.owners:
            self._note(Notice.OFFLINE, event.detail)
        else:
            self._note(Notice(event.reason.value), event.detail)
            self._note(Notice.STANDING_IN, event.detail)

    def mention(self, text: str) -> None:
        """One more waits, for an open conversation only."""
        self._waiting.append(_Waiting(0.0, text, passing=True))

    def withdraw(self, *, asked: bool = False) -> None:
        """Forget what was for an open conversation only; `asked`: but the next, which the session is to say already."""
        self._waiting = deque(
            waiting for place, waiting in enumerate(self._waiting) if not waiting.passing or (asked and place == 0)
        )

    @property
    def sounds(self) -> bool:
        """Whether one is being said in the device's own voice."""
        return self._heard_in is not None and self._heard_in is self._at.phase

    def finished(self) -> None:
        """The one that was said has been heard."""
        self._heard_in = None

    @property
    def due(self) -> bool:
        """Whether the next may be said now, in the device's own voice."""
        if self._heard_in is not None and self._heard_in is not self._at.phase:
            self._heard_in = None  # the phase has changed, which silences
            self._cut_short()
        return bool(self._waiting) and self._heard_in is None and (self._at.phase in _SILENT | {Phase.IDLE})

    @property
    def words(self) -> str:
        """What a session could say of the next; empty where it could not, or none waits."""
        return self._waiting[0].text if self._waiting else ""

    def say(self) -> None:
        """Say the next in the device's own voice."""
        self._saying = said = self._waiting.popleft()
        self._since = self._at.now
        notice = said.notice
        if self._at.phase is Phase.IDLE:
            reason = "announcement" if notice is None else notice.value.replace("_", " ")
            self._at.enter(Phase.ALERTING, reason, said.seconds + SPARE_SECONDS)
        self._heard_in = self._at.phase
        self._at.do(do.Announce() if notice is None else do.SayNotice(notice, said.detail))

    def said(self) -> None:
        """A session has said the next."""
        if self._waiting.popleft().has_sound:
            self._at.do(do.DropAnnouncements(1))

    def stop(self) -> bool:
        """Where one is being said, drop those that wait, too; whether one was."""
        if not self.sounds:
            return False
        self._heard_in = None
        self.drop()
        return True

    def drop(self) -> None:
        """Forget all that wait."""
        if self._waiting:
            log.info("announcements dropped, because the owner asked for silence: %d", len(self._waiting))
            self._at.do(do.DropAnnouncements(sum(waiting.has_sound for waiting in self._waiting)))
            self._waiting.clear()

    def _cut_short(self) -> None:
        said = self._saying
        if said is not None and said.notice is not None and self._at.now - self._since < NOTICE_SECONDS:
            self._waiting.appendleft(said)
            log.info("a notice was cut short; it is said again")
        else:
            log.info("an announcement was cut short")

    def _note(self, notice: Notice, detail: str) -> None:
        if any(waiting.notice is notice for waiting in self._waiting):
            return
        # a code to sign in with is spelled by the device, which knows it
        text = "" if notice is Notice.SIGN_IN else SENTENCES[notice]
        self._waiting.append(_Waiting(ALERTING_SECONDS - SPARE_SECONDS, text, notice, detail))
