"""How replies are made: their form, tools and limits (reference/voice-live.md §4, §4.6, §4.7)."""

from voiced.cascade.mcp.servers import remote_server
from voiced.cascade.parameters.checks import as_object, invalid, within
from voiced.cascade.parameters.defaults import is_native
from voiced.cascade.protocol import ProtocolError


def modalities(value: object, where: str, _: str) -> object:
    """A list that holds text: sound alone can't be asked for."""
    known = {"text", "audio", "animation", "avatar"}
    if not isinstance(value, list) or not value or not all(isinstance(each, str) and each in known for each in value):
        raise invalid(where, value, "a list of text, audio, animation, avatar")
    if "text" not in value:
        raise invalid(where, value, "['text'] or ['text', 'audio']")
    return value


_MOST_SERVERS = 32
"""MCP servers of a session: each is asked for its tools at once."""


def tools(value: object, where: str, _: str) -> object:
    """Tools with names of their own."""
    seen: set[str] = set()
    if not isinstance(value, list):
        raise invalid(where, value, "a list")
    servers = 0
    for index, tool in enumerate(value):
        at = f"{where}[{index}]"
        kind = as_object(at, tool).get("type")
        servers += kind == "mcp"
        if servers > _MOST_SERVERS:
            raise ProtocolError("invalid_value", f"More than {_MOST_SERVERS} MCP servers.", at)
        if kind not in ("function", "mcp", "foundry_agent"):
            raise invalid(f"{at}.type", kind, "function or mcp")
        if kind == "foundry_agent":
            continue
        name = tool.get("name") if kind == "function" else remote_server(tool, at).label
        if not isinstance(name, str) or not name:
            raise ProtocolError("missing_required_parameter", f"Missing required parameter: '{at}.name'.", at)
        if name in seen:
            raise ProtocolError("invalid_value", f"Duplicate tool name {name!r}.", at)
        seen.add(name)
        if tool.get("parameters") is not None:
            as_object(f"{at}.parameters", tool["parameters"])
    return value


def tool_choice(value: object, where: str, _: str) -> object:
    """A `tool_choice`; which function an object names is not looked at."""
    if value not in ("auto", "none", "required") and not isinstance(value, dict):
        raise invalid(where, value, "auto, none, required or a function")
    return value


def temperature(value: object, where: str, _: str) -> object:
    """From 0.6 to 1.2."""
    if not within(value, 0.6, 1.2):
        raise invalid(where, value, "a number from 0.6 to 1.2")
    return value


def max_tokens(value: object, where: str, _: str) -> object:
    """A `max_response_output_tokens`: 1 to 4096, or inf."""
    if value != "inf" and not (isinstance(value, int) and within(value, 1, 4096)):
        raise invalid(where, value, "1 to 4096 or 'inf'")
    return value


def metadata(value: object, where: str, _: str) -> object:
    """At most 16 pairs of short texts."""
    pairs = as_object(where, value)
    if len(pairs) > 16 or not all(
        len(key) <= 64 and isinstance(each, str) and len(each) <= 512 for key, each in pairs.items()
    ):
        raise invalid(where, value, "at most 16 pairs of texts, 64 and 512 characters long")
    return value


def interim(value: object, where: str, model: str) -> object:
    """An `interim_response`, which native models don't have."""
    if is_native(model):
        raise ProtocolError("invalid_value", "Interim responses need a cascaded model.", where)
    return as_object(where, value)
