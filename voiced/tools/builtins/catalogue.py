"""The built-ins that a speaker has."""

from collections.abc import Callable, Iterable, Iterator

from voiced.tools.builtin_settings import NAMES, BuiltInSettings, switched_on
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
