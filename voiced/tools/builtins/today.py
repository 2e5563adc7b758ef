from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from voiced.tools.builtins.clocks import Moment
from voiced.tools.builtins.making import make
from voiced.tools.builtins.wording import clock, full_date
from voiced.tools.tool import Tool


def today(now: Callable[[], Moment], locale: str) -> Iterator[Tool]:
    """The time and the date."""

    def tell_time(_: Mapping[str, Any]) -> dict[str, JsonValue]:
        local = now().local
        return {"said": f"It is {clock(local, locale)}.", "time": local.isoformat(timespec="minutes")}

    def tell_date(_: Mapping[str, Any]) -> dict[str, JsonValue]:
        local = now().local
        return {"said": f"It is {full_date(local.date(), locale)}.", "date": local.date().isoformat()}

    yield make(
        "get_time",
        "The time of the day here, with the date.",
        tell_time,
        {},
        ("(what time is it|what is the time|what's the time) [now]", "tell me the time"),
    )
    yield make(
        "get_date",
        "Today's date and day of the week here.",
        tell_date,
        {},
        (
            "(what is|what's) (the date|today's date) [today]",
            "(what day is it|what day is today|what is today) [today]",
        ),
    )
