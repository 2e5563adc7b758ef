"""What somebody wants said aloud: each waits until nobody converses with the speaker."""

from collections import deque

from voiced.assistant import commands as do
from voiced.assistant.phases import Phase
from voiced.assistant.situation import Situation

SPARE_SECONDS = 10.0
"""How much longer than its sound an announcement may take."""
_SILENT = frozenset({Phase.MUTED, Phase.FAULTED})
"""Phases whose light comes first: announcements are heard in them, and nothing else changes."""


class Announcements:
    """Knows how many wait and how long they are; their sounds, in the same order, are the caller's."""

    def __init__(self, situation: Situation) -> None:
        self._at = situation
        self._waiting: deque[float] = deque()
        self._heard_in: Phase | None = None

    def made(self, seconds: float) -> None:
        """One more waits."""
        self._waiting.append(seconds)

    def finished(self) -> None:
        """The one that was said has been heard."""
        self._heard_in = None

    @property
    def due(self) -> bool:
        """Whether the next may be said now."""
        if self._heard_in is not self._at.phase:
            self._heard_in = None  # the phase has changed, which silences
        return bool(self._waiting) and self._heard_in is None and (self._at.phase in _SILENT | {Phase.IDLE})

    def say(self) -> None:
        """Say the next."""
        seconds = self._waiting.popleft()
        if self._at.phase is Phase.IDLE:
            self._at.enter(Phase.ALERTING, "announcement", seconds + SPARE_SECONDS)
        self._heard_in = self._at.phase
        self._at.do(do.Announce())

    def stop(self) -> bool:
        """Where one is being said, drop those that wait, too; whether one was."""
        if self._heard_in is None or self._heard_in is not self._at.phase:
            return False
        self._heard_in = None
        if self._waiting:
            self._waiting.clear()
            self._at.do(do.DropAnnouncements())
        return True
