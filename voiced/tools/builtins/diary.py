"""Runs the schedule: waits for what is due, keeps the file, and tells the speaker what to ring."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from voiced.tools.builtins import keeping
from voiced.tools.builtins.clocks import Moment
from voiced.tools.builtins.entries import Appointment, Countdown, Entry, Kind, Missed

_log = logging.getLogger(__name__)

LOOK_SECONDS = 10.0
"""How often the clock on the wall is looked at, for somebody may have set it."""
_JUMP_SECONDS = 2.0
_LABEL_CHARACTERS = 200


class Diary:
    """The timers, alarms and reminders of this speaker, in a file.

    `ring` is called when one becomes due, with all that ring then; `quiet` when none does any more, because each was
    cancelled, stopped or put off by what was said; `missed` with those that rang unheard or could not ring.
    """

    def __init__(
        self,
        path: Path,
        clock: Callable[[], Moment],
        *,
        snooze_seconds: float,
        ring: Callable[[tuple[Entry, ...]], None],
        quiet: Callable[[], None],
        missed: Callable[[tuple[Missed, ...]], None],
    ) -> None:
        self._path = path
        self._clock = clock
        self._snooze_seconds = snooze_seconds
        self._ring = ring
        self._quiet = quiet
        self._missed = missed
        self._changed = asyncio.Event()
        self._writing = threading.Lock()
        self._unsaved = self._told = False
        self.schedule = keeping.load(path, clock())

    @property
    def now(self) -> Moment:
        """The present, by the clock of this diary."""
        return self._clock()

    async def run(self) -> None:
        """Tell what becomes due, until cancelled."""
        offset = self._offset()
        while True:
            self._changed.clear()
            self.look()
            if abs(self._offset() - offset) > _JUMP_SECONDS:
                _log.info("the clock was set by %+.0f s; alarms go by it, timers don't", self._offset() - offset)
                offset = self._offset()
                self._unsaved = True
            await self._save()
            wait = self.schedule.wait(self.now)
            if self._unsaved:  # the disk was full, or can't be written: it is tried again
                wait = LOOK_SECONDS if wait is None else wait
            try:
                async with asyncio.timeout(None if wait is None else min(wait, LOOK_SECONDS)):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def close(self) -> None:
        """Keep what is not in the file yet."""
        if self._unsaved:
            self._write(keeping.written(self.schedule, self.now))

    def look(self) -> None:
        """Tell what has become due."""
        news = self.schedule.collect(self.now)
        if not news.rings and not news.missed:
            return
        self._unsaved = True
        for entry in news.rings:
            _log.info("%s rings", described(entry))
        for missed in news.missed:
            _log.warning("a %s could not ring: the speaker was off, or its clock was wrong", missed.kind)
        if news.rings:
            self._ring(self.schedule.ringing)
        if news.missed:
            self._missed(news.missed)

    # -- what people say ------------------------------------------------------------------------------------------

    def add(self, kind: Kind, label: str, when: Countdown | Appointment) -> Entry:
        """Set one. Raises `FullError`."""
        entry = self.schedule.add(kind, label[:_LABEL_CHARACTERS].strip(), when)
        self._took(f"{described(entry)} is set, due in {when.due(self.now):.0f} s")
        return entry

    def cancel(self, entries: tuple[Entry, ...]) -> None:
        """Forget some; those that ring fall silent."""
        rang = bool(self.schedule.ringing)
        self.schedule.remove(entries)
        for entry in entries:
            self._took(f"{described(entry)} is cancelled")
        if rang and not self.schedule.ringing:
            self._quiet()

    def stop(self) -> tuple[Entry, ...]:
        """End what rings; what that was."""
        rang = self.settle("stopped by what was said")
        if rang:
            self._quiet()
        return rang

    def snooze(self, seconds: float | None = None) -> tuple[Entry, ...]:
        """Put off what rings, or rang just now; what that was, nothing where nothing did."""
        rang = bool(self.schedule.ringing)
        later = self.schedule.snooze(self.now, self._snooze_seconds if seconds is None else seconds)
        for entry in later:
            self._took(f"{described(entry)} is put off by {entry.when.due(self.now):.0f} s")
        if rang:
            self._quiet()
        return later

    def tell_missed(self, kind: Kind) -> tuple[Missed, ...]:
        """Those of a kind that were missed; they are not told again."""
        told = self.schedule.tell_missed(kind)
        if told:
            self._unsaved = True
            self._changed.set()
        return told

    # -- what the speaker does ------------------------------------------------------------------------------------

    def settle(self, how: str) -> tuple[Entry, ...]:
        """What rang was heard, and is over; the speaker is silent already."""
        rang = self.schedule.settle(self.now)
        for entry in rang:
            self._took(f"{described(entry)} has rung: {how}")
        return rang

    def give_up(self) -> None:
        """What rang was not heard by anybody; the speaker is silent already."""
        again, missed = self.schedule.give_up(self.now, self._snooze_seconds)
        for entry in again:
            self._took(f"{described(entry)} was stopped by nobody and rings again in {entry.when.due(self.now):.0f} s")
        for each in missed:
            self._took(f"{each.kind} was stopped by nobody")
        if missed:
            self._missed(missed)

    def _took(self, what: str) -> None:
        _log.info("%s", what)
        self._unsaved = True
        self._changed.set()

    async def _save(self) -> None:
        """In a thread: a memory card may take its time, and sound can't wait."""
        if self._unsaved:
            self._unsaved = False
            writing = asyncio.create_task(asyncio.to_thread(self._write, keeping.written(self.schedule, self.now)))
            try:
                await asyncio.shield(writing)
            except asyncio.CancelledError:
                await writing  # a thread can't be stopped, and what `close` writes must be the last
                raise

    def _write(self, content: Mapping[str, Any]) -> None:
        """Tells once where it can't be done, which is to be tried again."""
        try:
            with self._writing:
                keeping.save(self._path, content)
        except OSError as error:
            self._unsaved = True
            if not self._told:
                _log.warning(
                    "%s can't be written: %s; what is set will not outlive a restart", self._path, error.strerror
                )
            self._told = True
        else:
            self._told = False

    def _offset(self) -> float:
        now = self.now
        return now.wall - now.monotonic


def described(entry: Entry) -> str:
    """For the journal: without what people have named it, which is private."""
    return f"{entry.kind} {entry.number}"
