"""Frames of the Voice Live protocol: their ids, and the errors they report."""

import json
import secrets
from typing import Any

Frame = dict[str, Any]
"""One event as it goes over the wire, a JSON object."""

INVALID_REQUEST = "invalid_request_error"
SERVER_ERROR = "server_error"
_DEEPEST = 64
"""Levels of a frame's JSON; a tool's schema has about ten. Copying needs two of Python's calls for each."""


class ProtocolError(Exception):
    """A client's event that can't be served; it becomes an `error` frame, and the session goes on.

    Args:
        code: the service's error code.
        message: one sentence for the developer.
        param: the field at fault, e.g. "session.voice".
    """

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param


def frame_of(text: str) -> Frame:
    """The frame in a client's text; `ProtocolError` where it is no JSON object, or nested too deeply to be served."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("invalid_json", f"The frame is not JSON: {error}.") from error
    if not isinstance(frame, dict):
        raise ProtocolError("invalid_type", "The frame is not a JSON object.")
    if text.count("[") + text.count("{") > _DEEPEST and _depth(frame) > _DEEPEST:
        raise ProtocolError("invalid_json", f"The frame is nested more than {_DEEPEST} deep.")
    return frame


def _depth(frame: Frame) -> int:
    """How deep an object is nested, up to a little more than is allowed."""
    depth, level = 0, [list(frame.values())]
    while level and depth <= _DEEPEST:
        nested = [child for each in level for child in each if isinstance(child, dict | list)]
        level = [list(child.values()) if isinstance(child, dict) else child for child in nested]
        depth += 1
    return depth


def new_id(prefix: str) -> str:
    """A fresh id such as "item_3f…"; the prefixes are event, sess, item, msg, resp, call and conv."""
    return f"{prefix}_{secrets.token_hex(12)}"


def event(type_: str, **fields: Any) -> Frame:  # noqa: ANN401 (a JSON value)
    """A server event with its own id."""
    return {"type": type_, "event_id": new_id("event"), **fields}


def error_event(error: ProtocolError, event_id: object = None, type_: str = INVALID_REQUEST) -> Frame:
    """The `error` frame for a fault; event_id is the client's event that caused it."""
    details = {
        "type": type_,
        "code": error.code,
        "message": error.message,
        "param": error.param,
        "event_id": event_id if isinstance(event_id, str) else None,
    }
    return event("error", error=details)
