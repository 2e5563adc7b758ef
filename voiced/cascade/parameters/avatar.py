"""A talking head, and what moves with the voice (reference/voice-live.md §4, §4.5)."""

from voiced.cascade.parameters.checks import as_object, flag, invalid
from voiced.cascade.protocol import Frame, ProtocolError

_KINDS = ("video-avatar", "photo-avatar")
_PROTOCOLS = ("webrtc", "websocket")
_ICE_SERVERS = ({"urls": ["stun:127.0.0.1:3478"]},)
"""Nothing answers there: there is an avatar's signalling here, but no picture."""
_OUTPUTS = ("viseme_id", "blendshapes")


def avatar(value: object, where: str, model: str) -> object:
    """The whole `avatar`, with the servers through which a client would look for a way to it."""
    given = as_object(where, value)
    kind, protocol = given.get("type", _KINDS[0]), given.get("output_protocol", _PROTOCOLS[0])
    if kind not in _KINDS:
        raise invalid(f"{where}.type", kind, "one of " + ", ".join(_KINDS))
    if protocol not in _PROTOCOLS:
        raise invalid(f"{where}.output_protocol", protocol, "one of " + ", ".join(_PROTOCOLS))
    if not isinstance(given.get("character"), str) or not given["character"]:
        raise ProtocolError("missing_required_parameter", f"Missing required parameter: '{where}.character'.", where)
    flag(given.get("customized", False), f"{where}.customized", model)
    shown: Frame = {"type": kind, "customized": False, "output_protocol": protocol, **given}
    if not given.get("ice_servers"):
        shown["ice_servers"] = [dict(server) for server in _ICE_SERVERS]
    return shown


def animation(value: object, where: str, _: str) -> object:
    """What is told of a face; only `viseme_id` is then sent (§4)."""
    given = as_object(where, value)
    outputs = given.get("outputs", [])
    if not isinstance(outputs, list) or any(each not in _OUTPUTS for each in outputs):
        raise invalid(f"{where}.outputs", outputs, "a list of " + ", ".join(_OUTPUTS))
    return {**given, "outputs": outputs}
