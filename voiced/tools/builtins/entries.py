"""A timer, an alarm or a reminder, and when it is due. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from voiced.tools.builtins.clocks import Moment

_SET_BACK_SECONDS = 3600.0
"""A clock that is set back by less than this doesn't make an alarm ring a second time."""
WEEK = 7


class Kind(StrEnum):
    """What it is called by the people it rings for."""

    TIMER = "timer"
    ALARM = "alarm"
    REMINDER = "reminder"


@dataclass(frozen=True, slots=True)
class Countdown:
    """So long from when it was set, whatever the clock on the wall does.

    Attributes:
        seconds: how long.
        ends: by the monotonic clock, or by the wall's where the machine was started since.
        by_wall: which of them.
    """

    seconds: float
    ends: float
    by_wall: bool = False

    def due(self, now: Moment) -> float:
        """Seconds from now; negative where that is over."""
        return self.ends - (now.wall if self.by_wall else now.monotonic)


@dataclass(frozen=True, slots=True)
class Appointment:
    """A time on the clock, once or every week.

    Attributes:
        at: hours and minutes.
        day: the date, of one that is once.
        weekdays: 0 for Monday to 6, of one that is again and again.
        handled: Unix seconds up to which it has rung, or was set.
    """

    at: time
    day: date | None = None
    weekdays: frozenset[int] = frozenset()
    handled: float = 0.0

    def due(self, now: Moment) -> float:
        """Seconds from now; negative where that is over. An hour that a clock change leaves out is rung after it."""
        if self.day is not None:
            return self._on(self.day, now) - now.wall
        # what a clock has handled that was far ahead counts for nothing once it is right
        handled = self.handled if self.handled - now.wall < _SET_BACK_SECONDS else now.wall
        today = now.local.date()
        days = (today + timedelta(days=offset) for offset in range(-WEEK, WEEK + 2))
        rings = [self._on(day, now) for day in days if day.weekday() in self.weekdays]
        latest = max((instant for instant in rings if instant <= now.wall), default=0.0)
        if latest > handled:
            return latest - now.wall
        return min(instant for instant in rings if instant > max(now.wall, handled)) - now.wall

    def _on(self, day: date, now: Moment) -> float:
        return datetime.combine(day, self.at, now.zone).timestamp()


@dataclass(frozen=True, slots=True)
class Entry:
    """One that is set.

    Attributes:
        number: tells it from the others.
        label: a timer's name, a reminder's text; may be empty.
        snoozes: how often it was put off because nobody stopped it.
    """

    number: int
    kind: Kind
    label: str
    when: Countdown | Appointment
    snoozes: int = 0

    @property
    def repeats(self) -> bool:
        """Whether it is due again after it has rung."""
        return isinstance(self.when, Appointment) and self.when.day is None


@dataclass(frozen=True, slots=True)
class Missed:
    """One that rang unheard, or could not; `at` is when it was due, Unix seconds."""

    kind: Kind
    label: str
    at: float


def next_day(at: time, now: Moment, weekday: int | None = None) -> date:
    """The date on which a time comes next, on that day of the week where one is given."""
    today = now.local.date()
    for offset in range(WEEK + 1):
        day = today + timedelta(days=offset)
        if weekday in (None, day.weekday()) and datetime.combine(day, at, now.zone).timestamp() > now.wall:
            return day
    return today + timedelta(days=WEEK)
