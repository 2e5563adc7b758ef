"""One plain sentence for a tool, made from its first phrase."""

import functools

from hassil.expression import Alternative, Expression, Group, ListReference, TextChunk
from hassil.parse_expression import parse_sentence
from hassil.parser import ParseError
from pydantic import JsonValue

from voiced.tools.tool import Tool

_LITTLE = frozenset({"a", "an", "the", "is"})


def example(tool: Tool) -> str:
    """As "turn on the kitchen light"; empty where the tool has no phrase that makes one."""
    for phrase in tool.phrases:
        try:
            words = _said(_parsed(phrase), tool)
        except (ParseError, AssertionError, LookupError):  # a phrase of somebody's that can't be read
            continue
        if words.strip():
            return " ".join(words.split())
    return ""


@functools.lru_cache(maxsize=512)
def _parsed(phrase: str) -> Expression:
    return parse_sentence(phrase).expression


def _said(expression: Expression, tool: Tool) -> str:
    """With the first of alternatives, and without what is optional. Raises `LookupError` where a value has no word."""
    match expression:
        case TextChunk():
            return str(expression.text)
        case ListReference():
            return _value(expression.slot_name, tool)
        case Alternative():
            first = "" if expression.is_optional and not _little(expression.items[0]) else expression.items[0]
            return first if isinstance(first, str) else _said(first, tool)
        case Group():
            return "".join(_said(item, tool) for item in expression.items)
    raise LookupError(type(expression).__name__)


def _little(expression: Expression) -> bool:
    """Whether a sentence is rather said with it."""
    match expression:
        case TextChunk():
            return expression.text.strip() in _LITTLE
        case Group(items=[one]):
            return _little(one)
    return False


def _value(parameter: str, tool: Tool) -> str:
    if words := tool.words.get(parameter):
        return next(iter(words))
    properties = tool.definition.parameters["properties"]
    schema = properties.get(parameter) if isinstance(properties, dict) else None
    return _sample(schema if isinstance(schema, dict) else {})


def _sample(schema: dict[str, JsonValue]) -> str:
    match schema:
        case {"enum": [first, *_]}:
            return str(first).replace("_", " ")
        case {"format": "duration"}:
            return "10 minutes"
        case {"format": "time"}:
            return "7:30"
        case {"format": "date"}:
            return "tomorrow"
        case {"type": "integer" | "number"}:
            low, high = schema.get("minimum"), schema.get("maximum")
            if isinstance(low, int | float) and isinstance(high, int | float):
                return f"{round((low + high) / 2)}"
            return f"{round(low)}" if isinstance(low, int | float) else "10"
    raise LookupError("no word")
