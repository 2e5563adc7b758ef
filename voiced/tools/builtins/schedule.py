"""All timers, alarms and reminders: which are due, ring, were missed. Pure: the present is given."""

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from voiced.tools.builtins.clocks import Moment
from voiced.tools.builtins.entries import Appointment, Countdown, Entry, Kind, Missed

_log = logging.getLogger(__name__)

ENTRIES = 50
"""As many may be set; nobody keeps more in mind."""
LATE_SECONDS = 300.0
"""What should have rung so long ago rings at once. What is later was missed: the speaker was off, or its clock was."""
TOLD_SECONDS = 12 * 3600.0
"""So long ago it may have been for people to want to know of it."""
SNOOZES = 2
"""How often an alarm that nobody stops is put off by itself."""
RECENT_SECONDS = 300.0
"""For so long after its end a ring can still be put off: the wake word ends it, and "snooze" comes after."""
_MISSED = 10


class FullError(Exception):
    """No more can be set; its text can be spoken."""


@dataclass(frozen=True, slots=True)
class News:
    """What has become due: to ring, and what was missed."""

    rings: tuple[Entry, ...] = ()
    missed: tuple[Missed, ...] = ()


class Schedule:
    """Keeps entries until they have rung to their end, so that one that rings at a power cut rings again after it."""

    def __init__(self, entries: Iterable[Entry] = (), missed: Iterable[Missed] = ()) -> None:
        self._entries = {entry.number: entry for entry in entries}
        self._missed = list(missed)[-_MISSED:]
        self._ringing: set[int] = set()
        self._rang: list[Entry] = []
        self._rang_until = 0.0

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All, in the order in which they were set."""
        return tuple(self._entries.values())

    @property
    def missed(self) -> tuple[Missed, ...]:
        """Those that nobody was told of on asking."""
        return tuple(self._missed)

    @property
    def ringing(self) -> tuple[Entry, ...]:
        """Those that ring, or are about to."""
        return tuple(entry for number, entry in self._entries.items() if number in self._ringing)

    def pending(self, kind: Kind, now: Moment) -> tuple[Entry, ...]:
        """Those of a kind that wait, the next first."""
        waiting = (e for e in self._entries.values() if e.kind is kind and e.number not in self._ringing)
        return tuple(sorted(waiting, key=lambda entry: entry.when.due(now)))

    def add(self, kind: Kind, label: str, when: Countdown | Appointment) -> Entry:
        """Set one. Raises `FullError`."""
        if len(self._entries) >= ENTRIES:
            raise FullError(f"There are {ENTRIES} already; cancel one first.")
        return self._put(kind, label, when)

    def remove(self, entries: Collection[Entry]) -> None:
        """Forget some, ringing or not."""
        for entry in entries:
            self._entries.pop(entry.number, None)
            self._ringing.discard(entry.number)

    def wait(self, now: Moment) -> float | None:
        """Seconds until something is due; None where nothing is set."""
        waits = [e.when.due(now) for number, e in self._entries.items() if number not in self._ringing]
        return max(0.0, min(waits)) if waits else None

    def collect(self, now: Moment) -> News:
        """What has become due since the last time."""
        rings, missed = [], []
        for entry in self.entries:
            due = entry.when.due(now)
            if entry.number in self._ringing or due > 0:
                continue
            if due >= -LATE_SECONDS:
                self._ringing.add(entry.number)
                rings.append(entry)
                continue
            self._over(entry, now)
            if due >= -TOLD_SECONDS:
                missed.append(Missed(entry.kind, entry.label, now.wall + due))
            else:
                _log.info("%s %d was due %.0f hours ago and is forgotten", entry.kind, entry.number, -due / 3600)
        self._miss(missed)
        return News(tuple(rings), tuple(missed))

    def settle(self, now: Moment) -> tuple[Entry, ...]:
        """Somebody has heard them: those that rang, which may be put off for some time still."""
        rang = self.ringing
        for entry in rang:
            self._over(entry, now)
        if rang:
            self._rang, self._rang_until = list(rang), now.monotonic + RECENT_SECONDS
        return rang

    def give_up(self, now: Moment, snooze_seconds: float) -> tuple[tuple[Entry, ...], tuple[Missed, ...]]:
        """Nobody has stopped them: the alarms that ring again later, and what was missed."""
        again, missed = [], []
        for entry in self.ringing:
            due = entry.when.due(now)
            self._over(entry, now)
            if entry.kind is Kind.ALARM and entry.snoozes < SNOOZES:
                again.append(self._put_off(entry, now, snooze_seconds, entry.snoozes + 1))
            else:
                missed.append(Missed(entry.kind, entry.label, now.wall + min(due, 0.0)))
        self._miss(missed)
        return tuple(again), tuple(missed)

    def snooze(self, now: Moment, seconds: float) -> tuple[Entry, ...]:
        """Put off what rings, or rang just now; nothing where nothing did."""
        rang = self.settle(now) or (self._rang if now.monotonic <= self._rang_until else ())
        self._rang = []
        return tuple(self._put_off(entry, now, seconds, 0) for entry in rang)

    def tell_missed(self, kind: Kind) -> tuple[Missed, ...]:
        """Those of a kind that were missed; they are not told again."""
        told = tuple(missed for missed in self._missed if missed.kind is kind)
        self._missed = [missed for missed in self._missed if missed.kind is not kind]
        return told

    def _put_off(self, entry: Entry, now: Moment, seconds: float, snoozes: int) -> Entry:
        return self._put(entry.kind, entry.label, Countdown(seconds, now.monotonic + seconds), snoozes)

    def _put(self, kind: Kind, label: str, when: Countdown | Appointment, snoozes: int = 0) -> Entry:
        entry = Entry(max(self._entries, default=0) + 1, kind, label, when, snoozes)
        self._entries[entry.number] = entry
        return entry

    def _over(self, entry: Entry, now: Moment) -> None:
        self._ringing.discard(entry.number)
        if isinstance(entry.when, Appointment) and entry.repeats:
            self._entries[entry.number] = replace(entry, when=replace(entry.when, handled=now.wall), snoozes=0)
        else:
            del self._entries[entry.number]

    def _miss(self, missed: Iterable[Missed]) -> None:
        self._missed = [*self._missed, *missed][-_MISSED:]
