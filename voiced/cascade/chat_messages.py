"""A conversation as chat completions want it."""

from collections.abc import Mapping, Sequence
from typing import Any

from voiced.cascade.mcp.servers import function_name

UNDER_WAY = '{"status": "not done yet"}'
"""In place of the output of a call that has none, because the user speaks before it is done."""


def messages(instructions: str, items: Sequence[Mapping[str, Any]], heard: Mapping[str, str]) -> list[dict[str, Any]]:
    """The messages that tell a conversation.

    Servers refuse a call whose output does not stand right behind it: each is told where its output came, or as one
    under way.

    Args:
        instructions: the session's.
        items: the conversation's, oldest first, as the client sees them.
        heard: by item id what was said, of those that do not show it.
    """
    told: list[dict[str, Any]] = [{"role": "system", "content": instructions}]
    done = {item["call_id"] for item in items if item["type"] == "function_call_output"}
    called: dict[str, Mapping[str, Any]] = {}
    for item in items:
        match item["type"]:
            case "message":
                parts = item.get("content") or ()
                text = " ".join(part.get("text") or part.get("transcript") or "" for part in parts).strip()
                if text := text or heard.get(item["id"], ""):
                    told.append({"role": item["role"], "content": text})
            case "function_call" if item["call_id"] in done:
                called[item["call_id"]] = item
            case "function_call":
                told += _call(item["call_id"], item["name"], item["arguments"], UNDER_WAY)
            case "function_call_output" if (call := called.pop(item["call_id"], None)) is not None:
                told += _call(call["call_id"], call["name"], call["arguments"], item["output"])
            case "mcp_call" if item["output"] is not None or item["error"] is not None:
                name = function_name(item["server_label"], item["name"])
                output = item["output"] if item["error"] is None else item["error"]["message"]
                told += _call(item["id"], name, item["arguments"], output)
    return told


def _call(call_id: str, name: str, arguments: str, output: str) -> list[dict[str, Any]]:
    call = {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call_id, "content": output},
    ]
