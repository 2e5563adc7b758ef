"""The `gpio` action's part of a tool's settings."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from voiced.gpio import BcmNumber
from voiced.settings import Mistakes
from voiced.tools import templates
from voiced.tools.actions.settings import ActionSettings
from voiced.tools.suggestion import suggestion


class Deed(StrEnum):
    """What is done with an output."""

    ON = "on"
    OFF = "off"
    TOGGLE = "toggle"
    PULSE = "pulse"
    BLINK = "blink"
    VALUE = "value"


class GpioAction(ActionSettings):
    """A pin of the header: an output that is switched, or an input that is read. Exactly one of output and input."""

    output: BcmNumber | None = None
    """The output's Broadcom (BCM) number, 0 to 27."""
    do: str = Deed.ON
    """on, off, toggle, pulse (on for `seconds`, then off), blink (`count` pulses), value (see there); or a template
    that gives one of them, like "{{ state }}"."""
    seconds: float = Field(default=0.5, gt=0, le=60)
    """How long a pulse lasts, and the pause after it where there are several."""
    count: int = Field(default=3, ge=1, le=100)
    """How many pulses a blink is."""
    value: str | float | None = None
    """How much of the time the output is on, 0 to 1: a number, or a template like "{{ level / 100 }}"."""
    at_exit: Literal["on", "off"] = "off"
    """The safe state: what the output is put to when the speaker ends."""
    input: BcmNumber | None = None
    """The input's Broadcom (BCM) number, 0 to 27; the result is true or false."""
    pull: Literal["up", "down", "none"] = "none"
    """The input's resistor; with `up` it reads true while it is connected to ground, unless active_high is given."""
    active_high: bool | None = None
    """false where the device is on, or the input true, while the pin is low, as with many relay boards."""

    @model_validator(mode="after")
    def _one_pin(self) -> Self:
        if (self.output is None) == (self.input is None):
            raise ValueError("give output, to switch a pin, or input, to read one")
        return self

    @model_validator(mode="after")
    def _only_what_counts(self) -> Self:
        idle = ("do", "seconds", "count", "value", "at_exit") if self.output is None else ("pull",)
        kind = "an input" if self.output is None else "an output"
        found: list[tuple[tuple[str | int, ...], str]] = [
            ((name,), f"{kind} has no {name}") for name in idle if name in self.model_fields_set
        ]
        if "{" not in self.do and self.do not in set(Deed):
            found.append((("do",), f"'{self.do}' is none of {', '.join(Deed)}{suggestion(self.do, list(Deed))}"))
        elif (self.value is None) == (self.do == Deed.VALUE):
            found.append((("do",), "`do: value` and `value: …` belong together"))
        if isinstance(self.value, float) and not 0 <= self.value <= 1:
            found.append((("value",), "a number from 0 to 1 is expected"))
        if found:
            raise Mistakes(found)
        return self

    @property
    def pin(self) -> int:
        """The one pin there is."""
        return int(self.input if self.output is None else self.output)  # type: ignore[arg-type]  # (one of them is given)

    @property
    def dims(self) -> bool:
        """Whether the output is switched so fast that it is on in part."""
        return self.do == Deed.VALUE

    def templates(self) -> Iterator[tuple[str, str]]:
        """Every template with the key that holds it."""
        yield "do", self.do
        yield from templates.strings_in(self.value, "value")
