"""Frames of the Voice Live protocol: their ids, and the errors they report."""

import secrets
from typing import Any

Frame = dict[str, Any]
"""One event as it goes over the wire, a JSON object."""

INVALID_REQUEST = "invalid_request_error"
SERVER_ERROR = "server_error"


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
