"""A child process that serves a socket of ours, and what every child of ours needs: to be restarted, to be ended."""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

from voiced import cancelling

log = logging.getLogger(__name__)

RESTART_SECONDS = (0.0, 1.0, 5.0, 30.0)
"""Waits before each restart; the last repeats. A child that lived `HEALTHY_SECONDS` begins anew."""
HEALTHY_SECONDS = 60.0
STOP_SECONDS = 1.0
"""A child that takes longer is killed: the speaker itself ends within 2 s."""


async def keep_alive(name: str, live: Callable[[], Awaitable[int]]) -> None:
    """Run a child's whole life, which gives its status, again and again until cancelled."""
    loop = asyncio.get_running_loop()
    failures = 0
    while True:
        begun = loop.time()
        try:
            status = await live()
        except OSError as error:
            cancelling.pass_on()
            log.warning("%s can't be started: %s", name, error)
            status = error.errno or -1
        failures = 1 if loop.time() - begun > HEALTHY_SECONDS else failures + 1
        wait = RESTART_SECONDS[min(failures, len(RESTART_SECONDS)) - 1]
        log.warning("%s ended (status %d); starting it again in %g s", name, status, wait)
        await asyncio.sleep(wait)


@contextlib.asynccontextmanager
async def ended_after(process: asyncio.subprocess.Process) -> AsyncIterator[None]:
    """The process does not outlive the context: it is asked to end, then made to."""
    try:
        yield
    finally:
        if process.returncode is None:
            process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(process.wait()), STOP_SECONDS)
        if process.returncode is None:
            process.kill()
            await process.wait()


class ServingChild:
    """Runs a command that serves an inherited loopback socket, and restarts it when it ends.

    The socket is ours and outlives the child: who connects while it starts waits in the backlog and is not refused.
    `{fd}` in the command stands for the inherited descriptor's number. The child's standard input ends when we end,
    however we end; it should end then too.
    """

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._name = name
        self._command = command
        self._environment = environment
        self._socket = socket.create_server(("127.0.0.1", 0))

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1."""
        return int(self._socket.getsockname()[1])

    async def run(self) -> None:
        """Keep the child alive until cancelled, then end it and the socket."""
        try:
            await self.serve()
        finally:
            self.close()

    async def serve(self) -> None:
        """Keep the child alive until cancelled, then end it; it may be served again."""
        await keep_alive(self._name, self._live)

    def close(self) -> None:
        """Serve no more."""
        self._socket.close()

    async def _live(self) -> int:
        fd = self._socket.fileno()
        process = await asyncio.create_subprocess_exec(
            *(part.replace("{fd}", str(fd)) for part in self._command),
            env={**os.environ, **self._environment},
            pass_fds=[fd],
            stdin=asyncio.subprocess.PIPE,
        )
        async with ended_after(process):
            return await process.wait()
