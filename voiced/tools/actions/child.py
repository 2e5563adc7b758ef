"""One run of a program: its output as far as a limit, its end, and the end of all that it started."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

GRACE_SECONDS = 1.0
"""Between asking a program to end and making it."""
LINGER_SECONDS = 0.2
"""How long what a program started may hold its output open after it has ended."""
ERROR_BYTES = 4096
_STDOUT, _STDERR = 1, 2

_log = logging.getLogger(__name__)


class FloodError(Exception):
    """It wrote more than its limit."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A program that ended by itself.

    Attributes:
        status: its exit status; below zero the signal that ended it.
        stdout: all it wrote there.
        stderr: the end of what it wrote there.
    """

    status: int
    stdout: bytes
    stderr: bytes


async def run(
    argv: Sequence[str], *, stdin: bytes | None, environment: Mapping[str, str], directory: str, limit: int
) -> Ended:
    """Run it in a process group of its own, of which nothing outlives the call, however that ends.

    Only what has become another user's (sudo) can't be ended: that is told in the journal, and not waited for. Raises
    `OSError` where it can't be started, `FloodError` where it writes more than `limit` bytes.
    """
    async with _started(argv, stdin, environment, directory, limit) as child:
        status = await child.ended
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                await asyncio.shield(child.closed)
        return Ended(status, bytes(child.stdout), bytes(child.stderr))


class _Child(asyncio.SubprocessProtocol):
    """Keeps what it writes. asyncio's own streams know no end of a process while another holds its output open."""

    def __init__(self, limit: int) -> None:
        loop = asyncio.get_running_loop()
        self._limit = limit
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.gone: asyncio.Future[int] = loop.create_future()
        self.ended: asyncio.Future[int] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self._open = {_STDOUT, _STDERR}
        self._transport: asyncio.SubprocessTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)  # noqa: S101 (what asyncio makes for this protocol)
        self._transport = transport

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == _STDERR:
            self.stderr += data
            del self.stderr[:-ERROR_BYTES]
        elif len(self.stdout) + len(data) <= self._limit:
            self.stdout += data
        elif not self.ended.done():
            self.ended.set_exception(FloodError())

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's)
        self._open.discard(fd)
        if not self._open and not self.closed.done():
            self.closed.set_result(None)

    def process_exited(self) -> None:
        status = self._transport.get_returncode()
        for future in (self.gone, self.ended):
            if not future.done():
                future.set_result(-1 if status is None else status)


@contextlib.asynccontextmanager
async def _started(
    argv: Sequence[str], stdin: bytes | None, environment: Mapping[str, str], directory: str, limit: int
) -> AsyncIterator[_Child]:
    transport, child = await asyncio.get_running_loop().subprocess_exec(
        lambda: _Child(limit),
        *argv,
        stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
        env=dict(environment),
        cwd=directory,
        start_new_session=True,
    )
    group = transport.get_pid()
    try:
        pipe = transport.get_pipe_transport(0)
        if stdin is not None and isinstance(pipe, asyncio.WriteTransport):
            pipe.write(stdin)  # what it never reads goes with the pipe
            pipe.close()
        yield child
    finally:
        try:
            if not child.gone.done():
                _signal(group, signal.SIGTERM)
                await _within_grace(child.gone)
        finally:
            _signal(group, signal.SIGKILL)
            if not await _within_grace(child.gone):
                _log.warning("the program %s can't be ended, process %d: does it run as another user?", argv[0], group)
            with contextlib.suppress(PermissionError):  # of its own attempt to end it, where ours was in vain
                transport.close()
            if child.ended.done() and not child.ended.cancelled():
                child.ended.exception()  # looked at, or asyncio complains that nobody did


async def _within_grace(gone: asyncio.Future[int]) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GRACE_SECONDS):
            await asyncio.shield(gone)
    return gone.done()


def _signal(group: int, number: signal.Signals) -> None:
    """To all that is left of a group, as far as it is ours; its number is not used again while anything is."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
