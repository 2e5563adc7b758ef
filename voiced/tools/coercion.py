"""What models send in place of the value that was meant: only what the owner declared is taken for something else."""

import math
import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Literal

from pydantic import JsonValue

Coercion = Literal["percent", "number_words", "digits", "round", "clamp", "lower", "switch"]

NUMERIC: frozenset[Coercion] = frozenset({"percent", "number_words", "digits", "round", "clamp"})
LARGEST_IN_WORDS = 1000
_PERCENT = re.compile(r"\s*(?:%|percent|per cent|prozent|pour cent|por ciento|percento|procent)\s*$", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?\d{1,15}(?:\.\d{1,15})?")
_JOINTS = re.compile(r"[\s\u00ad-]+|\band\b")
_SWITCH = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}
_FALLBACK = "en"


def coerced(
    value: JsonValue, declared: Collection[Coercion], language: str, bounds: tuple[float | None, float | None]
) -> JsonValue:
    """The value that was meant, or the value itself; a text that is none of a language's number words stays one."""
    for coercion in ("lower", "switch", "percent", "number_words", "digits", "round", "clamp"):
        if coercion in declared:
            value = _ONE[coercion](value, language, bounds)
    return value


def _percent(value: JsonValue, language: str, _: object) -> JsonValue:
    if not isinstance(value, str) or not _PERCENT.search(value):
        return value
    text = _PERCENT.sub("", value)
    number = _digits(text, language, None)
    return _number_words(text, language, None) if isinstance(number, str) else number


def _number_words(value: JsonValue, language: str, _: object) -> JsonValue:
    return number_words(language).get(_joined(value), value) if isinstance(value, str) else value


def _digits(value: JsonValue, _language: str, _: object) -> JsonValue:
    if not isinstance(value, str) or not _NUMBER.fullmatch(value.strip()):
        return value
    number = float(value)
    return int(number) if number.is_integer() else number


def _round(value: JsonValue, _language: str, _: object) -> JsonValue:
    return round(value) if isinstance(value, float) and math.isfinite(value) else value


def _clamp(value: JsonValue, _language: str, bounds: tuple[float | None, float | None]) -> JsonValue:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    low, high = bounds
    if low is not None and value < low:
        return low
    return high if high is not None and value > high else value


def _lower(value: JsonValue, _language: str, _: object) -> JsonValue:
    return value.strip().lower() if isinstance(value, str) else value


def _switch(value: JsonValue, _language: str, _: object) -> JsonValue:
    return _SWITCH.get(value.strip().lower(), value) if isinstance(value, str) else value


_ONE: Mapping[str, Callable[[JsonValue, str, tuple[float | None, float | None]], JsonValue]] = {
    "lower": _lower,
    "switch": _switch,
    "percent": _percent,
    "number_words": _number_words,
    "digits": _digits,
    "round": _round,
    "clamp": _clamp,
}


@lru_cache(maxsize=4)
def number_words(language: str) -> Mapping[str, int]:
    """Whole numbers up to `LARGEST_IN_WORDS` by their words, without spaces and hyphens: "fiftyfive" is 55."""
    from unicode_rbnf import RbnfEngine  # noqa: PLC0415 (it reads XML, and few tools ask for words)

    try:
        engine = RbnfEngine.for_language(language)
    except ValueError:
        engine = RbnfEngine.for_language(_FALLBACK)
    found: dict[str, int] = {}
    for number in range(LARGEST_IN_WORDS + 1):
        for text in engine.format_number(number).text_by_ruleset.values():
            found.setdefault(_joined(text), number)
    return found


def _joined(text: str) -> str:
    return _JOINTS.sub("", text.casefold())
