"""Items as a client may give them (reference/voice-live.md §2)."""

from collections.abc import Callable

from voiced.cascade.history import History
from voiced.cascade.protocol import Frame, ProtocolError, new_id

_PARTS = frozenset({"input_text", "input_audio", "input_image", "text", "audio"})
_ROLES = ("system", "user", "assistant")


def checked_item(given: object, history: History) -> Frame:
    """An item of `conversation.item.create` as it will be shown; `ProtocolError` where it isn't one."""
    if not isinstance(given, dict):
        raise ProtocolError("invalid_type", "Invalid type for 'item': expected an object.", "item")
    item_id, kind = given.get("id"), given.get("type")
    if item_id is not None and (not isinstance(item_id, str) or not item_id):
        raise ProtocolError("invalid_value", "Invalid value for 'item.id': expected a text.", "item.id")
    fields_of = _KINDS.get(kind) if isinstance(kind, str) else None
    if fields_of is None:
        raise ProtocolError("invalid_value", f"Invalid value for 'item.type': {kind!r:.80}.", "item.type")
    shown: Frame = {"id": item_id or new_id("item"), "object": "realtime.item", "type": kind}
    return {**shown, **fields_of(given, history)}


def _message(given: Frame, _: History) -> Frame:
    if given.get("role") not in _ROLES:
        raise ProtocolError("invalid_value", f"Expected 'item.role' to be one of {_ROLES}.", "item.role")
    content = given.get("content")
    if not isinstance(content, list) or not all(map(_is_part, content)):
        raise ProtocolError("invalid_value", "Expected 'item.content' to be a list of parts.", "item.content")
    return {"status": "completed", "role": given["role"], "content": content}


def _function_call(given: Frame, _: History) -> Frame:
    return {"status": "completed", **_texts(given, "call_id", "name", "arguments")}


def _function_call_output(given: Frame, history: History) -> Frame:
    fields = _texts(given, "call_id", "output")
    if not history.has_call(fields["call_id"]):
        raise ProtocolError(
            "invalid_tool_call_id", f"There is no function call with id {fields['call_id']!r:.80}.", "item.call_id"
        )
    return fields


def _approval_response(given: Frame, _: History) -> Frame:
    fields = _texts(given, "approval_request_id")
    if not isinstance(given.get("approve"), bool):
        raise ProtocolError("invalid_value", "Expected 'item.approve' to be true or false.", "item.approve")
    return {**fields, "approve": given["approve"]}


_KINDS: dict[str, Callable[[Frame, History], Frame]] = {
    "message": _message,
    "function_call": _function_call,
    "function_call_output": _function_call_output,
    "mcp_approval_response": _approval_response,
}


def _is_part(part: object) -> bool:
    if not isinstance(part, dict) or not isinstance(part.get("type"), str) or part["type"] not in _PARTS:
        return False
    return all(isinstance(part.get(name) or "", str) for name in ("text", "transcript"))


def _texts(given: Frame, *fields: str) -> Frame:
    for field in fields:
        if not isinstance(given.get(field), str):
            raise ProtocolError("missing_required_parameter", f"Missing required parameter: 'item.{field}'.", "item")
    return {field: given[field] for field in fields}
