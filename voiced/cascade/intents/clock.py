"""Times of day and days of the week as they are said."""

from collections.abc import Mapping
from functools import cache

from voiced.cascade.intents.numbers import whole_numbers
from voiced.cascade.intents.readings import Reading, Slots, Value, composed, listed
from voiced.cascade.spoken import number_words

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NOON = 12 * 60
_DAY = 2 * _NOON
_PARTS: Mapping[tuple[str, ...], Value] = {
    ("a", "m"): "am",
    ("p", "m"): "pm",
    ("in", "the", "morning"): "am",
    ("in", "the", "afternoon"): "pm",
    ("in", "the", "evening"): "pm",
    ("at", "night"): "night",
}
_NIGHT_ENDS = 6 * 60
"""Minutes: "three at night" is 03:00, "nine at night" 21:00."""


@cache
def times() -> Reading:
    """Times as "HH:MM": "half past six", "seven a m", "noon". Without a part of the day just as it is said."""
    clock = composed(
        [
            ("{h} [o'clock]", lambda slots: int(slots["h"]) * 60),
            ("{h} {mm}", lambda slots: int(slots["h"]) * 60 + int(slots["mm"])),
            ("half past {h}", lambda slots: int(slots["h"]) * 60 + 30),
            ("[a] quarter (past|after) {h}", lambda slots: int(slots["h"]) * 60 + 15),
            ("[a] quarter (to|before|of) {h}", lambda slots: int(slots["h"]) * 60 - 15),
            ("{m} [minute|minutes] (past|after) {h}", lambda slots: int(slots["h"]) * 60 + int(slots["m"])),
            ("{m} [minute|minutes] (to|before) {h}", lambda slots: int(slots["h"]) * 60 - int(slots["m"])),
        ],
        {"h": whole_numbers(1, 12), "m": whole_numbers(1, 29), "mm": _minutes()},
    )
    return composed(
        [
            ("(noon|midday|twelve noon)", lambda _: "12:00"),
            ("(midnight|twelve midnight)", lambda _: "00:00"),
            ("{clock}", lambda slots: _written(int(slots["clock"]))),
            ("{clock} {part}", lambda slots: _written(_within_day(slots))),
            ("{late} {mm}", lambda slots: _written(int(slots["late"]) * 60 + int(slots["mm"]))),
            ("{late} (hundred|o'clock)", lambda slots: _written(int(slots["late"]) * 60)),
        ],
        {"clock": clock, "part": listed(_PARTS), "late": whole_numbers(13, 23), "mm": _minutes()},
    )


@cache
def weekdays() -> Reading:
    """Days of the week, in English and small letters."""
    return listed({(day,): day for day in _WEEKDAYS})


def _minutes() -> Reading:
    """Minutes behind an hour: "oh five", "thirty"."""
    single: dict[tuple[str, ...], Value] = {
        (zero, *words): int(value)
        for zero in ("oh", "zero")
        for number in range(1, 10)
        for words, value in [_said(number)]
    }
    return listed(single | dict(_said(number) for number in range(10, 60)))


def _said(number: int) -> tuple[tuple[str, ...], Value]:
    return tuple(number_words(number)), number


def _within_day(slots: Slots) -> int:
    minute, part = int(slots["clock"]) % _NOON, slots["part"]
    if part == "night":
        part = "am" if minute < _NIGHT_ENDS else "pm"
    return minute + (_NOON if part == "pm" else 0)


def _written(minute: int) -> str:
    hours, minutes = divmod(minute % _DAY, 60)
    return f"{hours:02}:{minutes:02}"
