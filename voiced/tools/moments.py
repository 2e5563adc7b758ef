"""Durations, times, days and shares as JSON Schema's `format` names them, in the one form that devices are given."""

import math
import re
from datetime import date, time
from enum import StrEnum

from pydantic import JsonValue


class ParameterFormat(StrEnum):
    """What a value stands for."""

    DURATION = "duration"
    """A whole number of seconds."""
    TIME = "time"
    """HH:MM, 24 hours."""
    DATE = "date"
    """YYYY-MM-DD."""
    WEEKDAY = "weekday"
    """A day's English name in small letters."""
    PERCENT = "percent"
    """A number, said with or without "percent"."""


FORMS = {
    ParameterFormat.DURATION: "a whole number of seconds",
    ParameterFormat.TIME: "a time of day like 07:30",
    ParameterFormat.DATE: "a date like 2026-11-21",
    ParameterFormat.WEEKDAY: "a day of the week in English, like monday",
    ParameterFormat.PERCENT: "a percentage as a number",
}
_ISO_DURATION = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?")
_WEEKDAYS = frozenset({"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"})
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?")


def in_form(value: JsonValue, form: ParameterFormat) -> JsonValue:
    """The value as devices are given it, from ISO 8601, too: "PT10M" is 600, "7:30:00" is "07:30"; "50%" is 50.

    Raises `ValueError` where a text stands for no such moment; what is no text is not looked at.
    """
    if not isinstance(value, str):
        return value
    match form:
        case ParameterFormat.DURATION:
            return _seconds(value)
        case ParameterFormat.TIME:
            found = _TIME.fullmatch(value.strip())
            if found is None:
                raise ValueError(value)
            return time(int(found[1]), int(found[2])).strftime("%H:%M")
        case ParameterFormat.DATE:
            return date.fromisoformat(value.strip()[:10]).isoformat()
        case ParameterFormat.WEEKDAY:
            if value.strip().lower() not in _WEEKDAYS:
                raise ValueError(value)
            return value.strip().lower()
        case ParameterFormat.PERCENT:
            number = float(value.strip().removesuffix("%"))
            if not math.isfinite(number):  # which Python reads, and no limit holds
                raise ValueError(value)
            return int(number) if number.is_integer() else number


def _seconds(text: str) -> int:
    found = _ISO_DURATION.fullmatch(text.strip().upper())
    if found is None or not any(found.groups()):
        raise ValueError(text)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
