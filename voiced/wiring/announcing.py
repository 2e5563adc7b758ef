"""What somebody wants said aloud: its sound in the device's own voice, and its words for a session's."""

import logging
from collections import deque
from collections.abc import Awaitable, Callable

from voiced.assistant.events import AnnouncementMade, Event
from voiced.audio.frames import PLAYBACK_RATE, SAMPLE_BYTES

log = logging.getLogger(__name__)

WAITING = 8
"""Announcements that may wait to be said. When there are as many, another is refused."""


class AnnouncementError(Exception):
    """It can't be said; the message says why."""


class Announcing:
    """Holds the sounds of announcements in order; `dispatch` is told of each. `synthesise` speaks: PCM16, 24 kHz."""

    def __init__(self, synthesise: Callable[[str], Awaitable[bytes]], dispatch: Callable[[Event], None]) -> None:
        self._synthesise = synthesise
        self._dispatch = dispatch
        self._sounds: deque[bytes] = deque()
        self._making = 0

    async def say(self, text: str) -> None:
        """Have a text spoken: in an open conversation when nobody speaks, else as soon as nobody converses.

        Raises `AnnouncementError`.
        """
        self._admit()
        self._making += 1
        try:
            sound = await self._synthesise(text)
        except (OSError, RuntimeError) as error:
            raise AnnouncementError(f"the text can't be spoken: {error}") from error
        finally:
            self._making -= 1
        if not sound:
            raise AnnouncementError("there is nothing in the text that could be spoken")
        self._add(sound, text)

    def play(self, sound: bytes) -> None:
        """Have a sound heard as soon as nobody converses. Raises `AnnouncementError`."""
        self._admit()
        self._add(sound)

    def _add(self, sound: bytes, text: str = "") -> None:
        self._sounds.append(sound)
        self._dispatch(AnnouncementMade(seconds_of(sound), text))

    def next(self) -> bytes:
        """The sound that waits longest; empty where none does."""
        return self._sounds.popleft() if self._sounds else b""

    def drop(self, count: int) -> None:
        """Forget so many, those that wait longest."""
        for _ in range(min(count, len(self._sounds))):
            self._sounds.popleft()

    def close(self) -> None:
        """The speaker ends: tell of those that nobody will hear."""
        if self._sounds:
            log.warning("announcements that were not said, because the speaker ends: %d", len(self._sounds))
        self._sounds.clear()

    def _admit(self) -> None:
        if len(self._sounds) + self._making >= WAITING:
            raise AnnouncementError(f"{WAITING} announcements wait already; try again when they have been said")


def seconds_of(sound: bytes) -> float:
    """How long it lasts."""
    return len(sound) / SAMPLE_BYTES / PLAYBACK_RATE
