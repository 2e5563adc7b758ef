"""What the speaker can do and what may be said for it, for people and programs.

The running daemon knows best: of built-ins, of tools that servers in the house supply. Without one it is what the
configuration says.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from voiced.cli.control import NotRunningError, ask
from voiced.config.schema import VoicedSettings
from voiced.config.secrets import resolve
from voiced.tools.building import build
from voiced.tools.registry import Registry
from voiced.tools.wires import Wires
from voiced.wiring.tooling import described

_KINDS = {"integer": "a whole number", "number": "a number", "boolean": "yes or no", "string": "any text"}


def _tools(settings: VoicedSettings) -> list[dict[str, Any]]:
    try:
        answer = ask("tools")
    except NotRunningError:
        answer = {}
    tools = answer.get("tools")
    if isinstance(tools, list):
        return tools
    return list(described(Registry(build(settings.tools, Wires(resolve), settings.speaker.locale))))


def listed(settings: VoicedSettings) -> str:
    """Every tool with its parameters, a line each."""
    tools = _tools(settings)
    width = max((len(tool["name"]) for tool in tools), default=0)
    lines = [f"{tool['name']:{width}}  {_parameters(tool)}{tool['description']}" for tool in tools]
    return "\n".join(lines) or "no tools; see /etc/voiced/tools.d"


def listed_json(settings: VoicedSettings) -> str:
    """The same as JSON."""
    return json.dumps(_tools(settings), ensure_ascii=False)


def phrases(settings: VoicedSettings) -> str:
    """Every tool's phrases, with what may be said for each of their parameters."""
    return "\n\n".join("\n".join(_phrases(tool)) for tool in _tools(settings) if tool["phrases"]) or "no phrases"


def phrases_json(settings: VoicedSettings) -> str:
    """The same as JSON."""
    known = [{key: tool[key] for key in ("name", "phrases", "words")} for tool in _tools(settings) if tool["phrases"]]
    return json.dumps(known, ensure_ascii=False)


def _parameters(tool: Mapping[str, Any]) -> str:
    schema = tool["parameters"]
    names = [name if name in schema["required"] else f"[{name}]" for name in schema["properties"]]
    return f"({', '.join(names)})  " if names else ""


def _phrases(tool: Mapping[str, Any]) -> Iterator[str]:
    yield f"{tool['name']}: {tool['description']}"
    for phrase in tool["phrases"]:
        yield f"  {phrase}"
    said = " ".join(tool["phrases"])
    for name, schema in tool["parameters"]["properties"].items():
        if f"{name}}}" in said:
            yield f"    {{{name}}}: {_values(schema, tool['words'].get(name, {}))}"


def _values(schema: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    listed_values = schema.get("enum")
    if listed_values:
        synonyms: dict[str, list[str]] = {}
        for word, value in words.items():
            synonyms.setdefault(str(value), []).append(word)
        return ", ".join(
            f"{value} ({', '.join(synonyms[str(value)])})" if str(value) in synonyms else str(value)
            for value in listed_values
        )
    if schema.get("format"):
        return f"a {schema['format']}"
    bounds = [f"{word} {schema[key]}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in schema]
    kind = " ".join([_KINDS.get(str(schema.get("type")), "a value"), *bounds])
    return f"{kind}, or {', '.join(words)}" if words else kind
