"""What the service tells of remote MCP servers, as the assistant's events (voice-live §3.1, §5.4)."""

from collections.abc import Mapping
from typing import Any

from voiced.assistant import events as on
from voiced.assistant.events import Event

ITEM_FRAMES = frozenset({"conversation.item.created", "response.output_item.added", "response.output_item.done"})
"""An item is announced by each of these that has one: everything here may come more than once."""
LIST_TYPE = "mcp_list_tools"
PURPOSE = "voiced_purpose"
"""The key of a response's `metadata` that says what we asked for it for; the service echoes it."""


def labels_of(tools: object) -> tuple[str, ...]:
    """The labels of the servers among a session's `tools`."""
    found = tools if isinstance(tools, list) else []
    return tuple(
        str(tool["server_label"])
        for tool in found
        if isinstance(tool, Mapping) and tool.get("type") == "mcp" and "server_label" in tool
    )


def translate(frame: Mapping[str, Any]) -> Event | None:
    """The event a frame stands for, or None where it is about something else. Never raises.

    A call has ended when the service says so, or when its item has an output: either may come first, and be missing.
    """
    match frame.get("type"):
        case "response.mcp_call.in_progress":
            return on.RemoteToolCalled(text(frame, "response_id"), text(frame, "item_id"))
        case "response.mcp_call.completed":
            return on.RemoteToolFinished(text(frame, "item_id"), ok=True)
        case "response.mcp_call.failed":
            return on.RemoteToolFinished(text(frame, "item_id"), ok=False)
        case kind if kind in ITEM_FRAMES:
            return _item(frame)
        case _:
            return None


def item_of(frame: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The item that a frame announces, if it is one of MCP's."""
    item = frame.get("item") if frame.get("type") in ITEM_FRAMES else None
    return item if isinstance(item, Mapping) and str(item.get("type")).startswith("mcp_") else None


def text(source: Mapping[str, Any], key: str) -> str:
    """A field that should be text; "" where it is not."""
    value = source.get(key)
    return value if isinstance(value, str) else ""


def reason(error: object) -> str:
    """What an item's `error` says, which is of no documented form."""
    if isinstance(error, Mapping):
        return text(error, "message") or text(error, "code") or text(error, "type")
    return error if isinstance(error, str) else ""


def is_approval(event: Mapping[str, Any]) -> bool:
    """Whether a client event answers an approval request."""
    item = event.get("item")
    return isinstance(item, Mapping) and item.get("type") == "mcp_approval_response"


def without_secrets(frame: Mapping[str, Any]) -> Mapping[str, Any]:
    """A frame, sent or received, with what proves to MCP servers who we are taken out: fit to be written down."""
    session = frame.get("session")
    tools = session.get("tools") if isinstance(session, Mapping) else None
    if not isinstance(session, Mapping) or not isinstance(tools, list):
        return frame
    return {**frame, "session": {**session, "tools": [_without_secrets(tool) for tool in tools]}}


def _without_secrets(tool: object) -> object:
    if not isinstance(tool, Mapping):
        return tool
    hidden = {key: "removed" for key in ("authorization", "headers") if tool.get(key)}
    return {**tool, **hidden}


def _item(frame: Mapping[str, Any]) -> Event | None:
    item = item_of(frame)
    if item is None:
        return None
    identity, response = text(item, "id"), text(frame, "response_id")
    match item.get("type"):
        case "mcp_call" if item.get("output") is not None or item.get("error") is not None:
            failed = item.get("error") is not None
            detail = reason(item["error"]) if failed else ""
            return on.RemoteToolFinished(identity, ok=not failed, detail=detail)
        case "mcp_call":
            return on.RemoteToolCalled(
                response, identity, text(item, "server_label"), text(item, "name"), text(item, "approval_request_id")
            )
        case "mcp_approval_request":
            return on.ApprovalRequested(
                response, identity, text(item, "server_label"), text(item, "name"), text(item, "arguments")
            )
        case "mcp_approval_response":
            return on.ApprovalAnswered(text(item, "approval_request_id"), approved=item.get("approve") is True)
        case _:
            return None
