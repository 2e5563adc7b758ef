"""The lights themselves. gpiozero is imported only where an LED is configured.

lgpio makes a notification FIFO in its working directory when it is imported, so the unit must run in a directory that
it may write to (`WorkingDirectory=`), or name one in `LG_WD`; with the working directory `/` the lights fail to open
(gpiozero/gpiozero#1106). Opening comes after any fork: lgpio's threads don't survive one.
"""

import logging
import os
from typing import Any, Protocol

from voiced.lights.patterns import OFF, Colour
from voiced.lights.settings import LightDriver, LightsSettings, PinSettings

PWM_HERTZ = 200
"""Twice gpiozero's own, which is seen to flicker when eye or speaker moves. lgpio times pulses in software: a higher
rate costs CPU and makes the shortest pulse (1 % of a period) uneven."""

_log = logging.getLogger(__name__)


class Driver(Protocol):
    """A light. Any method but `close` may raise what the hardware's library raises."""

    def show(self, colour: Colour) -> None:
        """Light it so."""
        ...

    def shown(self) -> Colour:
        """What is lit, read back from the device: brightness and the device's steps have been applied."""
        ...

    def close(self) -> None:
        """Go dark and give the pins back; may be called twice."""
        ...


class Dark:
    """No light."""

    def show(self, colour: Colour) -> None:
        """Nothing to light."""

    def shown(self) -> Colour:
        """Always off."""
        return OFF

    def close(self) -> None:
        """Nothing to give back."""


class SingleLed:
    """One LED on a PWM pin: it shows a colour's intensity."""

    def __init__(self, pin: int, *, brightness: float, active_high: bool) -> None:
        self._brightness = brightness
        (self._led,) = _leds((pin,), active_high=active_high)

    def show(self, colour: Colour) -> None:
        """Light it so."""
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

    def __init__(self, pins: tuple[int, int, int], *, brightness: float, active_high: bool) -> None:
        self._brightness = brightness
        # not gpiozero's RGBLED: that one can't be told the PWM frequency
        self._leds = _leds(pins, active_high=active_high)

    def show(self, colour: Colour) -> None:
        """Light it so."""
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
        _log.warning("The lights stay dark: %s. %s", _reason(error), _fix(error))
        return Dark()


def problem(settings: LightsSettings) -> tuple[str, str] | None:
    """Why the configured light can't be opened, and what helps; None where it can. Leaves it dark."""
    try:
        _open(settings).close()
    except Exception as error:  # noqa: BLE001 - as above; the error is what is asked for
        return _reason(error), _fix(error)
    return None


def _open(settings: LightsSettings) -> Driver:
    pins = settings.pins or PinSettings()
    match (settings.driver, pins):
        case (LightDriver.LED, PinSettings(led=int(pin))):
            return SingleLed(pin, brightness=settings.brightness, active_high=settings.active_high)
        case (LightDriver.RGB, PinSettings(red=int(red), green=int(green), blue=int(blue))):
            return RgbLed((red, green, blue), brightness=settings.brightness, active_high=settings.active_high)
    return Dark()


def _leds(pins: tuple[int, ...], *, active_high: bool) -> list[Any]:  # gpiozero ships no types
    # left to itself, gpiozero tries one library after another and ends in a dead or undimmable one
    os.environ.setdefault("GPIOZERO_PIN_FACTORY", "lgpio")
    from gpiozero import PWMLED  # noqa: PLC0415 - see the module's first line

    opened: list[Any] = []
    try:
        for pin in pins:
            opened.append(PWMLED(pin, active_high=active_high, frequency=PWM_HERTZ))  # noqa: PERF401 - see below
    except BaseException:
        for led in opened:  # a comprehension would lose these where the third pin is busy
            led.close()
        raise
    return opened


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).rstrip('.')}" if str(error) else type(error).__name__


def _fix(error: Exception) -> str:
    text = f"{type(error).__name__} {error}".lower()
    for words, fix in _FIXES:
        if any(word in text for word in words):
            return fix
    return "Check the wiring and lights: in the configuration, or set lights.driver to none."


_FIXES = (
    (("lgd-nfy", "pipe"), "Run in a directory that can be written to, or name one in LG_WD."),
    (("modulenotfound", "importerror"), "Install the library: apt install python3-lgpio, or pip install lgpio."),
    (("busy", "inuse", "in use"), "Another program or device holds the pin: see gpioinfo, and lights.pins."),
    (("permission", "denied"), "Give the service's user access: usermod -a -G gpio USER."),
    (("pwm",), "This pin library can't dim: unset GPIOZERO_PIN_FACTORY, or set it to lgpio."),
    (("badpinfactory", "unable to find pin factory"), "Unset GPIOZERO_PIN_FACTORY, or set it to lgpio."),
    (("unknownpi",), "This is no Raspberry Pi: set lights.driver to none."),
    (("gpiochip", "can not open"), "Check ls -l /dev/gpiochip*, and that the service's user is in the group gpio."),
)
"""What an error's name or text contains, and what helps; the first that fits."""
