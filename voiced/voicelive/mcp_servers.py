"""How the remote servers are, over all sessions: for the status, and told once when it changes."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from voiced.assistant.events import Event, RemoteToolsFailed, RemoteToolsListed

log = logging.getLogger(__name__)


class ServerState(StrEnum):
    """What is known of a server."""

    UNASKED = "unasked"
    """There was no session yet."""
    LISTING = "listing"
    """The service looks up its tools."""
    READY = "ready"
    """Its tools may be called."""
    FAILED = "failed"
    """The service could not look them up, or was not told how."""


@dataclass(slots=True)
class _Server:
    state: ServerState = ServerState.UNASKED
    tools: int = 0
    reason: str = ""
    told: bool = False


class RemoteServers:
    """The servers of a service, by label."""

    def __init__(self, labels: Iterable[str] = ()) -> None:
        self._servers = {label: _Server() for label in labels}

    def asked(self, labels: Iterable[str]) -> None:
        """A session with these begins; one that failed counts as such until it is known to be better."""
        for label in labels:
            server = self._servers.setdefault(label, _Server())
            if server.state is not ServerState.FAILED:
                server.state = ServerState.LISTING

    def left(self) -> None:
        """The session has ended; what it had not found out by then counts as it was before."""
        for server in self._servers.values():
            if server.state is ServerState.LISTING:
                server.state = ServerState.READY if server.tools else ServerState.UNASKED

    def failed(self, label: str, reason: str) -> None:
        """A server can't be used; it is told once until it can."""
        server = self._servers.setdefault(label, _Server())
        server.state, server.tools, server.reason = ServerState.FAILED, 0, reason
        if not server.told:
            server.told = True
            log.warning("the tools of the MCP server %s can't be used: %s", label, reason)

    def listed(self, label: str, tools: int) -> None:
        """A server's tools are known."""
        server = self._servers.setdefault(label, _Server())
        server.state, server.tools, server.reason = ServerState.READY, tools, ""
        if server.told:
            server.told = False
            log.info("the MCP server %s is back with %d tools", label, tools)

    def feed(self, event: Event) -> None:
        """Take an event of a session."""
        match event:
            case RemoteToolsListed():
                self.listed(event.server, len(event.tools))
            case RemoteToolsFailed():
                self.failed(event.server, event.reason)
            case _:
                pass

    def status(self) -> Mapping[str, Mapping[str, Any]]:
        """State, number of tools, and what is wrong, by label."""
        return {
            label: {"state": server.state.value, "tools": server.tools, "reason": server.reason}
            for label, server in self._servers.items()
        }
