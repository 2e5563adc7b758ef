"""A child process that is fed a stream and answers in lines."""

import asyncio
import logging
import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from voiced.host.child import ended_after, keep_alive

log = logging.getLogger(__name__)

PIPE_BYTES = 16_384
"""Bytes that may wait in the pipe's own buffer; more wait in our queue, where they can be dropped."""


class StreamedChild:
    """Runs a command from the first time it is wanted, feeds its standard input and takes its answers.

    `answered` gets each line of its standard output. It is restarted when it ends; what it was being fed is lost. Its
    standard input ends when we end, however we end; it should end then too.

    Args:
        waiting: how many pieces may wait. When full the oldest is dropped, counted, and said once.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        answered: Callable[[str], None],
        waiting: int,
    ) -> None:
        self._name = name
        self._command = command
        self._environment = environment
        self._answered = answered
        self._pieces: deque[bytes] = deque(maxlen=waiting)
        self._fed = asyncio.Event()
        self._wanted = asyncio.Event()
        self.dropped = 0

    def want(self) -> None:
        """Start the child, if it does not run yet: it will be fed soon."""
        self._wanted.set()

    def feed(self, piece: bytes) -> None:
        """Queue a piece for the child; never blocks."""
        self.want()
        if len(self._pieces) == self._pieces.maxlen:
            if not self.dropped:
                log.warning("%s falls behind: the machine is too busy, sound is skipped", self._name)
            self.dropped += 1
        self._pieces.append(piece)
        self._fed.set()

    async def run(self) -> None:
        """Wait until it is wanted, then keep it alive until cancelled."""
        await self._wanted.wait()
        await keep_alive(self._name, self._live)

    async def _live(self) -> int:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            env={**os.environ, **self._environment},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        if process.stdin is None or process.stdout is None:  # never, with both piped
            raise OSError("no pipes")
        process.stdin.transport.set_write_buffer_limits(PIPE_BYTES)
        async with ended_after(process):
            feeding = asyncio.create_task(self._pass_on(process.stdin))
            try:
                while line := await process.stdout.readline():
                    self._answered(line.decode(errors="replace").rstrip("\n"))
            finally:
                feeding.cancel()
                await asyncio.gather(feeding, return_exceptions=True)  # a broken pipe is the end that is waited for
            return await process.wait()

    async def _pass_on(self, pipe: asyncio.StreamWriter) -> None:
        while True:
            await self._fed.wait()
            self._fed.clear()
            while self._pieces:
                pipe.write(self._pieces.popleft())
                await pipe.drain()
