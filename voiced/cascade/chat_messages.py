"""A conversation as chat completions want it."""

from collections.abc import Mapping, Sequence
from typing import Any

from voiced.cascade.mcp.servers import function_name


def messages(instructions: str, items: Sequence[Mapping[str, Any]], heard: Mapping[str, str]) -> list[dict[str, Any]]:
    """The messages that tell a conversation.

    Args:
        instructions: the session's.
        items: the conversation's, oldest first, as the client sees them.
        heard: by item id what was said, of those that do not show it.
    """
    told: list[dict[str, Any]] = [{"role": "system", "content": instructions}]
    called: set[str] = set()
    for item in items:
        match item["type"]:
            case "message":
                parts = item.get("content") or ()
                text = " ".join(part.get("text") or part.get("transcript") or "" for part in parts).strip()
                if text := text or heard.get(item["id"], ""):
                    told.append({"role": item["role"], "content": text})
            case "function_call":
                called.add(item["call_id"])
                function = {"name": item["name"], "arguments": item["arguments"]}
                call = {"id": item["call_id"], "type": "function", "function": function}
                told.append({"role": "assistant", "content": None, "tool_calls": [call]})
            case "function_call_output" if item["call_id"] in called:
                told.append({"role": "tool", "tool_call_id": item["call_id"], "content": item["output"]})
            case "mcp_call" if item["output"] is not None or item["error"] is not None:
                function = {"name": function_name(item["server_label"], item["name"]), "arguments": item["arguments"]}
                call = {"id": item["id"], "type": "function", "function": function}
                told.append({"role": "assistant", "content": None, "tool_calls": [call]})
                result = item["output"] if item["error"] is None else item["error"]["message"]
                told.append({"role": "tool", "tool_call_id": item["id"], "content": result})
    return told
