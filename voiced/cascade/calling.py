"""The calls of a response: of functions, which the client does, and of remote tools, which may have to be approved."""

import json
from collections.abc import Sequence

from voiced.cascade.configuration import Configuration
from voiced.cascade.history import Item
from voiced.cascade.intents.meanings import Call
from voiced.cascade.mcp.remote_tools import RemoteCall, RemoteTools
from voiced.cascade.outputs import Outbox
from voiced.cascade.response import Response


class Calling:
    """Puts calls into responses.

    Args:
        configuration: what holds in the session.
        outbox: where its frames go.
        remote: its MCP servers.
    """

    def __init__(self, configuration: Configuration, outbox: Outbox, remote: RemoteTools) -> None:
        self._configuration = configuration
        self._outbox = outbox
        self._remote = remote

    def announce(self, response: Response, calls: Sequence[Call | RemoteCall]) -> list[tuple[Item, RemoteCall, int]]:
        """Tell of all calls; those to be made from here, each with its item and its place among the outputs."""
        running: list[tuple[Item, RemoteCall, int]] = []
        for call in calls:
            remote = self._remote_for(call)
            if remote is None:
                if isinstance(call, Call):
                    self._outbox.send(response.call(call))
            elif remote.approval_request_id is None and remote.server.asks_for(remote.name):
                self._outbox.send(response.approval_request(self._remote.ask(remote)))
            else:
                item = self._remote.item_for(remote)
                running.append((item, remote, response.outputs))
                self._outbox.send(response.remote_call(item, json.dumps(remote.arguments)))
        return running

    def _remote_for(self, call: Call | RemoteCall) -> RemoteCall | None:
        """The call of a server's tool that is meant; a function of the session's of the same name comes first."""
        if isinstance(call, RemoteCall):
            return call
        names = {tool.get("name") for tool in self._configuration.shown["tools"]}
        return None if call.name in names else self._remote.find(call)
