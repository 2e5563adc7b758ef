"""The process that answers in the service's place: there while it is needed, and not much longer."""

import asyncio
import logging
from collections.abc import Callable

from voiced.host.child import ServingChild

log = logging.getLogger(__name__)

LINGER_SECONDS = 300.0
"""How long after it was wanted last the process stays: a network that comes and goes finds it ready."""


class StandingBy:
    """Starts the `child` when it is wanted, and ends it `linger_seconds` after that unless it is `needed` still.

    Until then it costs a socket; who connects to that while the child starts waits, and is not refused.
    """

    def __init__(self, child: ServingChild, needed: Callable[[], bool], linger_seconds: float = LINGER_SECONDS) -> None:
        self._child = child
        self._linger_seconds = linger_seconds
        self._needed = needed
        self._wanted = asyncio.Event()

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._child.port}"

    def want(self) -> None:
        """Somebody is about to connect."""
        self._wanted.set()

    async def run(self) -> None:
        """Until cancelled, which gives the socket up, too."""
        try:
            while True:
                await self._wanted.wait()
                async with asyncio.TaskGroup() as tasks:
                    serving = tasks.create_task(self._child.serve(), name="cascade's process")
                    await self._until_not_needed()
                    serving.cancel()
                log.info("the service answers again: the cascade's process is ended")
        except asyncio.CancelledError:
            self._child.close()
            raise

    async def _until_not_needed(self) -> None:
        while self._wanted.is_set() or self._needed():
            self._wanted.clear()
            try:
                async with asyncio.timeout(self._linger_seconds):
                    await self._wanted.wait()
            except TimeoutError:
                continue
