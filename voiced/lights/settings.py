"""The lights' part of the configuration: `lights:` of voiced.yaml."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from voiced.settings import Settings

BcmNumber = Annotated[int, Field(ge=0, le=27)]
"""A GPIO of the 40-pin header by its Broadcom number, which is not its place on the header."""


class LightDriver(StrEnum):
    """What kind of light there is."""

    NONE = "none"
    LED = "led"
    RGB = "rgb"


_PINS: dict[LightDriver, tuple[str, ...]] = {
    LightDriver.NONE: (),
    LightDriver.LED: ("led",),
    LightDriver.RGB: ("red", "green", "blue"),
}


class PinSettings(Settings):
    """Which GPIO drives what, as Broadcom (BCM) numbers, 0 to 27."""

    red: BcmNumber | None = None
    """Red of an RGB LED."""
    green: BcmNumber | None = None
    """Green of an RGB LED."""
    blue: BcmNumber | None = None
    """Blue of an RGB LED."""
    led: BcmNumber | None = None
    """A single LED."""


class LightsSettings(Settings):
    """The light that shows what the speaker is doing."""

    driver: LightDriver = LightDriver.NONE
    """none, led (one LED) or rgb (a three-colour LED)."""
    pins: PinSettings | None = Field(default=None, validate_default=True)
    """rgb: `{red: 17, green: 27, blue: 22}`; led: `{led: 17}`."""
    brightness: float = Field(default=0.6, ge=0, le=1)
    """0 (dark) to 1 (as bright as the LED can)."""
    active_high: bool = True
    """false where the LED lights when the pin is low (common anode)."""

    # reads `driver`, which is validated before it and absent where it is wrong; so the error belongs to `pins`
    @field_validator("pins", mode="after")
    @classmethod
    def _fit_the_driver(cls, pins: PinSettings | None, info: ValidationInfo) -> PinSettings | None:
        driver: LightDriver | None = info.data.get("driver")
        if driver is None or driver is LightDriver.NONE:  # pins may stay while the light is switched off
            return pins
        given = {} if pins is None else pins.model_dump(exclude_none=True)
        needed = _PINS[driver]
        if missing := [name for name in needed if name not in given]:
            raise ValueError(f"driver {driver} needs the pins {', '.join(needed)}; missing: {', '.join(missing)}")
        if extra := [name for name in given if name not in needed]:
            raise ValueError(f"driver {driver} has no pin {', '.join(extra)}; it has {', '.join(needed)}")
        by_number: dict[int, str] = {}
        for name, number in given.items():
            if number in by_number:
                raise ValueError(f"{by_number[number]} and {name} are both GPIO {number}")
            by_number[number] = name
        return pins
