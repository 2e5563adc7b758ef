from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import JsonValue

from voiced.tools.actions.action import ActionError
from voiced.tools.builtins import days
from voiced.tools.builtins.diary import Diary
from voiced.tools.builtins.entries import Appointment, Entry, Kind
from voiced.tools.builtins.making import make
from voiced.tools.builtins.naming import ALL, bare, meant, missed_words
from voiced.tools.builtins.schedule import FullError
from voiced.tools.builtins.wording import clock, listed
from voiced.tools.moments import ParameterFormat
from voiced.tools.parameters import ParameterSettings
from voiced.tools.tool import Tool

_NAME = ParameterSettings(description="What it is for, where the user says so.", default="")
_WHICH = ParameterSettings(description=f"Its name; '{ALL}' for all.", default="")
_AT = ParameterSettings(
    format=ParameterFormat.TIME, description="When it rings, where the user says so.", optional=True
)


def alarms(diary: Diary, locale: str) -> Iterator[Tool]:
    """Setting, asking after and cancelling alarms."""
    kind = Kind.ALARM

    def told(entry: Entry) -> str:
        return _told(entry, diary, locale)

    def start(values: Mapping[str, Any]) -> dict[str, JsonValue]:
        try:
            entry = diary.add(kind, bare(values["name"], kind), days.appointment(values, diary.now))
        except FullError as error:
            raise ActionError(str(error)) from error
        rings = _rings_at(entry, diary).isoformat(timespec="minutes")
        return {"said": f"Alarm set for {told(entry)}.", "next": rings}

    def ask(_: Mapping[str, Any]) -> dict[str, JsonValue]:
        missed = missed_words(diary.tell_missed(kind), diary.now, locale)
        pending = diary.schedule.pending(kind, diary.now)
        if not pending:
            return {"said": missed or "There is no alarm set.", "alarms": []}
        number = "There is one alarm" if len(pending) == 1 else f"There are {len(pending)} alarms"
        return {
            "said": f"{number}: {listed(map(told, pending))}. {missed}".strip(),
            "alarms": [
                {"name": entry.label, "next": _rings_at(entry, diary).isoformat(timespec="minutes")}
                for entry in pending
            ],
        }

    def cancel(values: Mapping[str, Any]) -> dict[str, JsonValue]:
        pending, at = diary.schedule.pending(kind, diary.now), values["time"]
        ringing = tuple(entry for entry in diary.schedule.ringing if entry.kind is kind)
        if at is not None:
            gone = tuple(entry for entry in pending if _rings_at(entry, diary).strftime("%H:%M") == at)
            if not gone:
                raise ActionError(f"There is no alarm at {at}.")
        elif ringing and not values["name"]:
            diary.stop()
            return {"said": "The alarm is off.", "cancelled": 0}
        else:
            gone = meant(pending, kind, values["name"])
        names = [told(entry) for entry in gone]
        diary.cancel(gone)
        return {
            "said": f"Cancelled the alarm{'s' if len(gone) > 1 else ''} for {listed(names)}.",
            "cancelled": len(gone),
        }

    yield make(
        "set_alarm",
        "Set an alarm at a time of the day, once or again and again.",
        start,
        {"time": days.TIME, "day": days.DAY, "every": days.EVERY, "name": _NAME},
        (
            "(set [an|the|my] alarm|wake me [up]) (for|at) {time} [[on] {day}]",
            "(set [an|the|my] alarm|wake me [up]) (for|at) {time} every {every}",
            "(set [an|the|my] alarm|wake me [up]) [on] {day} (for|at) {time}",
        ),
    )
    yield make(
        "list_alarms",
        "Which alarms are set.",
        ask,
        {},
        (
            "(what|which) alarms are (set|on)",
            "(when is|what is|what's) (my|the) [next] alarm",
            "(list|tell me) my alarms",
        ),
    )
    yield make(
        "cancel_alarm",
        "Cancel an alarm that is set, or end its ringing.",
        cancel,
        {"name": _WHICH, "time": _AT},
        (
            "(cancel|delete|stop|turn off) (the|my) alarm",
            "(cancel|delete) (the|my) alarm (for|at) {time}",
            "(cancel|delete) (the|my) {time} alarm",
        ),
    )


def _told(entry: Entry, diary: Diary, locale: str) -> str:
    """As "7:30 AM every weekday (work)"."""
    if isinstance(entry.when, Appointment):
        text = days.said(entry.when, diary.now, locale)
    else:
        text = f"{clock(_rings_at(entry, diary), locale)}, put off"
    return f"{text} ({entry.label})" if entry.label else text


def _rings_at(entry: Entry, diary: Diary) -> datetime:
    now = diary.now
    return datetime.fromtimestamp(round(now.wall + entry.when.due(now)), now.zone)
