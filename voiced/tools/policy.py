"""What the runner holds to, beside the arguments. Pure: times are given."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

TIMEOUT_SECONDS = 8.0
MINUTE = 60.0


Asks = Callable[[Mapping[str, object]], bool]
"""Whether a call with these values is asked about."""


class InQuietHours(StrEnum):
    """What becomes of a call in quiet hours."""

    REFUSE = "refuse"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A part of the day, over midnight where it ends before it begins."""

    begin: time
    end: time
    then: InQuietHours = InQuietHours.REFUSE

    def hold(self, moment: time) -> bool:
        """Whether they hold at a time of day."""
        if self.begin <= self.end:
            return self.begin <= moment < self.end
        return moment >= self.begin or moment < self.end


@dataclass(frozen=True, slots=True)
class Policy:
    """How a tool may be used.

    Attributes:
        timeout_seconds: how long the action may take, waiting for its turn included.
        concurrency: how many calls may run at a time; others wait. None for any number.
        rate_limit: how many calls a minute may begin. None for any number.
        confirm: whether the user is asked first, or what says so of each call.
        question: a template of what is asked; empty for the tool's name and values.
        personas: who may use it; None for everybody.
        quiet_hours: when it rests.
        dry_run: whether nothing is done.
    """

    timeout_seconds: float = TIMEOUT_SECONDS
    concurrency: int | None = None
    rate_limit: int | None = None
    confirm: bool | Asks = False
    question: str = ""
    personas: frozenset[str] | None = None
    quiet_hours: QuietHours | None = None
    dry_run: bool = False

    def allows(self, persona: str) -> bool:
        """Whether a persona may use the tool."""
        return self.personas is None or persona in self.personas

    def asks(self, values: Mapping[str, object]) -> bool:
        """Whether the user is asked before a call with these values."""
        return self.confirm if isinstance(self.confirm, bool) else self.confirm(values)


class Rate:
    """Calls of the last minute. Times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._begun: deque[float] = deque()

    def wait(self, limit: int, now: float) -> float:
        """Seconds until another call may begin; 0 where it begins, which counts."""
        while self._begun and self._begun[0] + MINUTE <= now:
            self._begun.popleft()
        if len(self._begun) >= limit:
            return self._begun[-limit] + MINUTE - now
        self._begun.append(now)
        return 0.0
