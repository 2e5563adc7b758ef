"""One MCP server: connected to for as long as the speaker runs, asked for its tools, called.

The protocol's official package is imported when there is a server: it takes a third of a second, on a thread.
"""

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import JsonValue

from voiced import cancelling
from voiced.house import NotInTheHouseError, addresses_in_the_house
from voiced.settings import SecretReference
from voiced.tools.actions.action import ActionError, Answer
from voiced.tools.mcp.settings import LocalMcpServerSettings
from voiced.tools.secrecy import Kept, Resolve, note
from voiced.tools.templates import Values

if TYPE_CHECKING:
    from mcp import ClientSession
    from mcp.types import CallToolResult, Tool

CONNECT_SECONDS = 30.0
"""For a program's start and its first answer; some are fetched from a registry first."""
PING_SECONDS = 15.0
"""Between looks whether an idle server still answers."""
ANSWER_SECONDS = 10.0
"""For an answer to what is no tool."""
BACKOFF_SECONDS = (1.0, 5.0, 30.0, 60.0)
"""Waits before each further try; the last repeats. A connection that lasted `STEADY_SECONDS` begins anew."""
STEADY_SECONDS = 60.0
MOST_PAGES = 16
RESULT_CHARACTERS = 65_536
_SHOWN_CHARACTERS = 300

_log = logging.getLogger(__name__)


class NotThereError(Exception):
    """The server can't be reached or has gone; its text says why, for the log."""


class Server:
    """Runs and calls one server. `found` is given its tools whenever they have changed."""

    def __init__(
        self,
        settings: LocalMcpServerSettings,
        resolve: Resolve,
        found: Callable[[Sequence["Tool"]], None],
        *,
        ping_seconds: float = PING_SECONDS,
        backoff_seconds: Sequence[float] = BACKOFF_SECONDS,
    ) -> None:
        self._settings = settings
        self._resolve = resolve
        self._found = found
        self._ping_seconds = ping_seconds
        self._backoff_seconds = backoff_seconds
        self._session: ClientSession | None = None
        self._secrets: set[str] = set()
        self._kept = Kept()
        self._calls: set[asyncio.Timeout] = set()
        self._stirred = asyncio.Event()
        self._changed = False
        self.tried = asyncio.Event()
        """Set once the first try to reach it has ended, whether it was reached or not."""

    @property
    def label(self) -> str:
        """What it is called."""
        return self._settings.label

    async def run(self) -> None:
        """Stay connected until cancelled."""
        loop = asyncio.get_running_loop()
        failures, told = 0, False
        while True:
            begun = loop.time()
            try:
                await self._live()
                reason = "it ended"
            except NotThereError as error:
                reason = str(error)
            except Exception as error:  # noqa: BLE001 (whatever the package and a foreign program come to is told here)
                cancelling.pass_on()
                reason = _cause(error)
            finally:
                self._session = None
                self.tried.set()
                for limit in self._calls:
                    limit.reschedule(loop.time())  # the package leaves them waiting
            if loop.time() - begun >= STEADY_SECONDS:
                failures, told = 0, False
            wait = self._backoff_seconds[min(failures, len(self._backoff_seconds) - 1)]
            failures += 1
            if not told:
                reason = self._kept.masked(reason)  # a library may quote a secret
                _log.warning("the MCP server %s is not there: %s; trying again in %g s", self.label, reason, wait)
                told = True
            await asyncio.sleep(wait)

    async def call(self, tool: str, arguments: Values) -> Answer:
        """Call a tool; raises `ActionError`."""
        session = self._session
        if session is None:
            raise ActionError(f"The server {self.label} is not running.")
        note(self._secrets)
        try:
            async with asyncio.timeout(None) as limit:
                self._calls.add(limit)
                result = await session.call_tool(tool, dict(arguments))
        except TimeoutError as error:
            raise ActionError(f"The server {self.label} ended before it answered.") from error
        except asyncio.CancelledError:
            self._stirred.set()  # it may hang, or be gone
            raise
        except Exception as error:
            # the package's own errors, its streams' and those of a server that breaks the protocol
            self._stirred.set()
            raise ActionError(f"The server {self.label} did not do it.", _cause(error)) from error
        finally:
            self._calls.discard(limit)
        text = _result(result)
        if result.isError:
            said = text if isinstance(text, str) else json.dumps(text)
            said = self._kept.masked(said)[:_SHOWN_CHARACTERS]
            raise ActionError(f"The server {self.label} says: {said or 'it failed'}")
        return Answer(text)

    async def _live(self) -> None:
        """One connection, from its beginning to its end."""
        await asyncio.to_thread(import_module, "mcp.client.streamable_http")
        from mcp import ClientSession  # noqa: PLC0415 (see above)

        logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells of each request
        logging.getLogger("mcp").setLevel(logging.CRITICAL)  # it tells of each failure over many lines, and we of each

        async with (
            self._streams() as (incoming, outgoing),
            ClientSession(incoming, outgoing, message_handler=self._hear) as session,
        ):
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    await session.initialize()
                    self._found(await self._list(session))
            except TimeoutError:
                raise NotThereError(f"it did not answer within {CONNECT_SECONDS:g} s") from None
            _log.info("the MCP server %s is there", self.label)
            self._session = session
            self.tried.set()
            while True:
                self._stirred.clear()
                await self._look(session)
                try:
                    async with asyncio.timeout(self._ping_seconds):
                        await self._stirred.wait()
                except TimeoutError:
                    continue

    async def _look(self, session: "ClientSession") -> None:
        """Whether it still answers, and with which tools."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                if self._changed:
                    self._changed = False
                    self._found(await self._list(session))
                else:
                    await session.send_ping()
        except TimeoutError:
            raise NotThereError(f"it did not answer within {ANSWER_SECONDS:g} s") from None

    @staticmethod
    async def _list(session: "ClientSession") -> list["Tool"]:
        from mcp.types import PaginatedRequestParams  # noqa: PLC0415 (imported already)

        tools: list[Tool] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = await session.list_tools(params=PaginatedRequestParams(cursor=cursor))
            tools += page.tools
            cursor = page.nextCursor
            if cursor is None:
                break
        return tools

    async def _hear(self, message: Any) -> None:  # noqa: ANN401 (a union of the package's that has changed its name)
        from mcp.types import ServerNotification, ToolListChangedNotification  # noqa: PLC0415 (imported already)

        if isinstance(message, ServerNotification) and isinstance(message.root, ToolListChangedNotification):
            self._changed = True
            self._stirred.set()

    @asynccontextmanager
    async def _streams(self) -> AsyncIterator[tuple[Any, Any]]:
        settings = self._settings
        if settings.command is not None:
            from mcp.client.stdio import StdioServerParameters, stdio_client  # noqa: PLC0415 (see above)

            program, *arguments = settings.command
            parameters = StdioServerParameters(
                command=program,
                args=arguments,
                env=self._resolved(settings.environment) or None,
                cwd=settings.directory,
            )
            async with stdio_client(parameters, errlog=sys.__stderr__ or sys.stderr) as streams:
                yield streams
            return
        import httpx  # noqa: PLC0415 (see above)
        from mcp.client.streamable_http import streamable_http_client  # noqa: PLC0415 (see above)

        from voiced.pinning import PinnedTransport  # noqa: PLC0415 (see above)

        url = settings.url or ""
        pinned = PinnedTransport(httpx.URL(url).host, await permit(url))
        waits = httpx.Timeout(CONNECT_SECONDS, read=settings.timeout_seconds + ANSWER_SECONDS)
        async with (
            httpx.AsyncClient(
                headers=self._resolved(settings.headers), timeout=waits, trust_env=False, transport=pinned
            ) as http,
            streamable_http_client(url, http_client=http) as (incoming, outgoing, _),
        ):
            yield incoming, outgoing

    def _resolved(self, given: dict[str, str | SecretReference]) -> dict[str, str]:
        references = {name: value for name, value in given.items() if isinstance(value, SecretReference)}
        secrets = {name: self._resolve(reference) for name, reference in references.items()}
        for secret in set(secrets.values()) - self._secrets:
            self._kept.note(secret)
            self._secrets.add(secret)
        return {name: value for name, value in given.items() if isinstance(value, str)} | secrets


async def permit(url: str) -> list[str]:
    """The addresses that its name stands for now; raises `NotThereError` unless all are on this device or in the house.

    Only these may be connected to: by the next look its name may stand for others.
    """
    try:
        return await addresses_in_the_house(url)
    except OSError as error:
        raise NotThereError(f"{urlsplit(url).hostname} can't be found: {error}") from error
    except NotInTheHouseError as error:
        raise NotThereError(f"{error}; such a server belongs into `voice_live: {{mcp_servers: …}}`") from error


def _result(result: "CallToolResult") -> JsonValue:
    texts = [part.text for part in result.content if part.type == "text"]
    if texts:
        return "\n".join(texts)[:RESULT_CHARACTERS]
    if result.structuredContent is not None:
        structured: JsonValue = result.structuredContent
        return structured
    return f"{len(result.content)} things that are no text" if result.content else None


def _cause(error: BaseException) -> str:
    """What went wrong first, where several things did."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__
