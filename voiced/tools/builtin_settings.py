from pydantic import Field

from voiced.settings import Settings

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


class BuiltInSettings(Settings):
    """What the speaker can do by itself; each is there unless you switch it off with `false`."""

    timers: bool = True
    """Timers, several and named."""
    alarms: bool = True
    """Alarms at a time of the day, once or on days of the week."""
    reminders: bool = True
    """Reminders, spoken when they are due."""
    volume: bool = True
    """Setting the volume by voice."""
    microphone: bool = True
    """Switching the microphone off by voice; it can't be switched on again that way."""
    time: bool = True
    """Telling the time and the date."""
    repeat: bool = True
    """Saying the last reply again."""
    abilities: bool = True
    """Telling what can be said."""
    status: bool = True
    """Telling how the speaker does."""
    end_conversation: bool = True
    """Ending the conversation when you say goodbye."""
    ring_minutes: float = Field(default=5.0, gt=0, le=60)
    """How long a timer, an alarm or a reminder rings. An alarm that nobody stops is snoozed, twice; what is missed in
    the end is told aloud, and again when you ask."""
    ring_volume: int = Field(default=40, ge=0, le=100)
    """Percent: they ring at least so loud, whatever the volume is. 0 leaves them to the volume. A card's own volume
    control (`audio.output.mixer`) is not touched for it."""
    snooze_minutes: float = Field(default=9.0, gt=0, le=120)
    """How long an alarm is put off where nobody says otherwise."""


def switched_on(settings: BuiltInSettings) -> frozenset[str]:
    """The names of the tools that there are."""
    rings = settings.timers or settings.alarms or settings.reminders
    return frozenset(
        name
        for switch, names in NAMES.items()
        if (rings if switch == "ringing" else getattr(settings, switch))
        for name in names
    )
