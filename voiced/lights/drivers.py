"""The lights themselves."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Protocol

from voiced import gpio
from voiced.lights import encoding
from voiced.lights.chain import Chain
from voiced.lights.patterns import OFF, Colour, Colours
from voiced.lights.pins import open_leds, open_power, open_spi
from voiced.lights.settings import LightDriver, LightsSettings, PinSettings

_log = logging.getLogger(__name__)


class Driver(Protocol):
    """A light. Any method but `close` may raise what the hardware's library raises."""

    @property
    def count(self) -> int:
        """How many LEDs have each a colour of their own."""
        ...

    def show(self, colours: Colours) -> None:
        """Light them so, `count` of them."""
        ...

    def shown(self) -> Colour:
        """What is lit, read back from the device where it can be: brightness has been applied."""
        ...

    def close(self) -> None:
        """Go dark and give the pins back; may be called twice."""
        ...


class Dark:
    """No light."""

    count = 1

    def show(self, colours: Colours) -> None:
        """Nothing to light."""

    def shown(self) -> Colour:
        """Always off."""
        return OFF

    def close(self) -> None:
        """Nothing to give back."""


class SingleLed:
    """One LED on a PWM pin: it shows a colour's intensity."""

    count = 1

    def __init__(self, pin: int, *, brightness: float, active_high: bool) -> None:
        self._brightness = brightness
        (self._led,) = open_leds((pin,), active_high=active_high)

    def show(self, colours: Colours) -> None:
        """Light it so."""
        (colour,) = colours
        self._led.value = colour.intensity * self._brightness

    def shown(self) -> Colour:
        """A shade of white, read back from the pin."""
        value = float(self._led.value)
        return Colour(value, value, value)

    def close(self) -> None:
        """Go dark and give the pin back."""
        self._led.close()


class RgbLed:
    """Three LEDs in one on PWM pins."""

    count = 1

    def __init__(self, pins: tuple[int, int, int], *, brightness: float, active_high: bool) -> None:
        self._brightness = brightness
        # not gpiozero's RGBLED: that one can't be told the PWM frequency
        self._leds = open_leds(pins, active_high=active_high)

    def show(self, colours: Colours) -> None:
        """Light it so."""
        (colour,) = colours
        scaled = colour.scaled(self._brightness)
        for led, value in zip(self._leds, (scaled.red, scaled.green, scaled.blue), strict=True):
            led.value = value

    def shown(self) -> Colour:
        """Read back from the pins."""
        red, green, blue = (float(led.value) for led in self._leds)
        return Colour(red, green, blue)

    def close(self) -> None:
        """Go dark and give the pins back."""
        for led in self._leds:
            led.close()


def open_driver(settings: LightsSettings) -> Driver:
    """The configured light, or `Dark` and one warning that says why and what helps. Never raises."""
    try:
        return _open(settings)
    except Exception as error:  # noqa: BLE001 - lgpio, gpiozero and the kernel each have their own; a speaker without light still speaks
        _log.warning("The lights stay dark: %s", explained(error))
        return Dark()


def problem(settings: LightsSettings) -> tuple[str, str] | None:
    """Why the configured light can't be opened, and what helps; None where it can. LEDs end dark, a chain as it was."""
    try:
        _open(settings).close()
    except Exception as error:  # noqa: BLE001 - as above; the error is what is asked for
        return gpio.reason(error), _fix(error)
    return None


def explained(error: Exception) -> str:
    """What a driver raised, and what helps."""
    return f"{gpio.reason(error)}. {_fix(error)}"


def _open(settings: LightsSettings) -> Driver:
    pins = settings.pins or PinSettings()
    match (settings.driver, pins):
        case (LightDriver.LED, PinSettings(led=int(pin))):
            return SingleLed(pin, brightness=settings.brightness, active_high=settings.active_high)
        case (LightDriver.RGB, PinSettings(red=int(red), green=int(green), blue=int(blue))):
            return RgbLed((red, green, blue), brightness=settings.brightness, active_high=settings.active_high)
        case (LightDriver.APA102 | LightDriver.WS2812, _):
            return _open_chain(settings, pins.power)
    return Dark()


def _open_chain(settings: LightsSettings, power: int | None) -> Chain:
    encode, hertz = _CHAINS[settings.driver]
    encode = partial(encode, brightness=settings.brightness)
    if settings.order is not None:
        encode = partial(encode, order=settings.order.value)
    supply = None if power is None else open_power(power, active_high=settings.active_high)
    try:
        spi = open_spi(settings.spi_device, hertz)
    except BaseException:
        if supply is not None:
            supply.close()
        raise
    return Chain(spi, encode, settings.count or 1, brightness=settings.brightness, supply=supply)


_CHAINS: dict[LightDriver, tuple[Callable[..., bytes], int]] = {
    LightDriver.APA102: (encoding.apa102, encoding.APA102_HERTZ),
    LightDriver.WS2812: (encoding.ws2812, encoding.WS2812_HERTZ),
}


_SPI_FIXES = (
    (("spi is off",), "Switch it on: sudo raspi-config nonint do_spi 0; then start the speaker again."),
    (("spi is not allowed",), "Give the service's user access: usermod -a -G spi USER."),
    (("spi can't be opened",), "See which driver has SPI 0: ls -l /sys/bus/spi/devices/*/driver, and dmesg."),
)


def _fix(error: Exception) -> str:
    return gpio.fix(error, "lights", "set lights.driver to none", _SPI_FIXES)
