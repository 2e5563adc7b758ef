"""The log of calls: who had which tool do what, and what became of it."""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from voiced.tools.calls import Call, Entry

WAITING = 1000
"""Calls that may wait for a slow disk; when full the newest are not written down, which is told once."""
RESULT_CHARACTERS = 1000
"""As much of a result as is kept."""
_PRUNE_EVERY = 100
"""Batches."""
_STOP_SECONDS = 1.0

_log = logging.getLogger(__name__)


class Ledger:
    """Writes calls down on a thread of its own, so that no disk ever holds up a frame of sound.

    It keeps the calls of the last `days`, and no more than `most`. `clock` is seconds since 1970.
    """

    def __init__(self, path: Path, days: float, most: int, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._calls: queue.Queue[Entry | None] = queue.Queue(WAITING)
        self._batches = 0
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
        from voiced.tools import ledger_file  # noqa: PLC0415 (SQLite is 1 MB that a speaker without a call can spare)

        try:
            try:
                ledger_file.insert(self._path, entries)
            except ledger_file.DamagedError as error:
                aside = self._path.with_suffix(".damaged")
                _log.warning("%s is damaged (%s) and kept as %s; a new one begins", self._path, error, aside.name)
                self._path.replace(aside)
                ledger_file.insert(self._path, entries)
            if self._batches % _PRUNE_EVERY == 0:
                ledger_file.prune(self._path, self._clock() - self._days * 86_400, self._most)
            self._batches += 1
        except (ledger_file.LedgerError, OSError) as error:
            if not self._broken:
                _log.warning("calls of tools can't be written down in %s: %s", self._path, error)
            self._broken = True
        else:
            if self._broken:
                _log.info("calls of tools are written down again in %s", self._path)
            self._broken = False
