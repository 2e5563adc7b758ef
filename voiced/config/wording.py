"""What is wrong with a value, and what to write instead: for people who wrote it."""

import difflib
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from voiced.config.documents import Path_
from voiced.config.schema import VoicedSettings
from voiced.voicelive.settings import LOCALE

_EXPECTED = {
    "missing": "this key is required",
    "bool_type": "true or false is expected",
    "int_type": "a whole number is expected",
    "float_type": "a number is expected",
    "string_type": "text is expected; put it in quotes",
    "extra_forbidden": "unknown key",
    "model_type": "a map of keys is expected here",
    "dict_type": "a map of keys is expected here",
    "tuple_type": "a list is expected here (`- item`)",
    "list_type": "a list is expected here (`- item`)",
}
_BOUNDS = {
    "less_than_equal": "at most",
    "less_than": "less than",
    "greater_than_equal": "at least",
    "greater_than": "more than",
}
_TRUTHS = {
    **dict.fromkeys(("yes", "y", "on", "true", "1", "enabled"), "true"),
    **dict.fromkeys(("no", "n", "off", "false", "0", "disabled"), "false"),
}
_SOLD_AS = {
    **dict.fromkeys(("neopixel", "neopixels", "ws2811", "ws2812b", "ws2813", "sk6812"), "ws2812"),
    **dict.fromkeys(("dotstar", "sk9822", "apa102c", "respeaker"), "apa102"),
}
"""Other names of the kinds of light."""
_GPIOS = 27
"""The highest number of one."""
_MOST_PLACES = 3
"""Of a key that belongs elsewhere: where there are more, they are no help."""


def worded(detail: ErrorDetails, at: Path_) -> str:
    """One problem that pydantic found with the value at a path of the configuration, and the fix where it is known."""
    return _fault(detail, at) + _fix(detail, at)


def _fault(detail: ErrorDetails, at: Path_) -> str:
    if detail["type"] == "string_pattern_mismatch":
        pattern = detail["ctx"]["pattern"]
        if pattern == LOCALE:
            return "a language and a country are expected, as en-US or de-DE"
        if pattern.startswith("^https?://"):
            return "an address is expected, which begins with http:// or https:// and a host"
    if detail["type"] in _BOUNDS:
        (bound,) = detail["ctx"].values()
        whole = int(bound) if isinstance(bound, float) and bound.is_integer() else bound
        told = f"{_BOUNDS[detail['type']]} {whole} is expected"
        a_pin = whole == _GPIOS and not {"buttons", "pins", "gpio"}.isdisjoint(map(str, at))
        return f"{told}: a GPIO's Broadcom number, which is not its place on the header" if a_pin else told
    return _EXPECTED.get(detail["type"], detail["msg"].removeprefix("Value error, "))


def _fix(detail: ErrorDetails, at: Path_) -> str:
    """What to append of what helps; empty where it isn't known."""
    given = detail["input"]
    match detail["type"]:
        case "bool_type":
            meant = _TRUTHS.get(str(given).lower())
            return f"; write {meant}" if meant else ""
        case "int_type" | "float_type":
            meant = _number(given, whole=detail["type"] == "int_type")
            return f"; write {meant}" if meant else ""
        case "model_type" | "dict_type":
            return _of_keys(given, _model_at(at))
        case "extra_forbidden":
            return _instead(str(at[-1]) if at else "", _model_at(at[:-1]))
        case "literal_error" | "enum":
            allowed = re.findall(r"'([^']*)'", detail["ctx"]["expected"])
            other = _SOLD_AS.get(str(given).lower())
            close = [other] if other in allowed else difflib.get_close_matches(str(given).lower(), allowed, 1)
            return f" (did you mean {close[0]}?)" if close else _as_a_map(given, _model_at(at))
    return ""


def _number(given: Any, *, whole: bool) -> str:  # noqa: ANN401 (whatever YAML holds)
    """A value that is nearly a number, as one: without its quotes, without GPIO before it."""
    if isinstance(given, float) and given.is_integer():
        return str(int(given))
    if not isinstance(given, str):
        return ""
    text = re.sub(r"(?i)^\s*(?:gpio|bcm)\s*|\s*%?\s*$", "", given)
    return text if re.fullmatch(r"-?[0-9]{1,9}" if whole else r"-?[0-9]{1,9}(?:\.[0-9]{1,9})?", text) else ""


def _of_keys(given: Any, model: type[BaseModel] | None) -> str:  # noqa: ANN401 (likewise)
    if given is None:
        return ", and nothing is there: indent what belongs to it, or take the key away"
    if model is None:
        return ""
    # what was given is not repeated: it may be a secret that belongs elsewhere
    only = _only_required(model)
    return f": {', '.join(_keys(model))}" if only is None else f", as in `{{{only[0]}: {_example(only[1])}}}`"


def _as_a_map(given: Any, model: type[BaseModel] | None) -> str:  # noqa: ANN401 (likewise)
    """What to write where a map with one key is the other form of a value, and was half written or may be meant."""
    only = None if model is None else _only_required(model)
    if only is None:
        return ""
    key, field = only
    example = _example(field)
    if given == key:
        return f"; write {{{key}: {example}}}"
    if isinstance(given, str) and PurePath(example).suffix and PurePath(given).suffix == PurePath(example).suffix:
        return f"; write {{{key}: {given}}}"
    return f", or `{{{key}: {example}}}`"


def _only_required(model: type[BaseModel]) -> tuple[str, FieldInfo] | None:
    """The one key that a map has to have, where it is one."""
    required = [(field.alias or name, field) for name, field in model.model_fields.items() if field.is_required()]
    return required[0] if len(required) == 1 else None


def _example(field: FieldInfo) -> str:
    return str(field.examples[0]) if field.examples else "…"


def _instead(key: str, model: type[BaseModel] | None) -> str:
    """What else the key may have been meant to be."""
    if not key.isprintable() or key.strip() != key:
        return " (an invisible character stands in it: type the line anew)"
    if model is None:
        return ""
    if close := difflib.get_close_matches(key, _keys(model), 1):
        return f" (did you mean {close[0]}?)"
    if 1 <= len(places := list(alike(key, model))) <= _MOST_PLACES:
        return f" (did you mean {' or '.join(places)}?)"
    return f"; known here: {', '.join(_keys(model))}"


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def alike(key: str, model: type[BaseModel]) -> Iterator[str]:
    """Where below a model, but not in lists and maps of it, a key of that name stands."""
    for name, field in model.model_fields.items():
        inner = _model_in(field.annotation)
        if inner is None:
            continue
        own = field.alias or name
        if key in _keys(inner):
            yield f"{own}.{key}"
        yield from (f"{own}.{place}" for place in alike(key, inner))


def _model_at(at: Path_) -> type[BaseModel] | None:
    """The model that the schema has at a path."""
    kind: Any = VoicedSettings
    for part in at:
        kind = _inside(kind, part)
    return _model_in(kind)


def _inside(kind: Any, part: str | int) -> Any:  # noqa: ANN401 (types as values)
    """The type that stands under a key of a model or a map, or under an index of a list."""
    if get_origin(kind) in (list, tuple, dict):
        return next((inner for inner in reversed(get_args(kind)) if inner is not Ellipsis), None)
    model = _model_in(kind)
    if model is None:
        return None
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    return fields[str(part)].annotation if part in fields else None


def _model_in(kind: Any) -> type[BaseModel] | None:  # noqa: ANN401 (types as values)
    """A model itself, or the one in a union."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    if get_origin(kind) in (list, tuple, dict):
        return None
    return next((found for inner in get_args(kind) if (found := _model_in(inner))), None)
