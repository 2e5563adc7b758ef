"""How tools may be used: what each may set for itself, and what holds for all."""

import re
from datetime import time
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from voiced.settings import Mistakes, Settings
from voiced.tools.policy import InQuietHours, QuietHours

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def _a_time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError(f"'{text}' is no time of day: give HH:MM, like 22:00")
    return text


TimeOfDay = Annotated[str, AfterValidator(_a_time)]


class QuietHoursSettings(Settings):
    """When tools rest: `{from: "22:00", to: "07:00"}`, by this device's clock."""

    begin: TimeOfDay = Field(alias="from")
    """HH:MM."""
    to: TimeOfDay
    """HH:MM; before `from` it is that of the next day."""
    then: Literal["refuse", "confirm"] = "refuse"
    """Whether a call is refused, or you are asked first."""

    @model_validator(mode="after")
    def _last_a_while(self) -> Self:
        if _read(self.begin) == _read(self.to):
            raise Mistakes(
                [(("to",), "to is the same as from, so they never come; leave quiet_hours out, or change one")]
            )
        return self

    def hours(self) -> QuietHours:
        """As the policy has it."""
        return QuietHours(_read(self.begin), _read(self.to), InQuietHours(self.then))


class LedgerSettings(Settings):
    """The log of calls that `voiced tools log` shows."""

    days: int = Field(default=90, ge=0, le=3650)
    """How long a call is remembered. 0 keeps no log."""
    calls: int = Field(default=10_000, ge=1, le=1_000_000)
    """How many are, at most."""


class ToolPolicySettings(Settings):
    """What holds for every tool."""

    dry_run: bool = False
    """Answer every call, do nothing: to try phrases and prompts without a lamp blinking."""
    quiet_hours: QuietHoursSettings | None = None
    """When tools rest that set no hours of their own."""
    log: LedgerSettings = LedgerSettings()
    """The log of calls."""


def _read(text: str) -> time:
    hour, _, minute = text.partition(":")
    return time(int(hour), int(minute))
