"""The file that the log of calls is kept in: SQLite."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from voiced.tools.calls import Entry

_VERSION = 1
_SCHEMA = """
create table if not exists calls (
    id integer primary key, at real not null, persona text not null, via text not null, tool text not null,
    arguments text not null, ok integer not null, result text not null, seconds real not null
)"""


class LedgerError(Exception):
    """The log can't be read or written; the message says why."""


class DamagedError(LedgerError):
    """The file holds no log: it is something else, or broken."""


def insert(path: Path, entries: Sequence[Entry]) -> None:
    """Write calls down, in a file that is made where there is none. Raises `LedgerError`, OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _begin(path)
    with _opened(path) as database:
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


def prune(path: Path, since: float, most: int) -> None:
    """Forget what was before `since`, seconds since 1970, and all but the latest `most`. Raises `LedgerError`."""
    with _opened(path) as database:
        database.execute("delete from calls where at < ?", (since,))
        database.execute(
            "delete from calls where id <= (select id from calls order by id desc limit 1 offset ?)", (most,)
        )


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


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Within the block a transaction."""
    try:
        with closing(sqlite3.connect(path)) as database, database:
            yield database
    except sqlite3.OperationalError as error:  # the disk, not the file
        raise LedgerError(str(error)) from error
    except sqlite3.DatabaseError as error:
        raise DamagedError(str(error)) from error


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
