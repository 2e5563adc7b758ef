"""The built-ins that a speaker has."""

from collections.abc import Callable, Iterable, Iterator

from voiced.tools.builtin_settings import BuiltInSettings
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

NAMES = {
    "timers": ("set_timer", "timers_left", "cancel_timer"),
    "alarms": ("set_alarm", "list_alarms", "cancel_alarm"),
    "reminders": ("set_reminder", "list_reminders", "cancel_reminder"),
    "ringing": ("stop_ringing", "snooze"),
    "volume": ("set_volume", "change_volume", "get_volume"),
    "microphone": ("mute_microphone",),
    "time": ("get_time", "get_date"),
    "repeat": ("repeat",),
    "abilities": ("what_can_you_do",),
    "status": ("speaker_status",),
}
"""Every tool by the switch that it is under; `ringing` comes with whatever rings."""


def switched_on(settings: BuiltInSettings) -> frozenset[str]:
    """The names of the tools that there are."""
    rings = settings.timers or settings.alarms or settings.reminders
    return frozenset(
        name
        for switch, names in NAMES.items()
        if (rings if switch == "ringing" else getattr(settings, switch))
        for name in names
    )


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
        volume(speaker),
        microphone(speaker),
        today(lambda: diary.now, locale),
        repeating(speaker),
        abilities(tools, wanted, frozenset(names[0] for names in NAMES.values())),
        status(speaker, diary),
    )
    for group in everything:
        yield from (tool for tool in group if tool.name in wanted)
