"""All local MCP servers, and their tools in the registry."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from voiced.tools.actions.action import Action, Answer
from voiced.tools.mcp.naming import name_for
from voiced.tools.mcp.server import CONNECT_SECONDS, Server
from voiced.tools.mcp.settings import LocalMcpServerSettings
from voiced.tools.policy import Policy
from voiced.tools.registry import Registry
from voiced.tools.secrecy import Resolve
from voiced.tools.templates import Values
from voiced.tools.tool import FunctionDefinition, Tool

if TYPE_CHECKING:
    from mcp.types import Tool as ServerTool

MOST_TOOLS = 64
"""Of one server: each costs the model's attention, and money in every turn."""
DESCRIPTION_CHARACTERS = 1024

_log = logging.getLogger(__name__)

Make = Callable[[LocalMcpServerSettings, Resolve, Callable[[Sequence["ServerTool"]], None]], Server]


class McpServers:
    """Supplies the registry with the tools of every server, while `run` runs.

    A server that goes keeps its tools, whose calls then fail: it is started anew.
    """

    def __init__(
        self, servers: Iterable[LocalMcpServerSettings], registry: Registry, resolve: Resolve, make: Make = Server
    ) -> None:
        self._registry = registry
        self._names: dict[str, frozenset[str]] = {}
        self._servers: list[Server] = []
        for settings in servers:
            self._servers.append(make(settings, resolve, partial(self._found, settings)))

    async def run(self) -> None:
        """Stay connected to all until cancelled; end at once where there is none."""
        async with asyncio.TaskGroup() as tasks:
            for server in self._servers:
                tasks.create_task(server.run(), name=f"MCP server {server.label}")

    async def tried(self) -> None:
        """Wait until each of them was reached, or could not be."""
        for server in self._servers:
            await server.tried.wait()

    def _found(self, settings: LocalMcpServerSettings, tools: Sequence["ServerTool"]) -> None:
        (server,) = (each for each in self._servers if each.label == settings.label)
        taken = {tool.name for tool in self._registry} - self._names.get(settings.label, frozenset())
        supplied: list[Tool] = []
        for tool in tools:
            if settings.allowed_tools is not None and tool.name not in settings.allowed_tools:
                continue
            if len(supplied) == MOST_TOOLS:
                _log.warning("%s has more than %d tools; choose with `allowed_tools`", settings.label, MOST_TOOLS)
                break
            bridged = _bridged(tool, settings, server, taken)
            if bridged is not None:
                taken.add(bridged.name)
                supplied.append(bridged)
        for name in set(settings.allowed_tools or ()) - {tool.name for tool in tools}:
            _log.warning("%s has no tool %s, which its `allowed_tools` name", settings.label, name)
        self._names[settings.label] = frozenset(tool.name for tool in supplied)
        self._registry.supply(f"the MCP server {settings.label}", supplied)  # a label is the owner's to choose


@asynccontextmanager
async def reached(servers: McpServers) -> AsyncIterator[None]:
    """Within the block, those servers run and supply that could be reached at its beginning."""
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(servers.run(), name="MCP servers")
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(CONNECT_SECONDS):
                    await servers.tried()
            yield
        finally:
            running.cancel()


def _bridged(tool: "ServerTool", settings: LocalMcpServerSettings, server: Server, taken: set[str]) -> Tool | None:
    from voiced.tools.mcp.schemas import (  # noqa: PLC0415 (large, and needed only where there are servers)
        SchemaArguments,
        UnusableSchemaError,
        usable,
    )

    try:
        schema = usable(dict(tool.inputSchema))
    except UnusableSchemaError as error:
        _log.warning("the tool %s of %s is left out: %s", tool.name, settings.label, error)
        return None
    name = name_for(tool.name, settings.label, taken)
    if name is None:
        _log.warning("the tool %s of %s is left out: its name is taken", tool.name, settings.label)
        return None
    description = tool.description or tool.title or tool.name
    return Tool(
        FunctionDefinition(name, description[:DESCRIPTION_CHARACTERS], schema),
        SchemaArguments(schema),
        _action(server, tool.name),
        Policy(
            settings.timeout_seconds,
            confirm=settings.asks(tool.name),
            personas=None if settings.personas is None else frozenset(settings.personas),
        ),
    )


def _action(server: Server, name: str) -> Action:
    async def call(values: Values) -> Answer:
        return await server.call(name, values)

    return call
