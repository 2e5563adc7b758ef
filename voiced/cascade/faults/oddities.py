"""Frames that no client expects. Pure."""

import json
from collections.abc import Callable, Mapping

from voiced.cascade.faults.kinds import Inject, Oddity

OVERSIZED = 4 * 1024 * 1024 + 1
"""Bytes: more than the SDK takes unless told otherwise, and than most WebSocket libraries."""


def odd_frame(fault: Inject) -> str | bytes:
    """The frame to inject, bytes for a binary one."""
    if fault.frame is not None:
        return fault.frame
    return _ODDITIES[fault.oddity or "unknown_event"]()


def _event(type_: str, **fields: object) -> str:
    return json.dumps({"type": type_, "event_id": "event_odd", **fields})


def _unknown_values() -> str:
    response = {"id": "resp_odd", "object": "realtime.response", "status": "dreaming", "output": [{"type": "dream"}]}
    return _event("response.done", response=response)


_ODDITIES: Mapping[Oddity, Callable[[], str | bytes]] = {
    "malformed_json": lambda: '{"type": "response.done", "response": {',
    "not_an_object": lambda: '["response.done"]',
    "no_object_at_all": lambda: "42",
    "empty": lambda: "",
    "binary": lambda: b"\x00\xff" * 160,
    "oversized": lambda: _event("response.text.delta", response_id="resp_odd", delta="x" * OVERSIZED),
    "unknown_event": lambda: _event("response.dreamt", dream={"of": "electric sheep"}),
    "unknown_values": _unknown_values,
    "no_type": lambda: json.dumps({"event_id": "event_odd", "delta": "x"}),
    "broken_audio": lambda: _event(
        "response.audio.delta", response_id="resp_odd", item_id="item_odd", output_index=0, content_index=0, delta="*!"
    ),
}
