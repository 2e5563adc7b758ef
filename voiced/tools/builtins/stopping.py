from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from voiced.tools.actions.action import ActionError
from voiced.tools.builtins.diary import Diary
from voiced.tools.builtins.making import make
from voiced.tools.builtins.naming import called
from voiced.tools.builtins.timers import LONGEST_SECONDS
from voiced.tools.builtins.wording import duration, listed
from voiced.tools.moments import ParameterFormat
from voiced.tools.parameters import ParameterSettings, ParameterType
from voiced.tools.tool import Tool

_FOR = ParameterSettings(
    type=ParameterType.INTEGER,
    format=ParameterFormat.DURATION,
    minimum=60,
    maximum=LONGEST_SECONDS,
    description="How long, where the user says so.",
    optional=True,
)


def stopping(diary: Diary) -> Iterator[Tool]:
    """Ending what rings, and putting it off."""

    def stop(_: Mapping[str, Any]) -> dict[str, JsonValue]:
        rang = diary.stop()
        if not rang:
            raise ActionError("Nothing rings.")
        return {"said": "OK.", "stopped": [called(entry.kind, entry.label) for entry in rang]}

    def snooze(values: Mapping[str, Any]) -> dict[str, JsonValue]:
        later = diary.snooze(values["duration"])
        if not later:
            raise ActionError("Nothing has rung just now.")
        seconds = later[0].when.due(diary.now)
        names = [called(entry.kind, entry.label) for entry in later]
        return {"said": f"{listed(names).capitalize()} comes again in {duration(seconds)}.", "seconds": round(seconds)}

    yield make(
        "stop_ringing",
        "End the ringing of timers, alarms and reminders.",
        stop,
        {},
        ("(stop|end|silence) (ringing|the ringing)",),
    )
    yield make(
        "snooze",
        "Put off the alarm, timer or reminder that rings or rang just now.",
        snooze,
        {"duration": _FOR},
        ("snooze [for {duration}]", "(again|remind me again) in {duration}"),
    )
