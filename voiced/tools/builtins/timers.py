from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from voiced.tools.actions.action import ActionError
from voiced.tools.builtins.diary import Diary
from voiced.tools.builtins.entries import Countdown, Entry, Kind
from voiced.tools.builtins.making import make
from voiced.tools.builtins.naming import ALL, NAMES, among, bare, called, meant, missed_words
from voiced.tools.builtins.schedule import FullError
from voiced.tools.builtins.wording import duration, listed
from voiced.tools.moments import ParameterFormat
from voiced.tools.parameters import ParameterSettings, ParameterType
from voiced.tools.tool import Tool

LONGEST_SECONDS = 7 * 86_400

_DURATION = ParameterSettings(
    type=ParameterType.INTEGER,
    format=ParameterFormat.DURATION,
    minimum=1,
    maximum=LONGEST_SECONDS,
    coerce=("digits", "round"),
)
_NAME = ParameterSettings(description="What it is for, where the user says so: pizza.", default="")
_WHICH = ParameterSettings(description=f"Its name; '{ALL}' for all; nothing where there is only one.", default="")


def timers(diary: Diary, locale: str) -> Iterator[Tool]:
    """Setting, asking after and cancelling timers."""
    kind = Kind.TIMER

    def pending() -> tuple[Entry, ...]:
        return diary.schedule.pending(kind, diary.now)

    def start(values: Mapping[str, Any]) -> dict[str, JsonValue]:
        seconds = int(values["duration"])
        try:
            entry = diary.add(kind, bare(values["name"], kind), Countdown(seconds, diary.now.monotonic + seconds))
        except FullError as error:
            raise ActionError(str(error)) from error
        name = f"{entry.label.capitalize()} timer" if entry.label else "Timer"
        return {"said": f"{name} set for {duration(seconds)}.", "name": entry.label, "seconds": seconds}

    def left(values: Mapping[str, Any]) -> dict[str, JsonValue]:
        now = diary.now
        missed = missed_words(diary.tell_missed(kind), now, locale)
        running = pending()
        if running and values["name"]:
            running = meant(running, kind, values["name"])
        if not running:
            return {"said": missed or "There is no timer set.", "timers": []}
        told = [duration(entry.when.due(now)) for entry in running]
        if len(running) > 1:
            told = [f"{among(entry, len(running))} has {each}" for entry, each in zip(running, told, strict=True)]
            said = f"{_sentence(listed(told))} left."
        else:
            (entry,) = running
            said = f"{told[0]} left{f' on {called(kind, entry.label)}' if entry.label else ''}."
        return {
            "said": f"{said} {missed}".strip(),
            "timers": [{"name": entry.label, "seconds_left": round(entry.when.due(now))} for entry in running],
        }

    def cancel(values: Mapping[str, Any]) -> dict[str, JsonValue]:
        ringing = tuple(entry for entry in diary.schedule.ringing if entry.kind is kind)
        gone = ringing if ringing and not values["name"] else meant((*ringing, *pending()), kind, values["name"])
        diary.cancel(gone)
        names = [among(entry, len(gone)) for entry in gone]
        said = f"Cancelled {listed(names)}." if len(gone) < 4 else f"Cancelled {len(gone)} timers."
        return {"said": said, "cancelled": len(gone)}

    words = {"name": {name: name for name in NAMES}}
    yield make(
        "set_timer",
        "Set a timer.",
        start,
        {"duration": _DURATION, "name": _NAME},
        (
            "(set|start) [a|the] timer (for|of) {duration}",
            "(set|start) [a|an] {duration} timer",
            "(set|start) [a|an|the] {name} timer (for|of) {duration}",
        ),
        words,
    )
    yield make(
        "timers_left",
        "How much time is left on the timers; also which are set.",
        left,
        {"name": _WHICH},
        (
            "how (long|much time|much longer) [is] left [on (the|my) timer[s]]",
            "how (long|much time) [is] left (on|for) (the|my) {name} [timer]",
            "(what|which) timers are (set|running|on)",
        ),
        words,
    )
    yield make(
        "cancel_timer",
        "Cancel a timer, or end its ringing.",
        cancel,
        {"name": _WHICH},
        (
            "(cancel|stop|end|delete) (the|my) timer",
            "(cancel|stop|end|delete) [the|my] {name} (timer|timers)",
        ),
        {"name": words["name"] | {ALL: ALL}},
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
