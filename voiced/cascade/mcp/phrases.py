"""Sentences that mean a server's tool. Its owner wrote none, so they are made of its name: "use the NAME tool"."""

from collections.abc import Mapping
from typing import Any

from voiced.cascade.spoken import spoken_words

_SAYABLE = ("integer", "number", "boolean")


def phrases_for(label: str, tool: str, schema: Mapping[str, Any]) -> list[str]:
    """The templates for a tool; none where it needs a value that is no number and on no list.

    Args:
        label: the server's.
        tool: its name.
        schema: of its arguments; only those that it requires are asked for, in their order.
    """
    name, server = (" ".join(spoken_words(each.replace("-", " "))) for each in (tool, label))
    properties = schema.get("properties")
    required = schema.get("required")
    wanted = [each for each in required if isinstance(each, str)] if isinstance(required, list) else []
    known = properties if isinstance(properties, dict) else {}
    if not name or not all(each.isidentifier() and _can_be_said(known.get(each)) for each in wanted):
        return []
    values = " and ".join(f"{{{each}}}" for each in wanted)
    source = f" [from {server}]" if server else ""
    return [f"(use|run|call|ask) [the] {name} [tool]{source}{f' with {values}' if values else ''}"]


def _can_be_said(schema: object) -> bool:
    if not isinstance(schema, dict):
        return False
    return isinstance(schema.get("enum"), list) or "const" in schema or schema.get("type") in _SAYABLE
