"""The built-ins that a speaker has."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Never

from voiced.tools.builtin_settings import NAMES, BuiltInSettings, switched_on
from voiced.tools.builtins import clocks
from voiced.tools.builtins.abilities import abilities
from voiced.tools.builtins.alarms import alarms
from voiced.tools.builtins.diary import Diary
from voiced.tools.builtins.microphone import microphone
from voiced.tools.builtins.reminders import reminders
from voiced.tools.builtins.repeating import repeating
from voiced.tools.builtins.speaker import Speaker
from voiced.tools.builtins.status import status
from voiced.tools.builtins.stopping import stopping
from voiced.tools.builtins.timers import timers
from voiced.tools.builtins.today import today
from voiced.tools.builtins.volume import volume
from voiced.tools.tool import Tool


def catalogue(
    settings: BuiltInSettings, locale: str, diary: Diary, speaker: Speaker, tools: Callable[[], Iterable[Tool]]
) -> Iterator[Tool]:
    """Those that are switched on; `tools` are all that the speaker has, at any time."""
    wanted = switched_on(settings)
    everything = (
        timers(diary, locale),
        alarms(diary, locale),
        reminders(diary, locale),
        stopping(diary),
        volume(speaker, locale),
        microphone(speaker),
        today(lambda: diary.now, locale),
        repeating(speaker),
        abilities(tools, wanted, frozenset(names[0] for names in NAMES.values())),
        status(speaker, diary),
    )
    for group in everything:
        yield from (tool for tool in group if tool.name in wanted)


def to_look_at(settings: BuiltInSettings, locale: str) -> Iterator[Tool]:
    """The same of no speaker, for their names and phrases; they are not to be called."""
    diary = Diary(Path("/nonexistent"), clocks.now, snooze_seconds=0, ring=_never, quiet=_never, missed=_never)
    return catalogue(settings, locale, diary, Speaker(_never, _never, _never, _never, _never), tuple)


def _never(*_: object) -> Never:
    raise LookupError("these built-ins are of no speaker")
