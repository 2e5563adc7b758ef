from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from voiced.tools.builtins.diary import Diary
from voiced.tools.builtins.entries import Kind
from voiced.tools.builtins.making import make
from voiced.tools.builtins.speaker import Speaker
from voiced.tools.builtins.wording import counted, listed
from voiced.tools.tool import Tool


def status(speaker: Speaker, diary: Diary) -> Iterator[Tool]:
    """How the speaker does."""

    def tell(_: Mapping[str, Any]) -> dict[str, JsonValue]:
        report = speaker.report()
        numbers = {kind: len(diary.schedule.pending(kind, diary.now)) for kind in Kind}
        answers = (
            "the service can't be had, so this device answers by itself"
            if report.outage
            else "this device answers by itself"
            if report.answers == "cascade"
            else "the service can be had"
        )
        set_ = listed(counted(number, kind.value) for kind, number in numbers.items() if number)
        said = f"I am {report.name}, version {report.version}. The volume is {speaker.volume()} percent, and {answers}."
        verb = "is" if sum(numbers.values()) == 1 else "are"
        return {
            "said": f"{said} There {verb} {set_}." if set_ else said,
            "name": report.name,
            "version": report.version,
            "volume": speaker.volume(),
            "answers": report.answers,
            "outage": report.outage or None,
            "timers": numbers[Kind.TIMER],
            "alarms": numbers[Kind.ALARM],
            "reminders": numbers[Kind.REMINDER],
        }

    yield make(
        "speaker_status",
        "How this speaker does: volume, version, who answers, how many timers and alarms are set.",
        tell,
        {},
        ("(what is|what's) your (status|version)", "how are you doing", "are you (online|offline|connected)"),
    )
