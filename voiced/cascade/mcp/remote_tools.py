"""A session's MCP servers: their tools, the calls under way, and those that wait to be approved. No I/O."""

import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass

from voiced.cascade.configuration import Configuration
from voiced.cascade.history import History, Item
from voiced.cascade.intents.meanings import Call
from voiced.cascade.mcp.phrases import phrases_for
from voiced.cascade.mcp.servers import RemoteServer, function_name, remote_server
from voiced.cascade.outputs import CallRemoteTool, ListRemoteTools, Outbox
from voiced.cascade.protocol import Frame, ProtocolError, event, new_id

_MOST_TOOLS = 128
"""Of a server; the rest are not used."""
_MOST_CALLS = 8
"""Under way at once; a further one fails."""
_MOST_REQUESTS = 64
"""Unanswered questions kept; the oldest are forgotten."""
_WRITTEN = re.compile(r"\s*(?:use|call|run)\s+([\w.-]+)\s*(\{.*\})?\s*", re.DOTALL | re.IGNORECASE)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RemoteCall:
    """A call of a tool of a server; `approval_request_id` where it was asked about."""

    server: RemoteServer
    name: str
    arguments: Frame
    approval_request_id: str | None = None


@dataclass(slots=True)
class _Listing:
    """A server of the session, and its tools once they are known, by the names under which a grammar has them."""

    server: RemoteServer
    item_id: str
    tools: dict[str, Frame]


class RemoteTools:
    """Follows `session.update`, asks for lists and calls, and tells the client about both.

    Args:
        configuration: what holds in the session.
        outbox: where its frames and its work go.
        history: of the conversation.
        changed: called when there are other tools.
    """

    def __init__(
        self, configuration: Configuration, outbox: Outbox, history: History, changed: Callable[[], None]
    ) -> None:
        self._configuration = configuration
        self._outbox = outbox
        self._history = history
        self._changed = changed
        self._listings: dict[str, _Listing] = {}
        self._asked: dict[str, RemoteCall] = {}
        self._running: dict[str, tuple[Item, str, int, Callable[[], None]]] = {}

    # -- which tools there are ----------------------------------------------------------------------------------------

    def update(self) -> None:
        """The session has other tools; a server that is new among them, or different, is asked for its own."""
        tools = self._configuration.shown["tools"]
        servers = [remote_server(tool, "session.tools") for tool in tools if tool["type"] == "mcp"]
        before, self._listings = self._listings, {}
        for server in servers:
            known = before.get(server.label)
            if known is not None and known.server == server:
                self._listings[server.label] = known
                continue
            item_id = new_id("mcpl")
            self._listings[server.label] = _Listing(server, item_id, {})
            self._outbox.announce("mcp_list_tools.in_progress", item_id=item_id)
            self._outbox.ask(ListRemoteTools(item_id, server))

    def listed(self, item_id: str, tools: list[Frame], error: str | None) -> None:
        """A server gave its tools, or an error."""
        listing = next((each for each in self._listings.values() if each.item_id == item_id), None)
        if listing is None:  # the session has dropped it meanwhile
            return
        server = listing.server
        tools = [tool for tool in tools if server.allows(tool["name"])][:_MOST_TOOLS]
        shown: Frame = {
            "id": item_id, "object": "realtime.item", "type": "mcp_list_tools", "server_label": server.label,
            "tools": tools,
        }  # fmt: skip
        if error is not None:
            shown["error"] = {"type": "mcp_error", "code": "mcp_list_tools_failed", "message": error}
        before = self._history.add(Item(shown, answered=True))
        self._outbox.announce("conversation.item.created", previous_item_id=before, item=dict(shown))
        ended = "completed" if error is None else "failed"
        self._outbox.announce(f"mcp_list_tools.{ended}", item_id=item_id)
        if tools:
            listing.tools = {function_name(server.label, tool["name"]): tool for tool in tools}
            self._changed()

    def functions(self) -> tuple[list[Frame], dict[str, list[str]]]:
        """The tools as functions for a grammar, and the sentences that mean them, by the functions' names."""
        functions: list[Frame] = []
        phrases: dict[str, list[str]] = {}
        for listing in self._listings.values():
            for name, tool in listing.tools.items():
                schema = tool.get("input_schema") or {}
                description = tool.get("description") or ""
                functions.append({"type": "function", "name": name, "description": description, "parameters": schema})
                phrases[name] = phrases_for(listing.server.label, tool["name"], schema)
        return functions, phrases

    def find(self, call: Call) -> RemoteCall | None:
        """The remote call that a grammar's or a model's call stands for; None where its name is no remote tool's."""
        for listing in self._listings.values():
            tool = listing.tools.get(call.name)
            if tool is not None:
                return RemoteCall(listing.server, tool["name"], dict(call.arguments))
        return None

    def written(self, text: str) -> Call | None:
        """The call that a typed "use NAME {…}" asks for, its arguments in JSON; None where it is no such sentence."""
        match = _WRITTEN.fullmatch(text)
        if match is None:
            return None
        try:
            arguments = json.loads(match[2] or "{}")
        except (ValueError, RecursionError):
            return None
        for listing in self._listings.values():
            for name, tool in listing.tools.items():
                if match[1] in (tool["name"], name):
                    return Call(name, arguments)
        return None

    # -- approval -----------------------------------------------------------------------------------------------------

    def ask(self, call: RemoteCall) -> Item:
        """The item that asks the client to approve a call."""
        shown: Frame = {
            "id": new_id("mcpr"), "object": "realtime.item", "type": "mcp_approval_request",
            "server_label": call.server.label, "name": call.name, "arguments": json.dumps(call.arguments),
        }  # fmt: skip
        item = Item(shown, answered=True)
        self._asked[item.id] = RemoteCall(call.server, call.name, call.arguments, item.id)
        if len(self._asked) > _MOST_REQUESTS:
            del self._asked[next(iter(self._asked))]
        return item

    def check_answer(self, item: Frame) -> None:
        """`ProtocolError` unless an `mcp_approval_response` answers an open question."""
        request = item.get("approval_request_id")
        if isinstance(request, str) and request not in self._asked:
            raise ProtocolError(
                "item_not_found", f"There is no open approval request with id {request!r:.80}.",
                "item.approval_request_id",
            )  # fmt: skip

    def answered(self, item: Frame) -> RemoteCall | None:
        """Take an answer; the call that may be made now, None where it was denied."""
        call = self._asked.pop(item["approval_request_id"])
        return call if item["approve"] else None

    # -- calls --------------------------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether calls are under way."""
        return bool(self._running)

    def item_for(self, call: RemoteCall) -> Item:
        """The item that announces a call."""
        shown: Frame = {
            "id": new_id("mcp"), "object": "realtime.item", "type": "mcp_call", "server_label": call.server.label,
            "name": call.name, "arguments": "", "output": None, "error": None,
            "approval_request_id": call.approval_request_id,
        }  # fmt: skip
        return Item(shown, answered=True)

    def run(self, item: Item, call: RemoteCall, response_id: str, index: int, ended: Callable[[], None]) -> None:
        """Make a call that was announced as the response's output at that index; `ended` is called after its end."""
        where = {"response_id": response_id, "item_id": item.id, "output_index": index}
        self._outbox.announce("response.mcp_call.in_progress", **where)
        self._running[item.id] = (item, response_id, index, ended)
        if len(self._running) > _MOST_CALLS:
            self.called(item.id, None, "too many calls are under way")
        else:
            self._outbox.ask(CallRemoteTool(item.id, call.server, call.name, call.arguments))

    def called(self, item_id: str, output: str | None, error: str | None) -> None:
        """A call has ended, with an output or an error."""
        if item_id not in self._running:
            return
        item, response_id, index, ended = self._running.pop(item_id)
        item.shown["output"] = output
        if error is not None:
            item.shown["error"] = {"type": "mcp_error", "code": "mcp_call_failed", "message": error}
        item.answered = False
        self._history.weigh(item)
        name = "response.mcp_call.completed" if error is None else "response.mcp_call.failed"
        where = {"response_id": response_id, "output_index": index}
        self._outbox.send(
            [
                event(name, **where, item_id=item_id),
                event("response.output_item.done", **where, item=dict(item.shown)),
            ]
        )
        ended()
