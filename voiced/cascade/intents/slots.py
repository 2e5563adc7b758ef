"""From a parameter's JSON Schema to what may be said for it."""

import logging
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from voiced.cascade.intents.clock import times, weekdays
from voiced.cascade.intents.durations import durations
from voiced.cascade.intents.numbers import numbers, percentages, whole_numbers
from voiced.cascade.intents.readings import Reading, Value, composed, listed
from voiced.cascade.spoken import LARGEST_NUMBER, spoken_words
from voiced.cascade.templates import TemplateError

_log = logging.getLogger(__name__)

Knows = Callable[[str], bool]
_YES_OR_NO: Mapping[tuple[str, ...], Value] = {("on",): True, ("off",): False, ("yes",): True, ("no",): False}


def reading_for(tool: str, slot: str, schema: object, words: Mapping[str, Value], knows: Knows) -> Reading:
    """What may be said for a parameter; a listed value that can't be pronounced is left out with a warning.

    Args:
        tool: for the warning.
        slot: the parameter's name.
        schema: its JSON Schema. With `format: duration` a number of seconds (of type string: ISO 8601), with `time` the
            text "HH:MM", with `weekday` its English name, with `percent` a number or, up to 1, a share.
        words: further ways to say its values.
        knows: whether the recogniser can pronounce a word.

    Raises:
        TemplateError: nothing can be said for it; the message says why.
    """
    if not isinstance(schema, Mapping):
        raise TemplateError(f"{{{slot}}} is not a parameter of the tool")
    listed_values = _listed(schema)
    built_in = None if listed_values is not None else _built_in(schema)
    if listed_values is None and built_in is None and not words:
        raise TemplateError(
            f"the parameter {slot} lists no values (`enum`) and is neither a number nor of a known `format`, "
            "so it can't be recognised"
        )
    values: dict[tuple[str, ...], Value] = {}
    for value, spoken in [*((each, str(each)) for each in listed_values or ()), *((v, w) for w, v in words.items())]:
        said = tuple(spoken_words(spoken))
        unknown = [word for word in said if not knows(word)]
        if unknown or not said:
            _log.warning(
                "Tool %s: %r for %s can't be said to the local recogniser: no pronunciation is known for %s",
                tool, spoken, slot, ", ".join(unknown) or repr(spoken),
            )  # fmt: skip
            continue
        values.setdefault(said, value)
    if built_in is None:
        if not values:
            raise TemplateError(f"no value of {{{slot}}} can be said")
        return listed(values)
    if not values:
        return built_in
    return composed([("{w}", lambda slots: slots["w"]), ("{v}", lambda slots: slots["v"])],
                    {"w": listed(values), "v": built_in})  # fmt: skip


def _listed(schema: Mapping[str, Any]) -> list[Value] | None:
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    return [each for each in values if isinstance(each, (str, int, float, bool))] if isinstance(values, list) else None


def _built_in(schema: Mapping[str, Any]) -> Reading | None:
    """What may be said for a parameter that lists no values; None where that isn't known."""
    if schema.get("type") in ("integer", "number") and schema.get("format") not in ("duration", "time"):
        return _numeric(schema)
    kind, form = schema.get("type"), schema.get("format")
    match form:
        case "duration" if kind == "string":
            return composed([("{d}", lambda slots: f"PT{slots['d']}S")], {"d": durations()})
        case "duration":
            return durations()
        case "time":
            return times()
        case "weekday":
            return weekdays()
    return listed(_YES_OR_NO) if kind == "boolean" else None


def _numeric(schema: Mapping[str, Any]) -> Reading:
    whole = schema["type"] == "integer"
    low, high = _bounds(schema)
    if schema.get("format") == "percent":
        return percentages(low, high, whole=whole)
    return whole_numbers(math.ceil(low), math.floor(high)) if whole else numbers(low, high)


def _bounds(schema: Mapping[str, Any]) -> tuple[float, float]:
    """The range of a number, as far as it can be said; from 0 where nothing is told."""
    bounds = list(_limits(schema))
    low = max((each for each, lower in bounds if lower), default=0.0)
    high = min((each for each, lower in bounds if not lower), default=float(LARGEST_NUMBER))
    return max(-LARGEST_NUMBER, low), min(LARGEST_NUMBER, high)


def _limits(schema: Mapping[str, Any]) -> Iterator[tuple[float, bool]]:
    whole = 1.0 if schema.get("type") == "integer" else 0.0
    for key, lower, step in (
        ("minimum", True, 0.0), ("exclusiveMinimum", True, whole),
        ("maximum", False, 0.0), ("exclusiveMaximum", False, -whole),
    ):  # fmt: skip
        limit = schema.get(key)
        if isinstance(limit, (int, float)) and not isinstance(limit, bool):
            yield limit + step, lower


__all__ = ["Knows", "reading_for"]
