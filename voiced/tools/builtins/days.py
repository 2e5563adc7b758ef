"""When an alarm or a reminder is to come, as people say it: a time, on a day or again and again."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any

from voiced.tools.actions.action import ActionError
from voiced.tools.builtins.clocks import Moment
from voiced.tools.builtins.entries import Appointment, next_day
from voiced.tools.builtins.wording import clock, listed, near_day, weekday
from voiced.tools.moments import ParameterFormat
from voiced.tools.parameters import ParameterSettings

_SOONEST, _TODAY, _TOMORROW, _NEVER = "soonest", "today", "tomorrow", "never"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""As models are to name them; to ask babel for them would load its data at every start."""
_EVERY = {"day": range(7), "weekday": range(5), "weekend": range(5, 7)} | {
    name: range(number, number + 1) for number, name in enumerate(_WEEKDAYS)
}

TIME = ParameterSettings(format=ParameterFormat.TIME)
DAY = ParameterSettings(
    description="The day of one that comes once; soonest is the next time the clock shows that time.",
    enum=[_SOONEST, _TODAY, _TOMORROW, *_WEEKDAYS],
    default=_SOONEST,
    coerce=("lower",),
)
EVERY = ParameterSettings(
    description="Of one that repeats; call once for each of several days. Never: once only.",
    enum=[_NEVER, *_EVERY],
    default=_NEVER,
    coerce=("lower",),
)


def appointment(values: Mapping[str, Any], now: Moment) -> Appointment:
    """From the values of `TIME`, `DAY` and `EVERY`. Raises `ActionError` where that is over."""
    at = _time(values["time"])
    if values["every"] != _NEVER:
        return Appointment(at, None, frozenset(_EVERY[values["every"]]), now.wall)
    soonest = next_day(at, now)
    match values["day"]:
        case "soonest":
            return Appointment(at, soonest)
        case "today":
            if soonest != now.local.date():
                raise ActionError("That time has passed today.")
            return Appointment(at, soonest)
        case "tomorrow":
            return Appointment(at, date.fromordinal(now.local.date().toordinal() + 1))
        case name:
            return Appointment(at, next_day(at, now, _WEEKDAYS.index(name)))


def said(when: Appointment, now: Moment, locale: str) -> str:
    """As "7:30 AM tomorrow", "7:30 AM every weekday"."""
    at = clock(when.at, locale)
    if when.day is not None:
        return f"{at} {near_day(when.day, now.local.date(), locale)}"
    for name, days in _EVERY.items():
        if when.weekdays == frozenset(days):
            return f"{at} every {name if name not in _WEEKDAYS else name.capitalize()}"
    return f"{at} every {listed(weekday(day) for day in sorted(when.weekdays))}"


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise ActionError(f"{text} is no time of the day.") from None
