"""The log of calls: who had which tool do what, and what became of it. SQLite in one file."""

import asyncio
import logging
import os
import queue
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from voiced.tools.calls import Call

WAITING = 1000
"""Calls that may wait for a slow disk; when full the newest are not written down, which is told once."""
RESULT_CHARACTERS = 1000
"""As much of a result as is kept."""
_PRUNE_EVERY = 100
_VERSION = 1
_STOP_SECONDS = 1.0
_SCHEMA = """
create table if not exists calls (
    id integer primary key, at real not null, persona text not null, via text not null, tool text not null,
    arguments text not null, ok integer not null, result text not null, seconds real not null
)"""

_log = logging.getLogger(__name__)


class LedgerError(Exception):
    """The log can't be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One call as it was written down; `result` is JSON text, or the sentence that was said of a failure."""

    at: float
    persona: str
    via: str
    tool: str
    arguments: str
    ok: bool
    result: str
    seconds: float


class Ledger:
    """Writes calls down on a thread of its own, so that no disk ever holds up a frame of sound.

    It keeps the calls of the last `days`, and no more than `most`. `clock` is seconds since 1970.
    """

    def __init__(self, path: Path, days: float, most: int, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._calls: queue.Queue[Entry | None] = queue.Queue(WAITING)
        self._written = 0
        self._overflowed = self._broken = False
        self.keep(days, most)

    def keep(self, days: float, most: int) -> None:
        """Keep as many from now on; 0 days write nothing down."""
        self._days, self._most = days, most

    def record(self, call: Call) -> None:
        """Have a call written down soon; returns at once."""
        if not self._days:
            return
        done = call.outcome
        result = (done.output if done.error is None else done.error)[:RESULT_CHARACTERS]
        entry = Entry(
            call.at, call.caller.persona, call.caller.via, call.tool, call.arguments, done.ok, result, done.seconds
        )
        try:
            self._calls.put_nowait(entry)
        except queue.Full:
            if not self._overflowed:
                _log.warning("the log of calls can't keep up with %s; some calls are missing in it", self._path)
            self._overflowed = True
        else:
            self._overflowed = False

    async def run(self) -> None:
        """Write until cancelled; what waits then is still written, for a second at most."""
        async with self.writing():
            await asyncio.get_running_loop().create_future()  # until cancelled

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Write within the block; what waits at its end is still written, for a second at most."""
        writer = threading.Thread(target=self.write, name="tool ledger", daemon=True)
        writer.start()
        try:
            yield
        finally:
            self.close()
            writer.join(_STOP_SECONDS)

    def close(self) -> None:
        """Let `write` return once what waits is written."""
        while True:
            try:
                self._calls.put_nowait(None)
            except queue.Full:
                self._calls.get_nowait()
            else:
                return

    def write(self) -> None:
        """Write what is recorded until `close`; for a thread."""
        ends = False
        while not ends:
            batch = [self._calls.get()]
            while not self._calls.empty():
                batch.append(self._calls.get())
            ends = None in batch
            entries = [entry for entry in batch if entry is not None]
            if entries:
                self._keep(entries)

    def _keep(self, entries: Sequence[Entry]) -> None:
        try:
            try:
                self._insert(entries)
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):  # the disk, not the file
                    raise
                aside = self._path.with_suffix(".damaged")
                _log.warning("%s is damaged (%s) and kept as %s; a new one begins", self._path, error, aside.name)
                self._path.replace(aside)
                self._insert(entries)
        except (sqlite3.Error, OSError) as error:
            if not self._broken:
                _log.warning("calls of tools can't be written down in %s: %s", self._path, error)
            self._broken = True
        else:
            if self._broken:
                _log.info("calls of tools are written down again in %s", self._path)
            self._broken = False

    def _insert(self, entries: Sequence[Entry]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        _begin(self._path)
        with closing(sqlite3.connect(self._path)) as database, database:
            database.execute(_SCHEMA)
            database.execute(f"pragma user_version = {_VERSION}")
            database.executemany(
                "insert into calls (at, persona, via, tool, arguments, ok, result, seconds)"
                " values (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        *(each.at, _storable(each.persona), each.via, _storable(each.tool), _storable(each.arguments)),
                        *(each.ok, _storable(each.result), each.seconds),
                    )
                    for each in entries
                ],
            )
            if self._written % _PRUNE_EVERY == 0:
                self._prune(database)
            self._written += 1

    def _prune(self, database: sqlite3.Connection) -> None:
        database.execute("delete from calls where at < ?", (self._clock() - self._days * 86_400,))
        database.execute(
            "delete from calls where id <= (select id from calls order by id desc limit 1 offset ?)", (self._most,)
        )


def _begin(path: Path) -> None:
    """Make the file where there is none, its folder's owner's: root's own would be closed to the speaker."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
    except FileExistsError:
        return
    try:
        if os.geteuid() == 0:
            folder = path.parent.stat()
            os.fchown(descriptor, folder.st_uid, folder.st_gid)
    finally:
        os.close(descriptor)


def _storable(text: str) -> str:
    """Halves of a character, which JSON can hold and UTF-8 can't, as question marks."""
    return text.encode(errors="replace").decode()


def entries(path: Path, most: int) -> list[Entry]:
    """The latest calls, oldest first; none where there is no log. Raises `LedgerError`, PermissionError."""
    if not path.exists():
        return []
    if not os.access(path, os.R_OK):
        raise PermissionError(path)
    if not path.stat().st_size:  # made on a disk that had no room for more
        return []
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            rows = database.execute(
                "select at, persona, via, tool, arguments, ok, result, seconds from calls order by id desc limit ?",
                (most,),
            ).fetchall()
    except sqlite3.Error as error:
        raise LedgerError(f"{path}: {error}") from error
    return [
        Entry(at, persona, via, tool, arguments, bool(ok), result, seconds)
        for at, persona, via, tool, arguments, ok, result, seconds in reversed(rows)
    ]
