"""Times, durations and lists as they are said: the sentences are English, numbers and dates the locale's.

babel and its data are loaded when something is said: 6 MiB that a speaker nobody talks to does without.
"""
# ruff: noqa: PLC0415 (see above)

import functools
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale

_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
_ROUGH_SECONDS = 600
"""From here on nobody wants to hear of seconds."""
_LANGUAGE = "en"
"""Of the sentences around; what can't be mixed with them, as lists, is in it, too."""


@functools.cache
def locale_of(name: str) -> "Locale":
    """By its name ("de-DE"); English where it is not known."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(name, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en", "US")


def duration(seconds: float) -> str:
    """As "1 hour and 5 minutes"; without seconds where it is long."""
    from babel.units import format_unit

    left = max(
        0, round(seconds if seconds < _ROUGH_SECONDS else seconds / 60) * (1 if seconds < _ROUGH_SECONDS else 60)
    )
    parts = []
    for unit, size in _UNITS:
        number, left = divmod(left, size)
        if number:
            parts.append(format_unit(number, f"duration-{unit}", "long", locale=_LANGUAGE))
    return listed(parts) or format_unit(0, "duration-second", "long", locale=_LANGUAGE)


def clock(at: time | datetime, locale: str) -> str:
    """As "7:30 AM", "19:30"."""
    from babel.dates import format_time

    return _plain(format_time(at, "short", locale=locale_of(locale)))


def full_date(day: date, locale: str) -> str:
    """As "Saturday, November 21, 2026"."""
    from babel.dates import format_date

    return _plain(format_date(day, "full", locale=locale_of(locale)))


def near_day(day: date, today: date, locale: str) -> str:
    """As "today", "tomorrow", "on Tuesday", or the date."""
    away = (day - today).days
    if away in (0, 1):
        return ("today", "tomorrow")[away]
    if 1 < away < 7:
        return f"on {weekday(day.weekday())}"
    return f"on {full_date(day, locale)}"


def weekday(number: int) -> str:
    """As "Monday" for 0."""
    from babel.dates import get_day_names

    return str(get_day_names("wide", locale=_LANGUAGE)[number])


def listed(parts: Iterable[str]) -> str:
    """As "one, two, and three"."""
    from babel.lists import format_list

    return _plain(format_list(list(parts), locale=_LANGUAGE))


def counted(number: int, noun: str) -> str:
    """As "1 timer", "2 timers"."""
    return f"{number} {noun if number == 1 else noun + 's'}"


def _plain(text: str) -> str:
    """Without the typographer's spaces, which a voice may stumble over."""
    return text.replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\N{NO-BREAK SPACE}", " ")
