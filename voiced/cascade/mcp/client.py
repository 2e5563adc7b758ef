"""Asks MCP servers in the house for their tools, and calls them, with the protocol's official package."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from voiced.cascade.mcp.origins import origin_of
from voiced.cascade.mcp.servers import RemoteServer
from voiced.cascade.protocol import Frame
from voiced.house import NotInTheHouseError, addresses_in_the_house

if TYPE_CHECKING:
    from mcp import ClientSession
    from mcp.types import CallToolResult

_LIST_SECONDS = 10.0
_CALL_SECONDS = 60.0
_LARGEST_OUTPUT = 65_536
"""Characters of a tool's output; the rest is cut off."""
_MOST_PAGES = 16
_MOST_AT_ONCE = 16
"""Requests under way, of all sessions; others wait, within their time."""

log = logging.getLogger(__name__)


class RemoteToolError(RuntimeError):
    """A server that could not be asked, or a tool that failed; the message is for the client's developer."""


class RemoteToolsClient:
    """Reaches the servers whose origins the owner has named, as long as they are on this machine or in the house.

    Every request is a session of its own, so that a server may come and go. A name is looked up once for each, and
    nothing is connected to but what it stood for then.

    Args:
        origins: as "http://127.0.0.1:8000".
        addresses: looks up the name in a URL.
    """

    def __init__(
        self, origins: Iterable[str], addresses: Callable[[str], Awaitable[list[str]]] = addresses_in_the_house
    ) -> None:
        self._origins = frozenset(map(origin_of, origins))
        self._addresses = addresses
        self._place = asyncio.Semaphore(_MOST_AT_ONCE)

    async def list_tools(self, server: RemoteServer) -> list[Frame]:
        """A server's tools as the protocol shows them; `RemoteToolError`."""
        async with self._session(server, _LIST_SECONDS) as session:
            tools: list[Frame] = []
            cursor: str | None = None
            for _ in range(_MOST_PAGES):
                page = await session.list_tools(cursor)
                for tool in page.tools:
                    shown = {"name": tool.name, "description": tool.description, "input_schema": tool.inputSchema}
                    if tool.annotations is not None:
                        shown["annotations"] = tool.annotations.model_dump(exclude_none=True)
                    tools.append(shown)
                cursor = page.nextCursor
                if cursor is None:
                    break
        return tools

    async def call(self, server: RemoteServer, name: str, arguments: Mapping[str, Any]) -> str:
        """A tool's output as text; `RemoteToolError` where it failed."""
        async with self._session(server, _CALL_SECONDS) as session:
            result = await session.call_tool(name, dict(arguments))
        output = _text(result)[:_LARGEST_OUTPUT]
        if result.isError:
            raise RemoteToolError(output or "the tool failed and does not say why")
        return output

    @asynccontextmanager
    async def _session(self, server: RemoteServer, seconds: float) -> "AsyncIterator[ClientSession]":
        self._permit(server)
        # a third of a second to import, only for who uses it, and first on a thread: other sessions go on
        await asyncio.to_thread(import_module, "mcp.client.streamable_http")
        import httpx  # noqa: PLC0415 (see above)
        from mcp import ClientSession, McpError  # noqa: PLC0415 (see above)
        from mcp.client.streamable_http import streamable_http_client  # noqa: PLC0415 (see above)

        from voiced.pinning import PinnedTransport  # noqa: PLC0415 (see above)

        try:
            async with (
                asyncio.timeout(seconds),
                self._place,
                httpx.AsyncClient(
                    headers=dict(server.headers),
                    timeout=seconds,
                    trust_env=False,
                    transport=PinnedTransport(httpx.URL(server.url).host, await self._addresses(server.url)),
                ) as http,
                streamable_http_client(server.url, http_client=http) as (incoming, outgoing, _),
                ClientSession(incoming, outgoing) as session,
            ):
                await session.initialize()
                yield session
        except TimeoutError as error:
            raise RemoteToolError(f"{server.label} did not answer within {seconds:.0f} s") from error
        except (McpError, NotInTheHouseError, httpx.HTTPError, OSError, ValueError, ExceptionGroup) as error:
            raise RemoteToolError(f"{server.label}: {_cause(error)}") from error

    def _permit(self, server: RemoteServer) -> None:
        origin = origin_of(server.url)
        if origin not in self._origins:
            raise RemoteToolError(
                f"the owner of this service allows no MCP server at {origin}; it belongs into its `mcp_origins`"
            )


def _text(result: "CallToolResult") -> str:
    texts = [part.text for part in result.content if part.type == "text"]
    if not texts and result.structuredContent is not None:
        return json.dumps(result.structuredContent)
    return "\n".join(texts)


def _cause(error: BaseException) -> str:
    """What went wrong first, where several things did."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__
