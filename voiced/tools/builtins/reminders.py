from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import JsonValue

from voiced.tools.actions.action import ActionError
from voiced.tools.builtins import days
from voiced.tools.builtins.diary import Diary
from voiced.tools.builtins.entries import Appointment, Countdown, Entry, Kind
from voiced.tools.builtins.making import make
from voiced.tools.builtins.naming import ALL, meant, missed_words
from voiced.tools.builtins.schedule import FullError
from voiced.tools.builtins.timers import LONGEST_SECONDS
from voiced.tools.builtins.wording import clock, duration, listed, near_day
from voiced.tools.moments import ParameterFormat
from voiced.tools.parameters import ParameterSettings, ParameterType
from voiced.tools.tool import Tool

_TEXT = ParameterSettings(description="What to say then, as a phrase: call mum.", default="", private=True)
_IN = ParameterSettings(
    type=ParameterType.INTEGER,
    format=ParameterFormat.DURATION,
    minimum=1,
    maximum=LONGEST_SECONDS,
    description="How long from now; or give a time.",
    optional=True,
)
_AT = ParameterSettings(
    format=ParameterFormat.TIME, description="The time of the day; or give a duration.", optional=True
)
_WHICH = ParameterSettings(
    description=f"Words of its text; '{ALL}' for all; nothing where there is one.", default="", private=True
)


def reminders(diary: Diary, locale: str) -> Iterator[Tool]:
    """Setting, asking after and cancelling reminders."""
    kind = Kind.REMINDER

    def told(entry: Entry) -> str:
        now = diary.now
        when = entry.when
        if isinstance(when, Appointment):
            text = days.said(when, now, locale)
        else:
            at = datetime.fromtimestamp(now.wall + when.due(now), now.zone)
            text = f"{clock(at, locale)} {near_day(at.date(), now.local.date(), locale)}"
        return f"{entry.label}, at {text}" if entry.label else f"at {text}"

    def start(values: Mapping[str, Any]) -> dict[str, JsonValue]:
        now, seconds = diary.now, values["duration"]
        if (seconds is None) is (values["time"] is None):
            raise ActionError("Say when: either a time, or how long from now.")
        when = days.appointment(values, now) if seconds is None else Countdown(seconds, now.monotonic + seconds)
        try:
            entry = diary.add(kind, values["text"], when)
        except FullError as error:
            raise ActionError(str(error)) from error
        said = f"at {days.said(when, now, locale)}" if isinstance(when, Appointment) else f"in {duration(seconds)}"
        return {"said": f"I'll remind you {said}.", "text": entry.label}

    def ask(_: Mapping[str, Any]) -> dict[str, JsonValue]:
        missed = missed_words(diary.tell_missed(kind), diary.now, locale)
        pending = diary.schedule.pending(kind, diary.now)
        if not pending:
            return {"said": missed or "There is no reminder set.", "reminders": []}
        number = "There is one reminder" if len(pending) == 1 else f"There are {len(pending)} reminders"
        return {
            "said": f"{number}: {'; '.join(map(told, pending))}. {missed}".strip(),
            "reminders": [{"text": entry.label, "seconds_left": round(entry.when.due(diary.now))} for entry in pending],
        }

    def cancel(values: Mapping[str, Any]) -> dict[str, JsonValue]:
        gone = meant(diary.schedule.pending(kind, diary.now), kind, values["text"])
        diary.cancel(gone)
        labels = [entry.label for entry in gone if entry.label]
        what = "reminder" if len(gone) == 1 else "reminders"
        return {"said": f"Cancelled the {what}{': ' + listed(labels) if labels else ''}.", "cancelled": len(gone)}

    yield make(
        "set_reminder",
        "Remind the user aloud at a time of the day or after some time.",
        start,
        {"text": _TEXT, "duration": _IN, "time": _AT, "day": days.DAY, "every": days.EVERY},
        (
            "remind me in {duration}",
            "(remind me|set [a] reminder) (for|at) {time} [[on] {day}]",
            "(remind me|set [a] reminder) (for|at) {time} every {every}",
        ),
        discreet=True,
    )
    yield make(
        "list_reminders",
        "Which reminders are set.",
        ask,
        {},
        ("(what|which) reminders are set", "(what are|list|tell me) my reminders", "do i have [any] reminders"),
        discreet=True,
    )
    yield make(
        "cancel_reminder",
        "Cancel a reminder that is set.",
        cancel,
        {"text": _WHICH},
        ("(cancel|delete) (the|my) reminder",),
        discreet=True,
    )
