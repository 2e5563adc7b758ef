"""The lights' part of the configuration: `lights:` of voiced.yaml."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from voiced.gpio import BcmNumber
from voiced.settings import Settings

MOST_LEDS = 150
"""A WS2812's frame of this length still fits one transfer of the kernel's spidev (4096 bytes); cut in two, the pause
between them would end it early."""


class LightDriver(StrEnum):
    """What kind of light there is."""

    NONE = "none"
    LED = "led"
    RGB = "rgb"
    APA102 = "apa102"
    WS2812 = "ws2812"

    @property
    def is_a_chain(self) -> bool:
        """Whether it is LEDs in a row, each of its own colour, on SPI."""
        return self in (LightDriver.APA102, LightDriver.WS2812)


class ColourOrder(StrEnum):
    """In which order an LED of a chain is told its colours."""

    RGB = "rgb"
    RBG = "rbg"
    GRB = "grb"
    GBR = "gbr"
    BRG = "brg"
    BGR = "bgr"


_NEEDED: dict[LightDriver, tuple[str, ...]] = {
    LightDriver.NONE: (),
    LightDriver.LED: ("led",),
    LightDriver.RGB: ("red", "green", "blue"),
    LightDriver.APA102: (),
    LightDriver.WS2812: (),
}
_SPI_PINS = (11, 10, 9)
"""SPI 0's clock, data out and data in, on every Raspberry Pi with 40 pins."""
_SELECT_PINS = (8, 7)
"""Its chip selects, by device."""


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
    power: BcmNumber | None = None
    """What switches the power of an apa102 or ws2812 chain, where something does: 5 on the ReSpeaker 4-Mic Array."""


class SpiSettings(Settings):
    """Which device of SPI 0 the chain hangs on; SPI 1 has the pins of sound HATs."""

    device: int = Field(default=0, ge=0, le=1)
    """0 or 1, as in /dev/spidev0.0. The LEDs don't listen to chip select, so 0 fits wherever SPI is switched on."""


class LightsSettings(Settings):
    """The light that shows what the speaker is doing."""

    driver: LightDriver = LightDriver.NONE
    """none, led (one LED), rgb (a three-colour LED), or a chain of LEDs on SPI 0: apa102 (also called DotStar or
    SK9822; as on the ReSpeaker HATs) or ws2812 (NeoPixel, SK6812 without white). A chain has its data on GPIO 10, and
    apa102 its clock on GPIO 11. Switch SPI on: sudo raspi-config nonint do_spi 0. ws2812 need exact timing, which a Pi
    before the 5 keeps only where its core's clock is held (core_freq in config.txt): `voiced doctor` looks at it."""
    pins: PinSettings | None = Field(default=None, validate_default=True)
    """rgb: `{red: 17, green: 27, blue: 22}`; led: `{led: 17}`; a chain needs none, or `{power: 5}`."""
    count: int | None = Field(default=None, ge=1, le=MOST_LEDS, validate_default=True)
    """How many LEDs a chain has; apa102 and ws2812 need it."""
    order: ColourOrder | None = None
    """In which order a chain takes its colours; left out: bgr for apa102, grb for ws2812."""
    spi: SpiSettings | None = None
    """Where the chain hangs; left out: /dev/spidev0.0."""
    brightness: float = Field(default=0.6, ge=0, le=1)
    """0 (dark) to 1 (as bright as the LED can)."""
    active_high: bool = True
    """false where the LED lights, or a chain has its power, when the pin is low (common anode)."""

    # these read `driver`, which is validated before them and absent where it is wrong; so an error belongs to its key
    @field_validator("pins", mode="after")
    @classmethod
    def _fit_the_driver(cls, pins: PinSettings | None, info: ValidationInfo) -> PinSettings | None:
        driver: LightDriver | None = info.data.get("driver")
        if driver is None or driver is LightDriver.NONE:  # pins may stay while the light is switched off
            return pins
        given = {} if pins is None else pins.model_dump(exclude_none=True)
        needed = _NEEDED[driver]
        known = ("power",) if driver.is_a_chain else needed
        if missing := [name for name in needed if name not in given]:
            raise ValueError(f"driver {driver} needs the pins {', '.join(needed)}; missing: {', '.join(missing)}")
        if extra := [name for name in given if name not in known]:
            raise ValueError(f"driver {driver} has no pin {', '.join(extra)}; it has {', '.join(known)}")
        by_number: dict[int, str] = dict.fromkeys((*_SPI_PINS, *_SELECT_PINS), "SPI") if driver.is_a_chain else {}
        for name, number in given.items():
            if number in by_number:
                raise ValueError(f"{by_number[number]} and {name} are both GPIO {number}")
            by_number[number] = name
        return pins

    @field_validator("count", mode="after")
    @classmethod
    def _needed_by_a_chain(cls, count: int | None, info: ValidationInfo) -> int | None:
        driver: LightDriver | None = info.data.get("driver")
        if driver is not None and driver.is_a_chain and count is None:
            raise ValueError(f"driver {driver} needs to know how many LEDs there are, as in `count: 12`")
        return count

    @field_validator("count", "order", "spi", mode="after")
    @classmethod
    def _only_of_a_chain(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 (of three keys)
        driver: LightDriver | None = info.data.get("driver")
        if value is not None and driver in (LightDriver.LED, LightDriver.RGB):
            raise ValueError(f"driver {driver} has no {info.field_name}; apa102 and ws2812 have one")
        return value

    @property
    def spi_device(self) -> int:
        """The chain's device of SPI 0."""
        return 0 if self.spi is None else self.spi.device

    def pins_in_use(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Every GPIO that the light takes, with the path of the key that says so."""
        if self.driver is LightDriver.NONE:
            return
        if self.pins is not None:
            for name, number in self.pins.model_dump(exclude_none=True).items():
                yield number, ("pins", name)
        if self.driver.is_a_chain:
            for number in (*_SPI_PINS, _SELECT_PINS[self.spi_device]):
                yield number, ("driver",)
