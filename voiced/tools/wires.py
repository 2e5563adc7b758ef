"""What actions share: connections that outlive a call, and the way to secrets."""

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import aiohttp

from voiced.tools.secrecy import Resolve, noting

__all__ = ["Resolve", "Wires"]


class Wires:
    """Made without a network, open within its context."""

    def __init__(self, resolve: Resolve) -> None:
        self.resolve = noting(resolve)
        self._session: aiohttp.ClientSession | None = None
        self._open = AsyncExitStack()

    @property
    def session(self) -> aiohttp.ClientSession:
        """For HTTP; raises `RuntimeError` outside the context."""
        if self._session is None:
            raise RuntimeError("the wires are not open")
        return self._session

    async def __aenter__(self) -> Self:
        self._session = await self._open.enter_async_context(
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    # small devices drop idle connections, and a POST on a dropped one is lost
                    force_close=True,
                    # the system's resolver knows .local names, aiodns doesn't
                    resolver=aiohttp.ThreadedResolver(),
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),  # the timeout is the tool's
            )
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._session = None
        await self._open.aclose()
