"""The Pi's pins and its SPI, by gpiozero, which is imported when the first is opened.

SPI, too, is gpiozero's: it goes through the lgpio that is there for the LEDs, keeps its pins from everything else that
gpiozero opens, and is there on mock pins. The package spidev, which most others use, has no wheels for a Pi of 64 bits
and would be one more.

lgpio makes a notification FIFO in its working directory when it is imported, so the unit must run in a directory that
it may write to (`WorkingDirectory=`), or name one in `LG_WD`; with the working directory `/` the lights fail to open
(gpiozero/gpiozero#1106). Opening comes after any fork: lgpio's threads don't survive one.
"""

import errno
import os
import warnings
from typing import Any

from voiced.gpio import choose_library

PWM_HERTZ = 200
"""Twice gpiozero's own, which is seen to flicker when eye or speaker moves. lgpio times pulses in software: a higher
rate costs CPU and makes the shortest pulse (1 % of a period) uneven."""
DEVICE = "/dev/spidev0.{}"


def open_leds(pins: tuple[int, ...], *, active_high: bool) -> list[Any]:  # gpiozero ships no types
    """A PWM LED on each pin, all or none."""
    choose_library()
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


def open_power(pin: int, *, active_high: bool) -> Any:  # noqa: ANN401 - gpiozero ships no types
    """An output that is on from now until it is closed."""
    choose_library()
    from gpiozero import DigitalOutputDevice  # noqa: PLC0415 - see the module's first line

    return DigitalOutputDevice(pin, active_high=active_high, initial_value=True)


def open_spi(device: int, hertz: int) -> Any:  # noqa: ANN401 - gpiozero ships no types
    """SPI 0 at that rate, as gpiozero's `SPI`; raises `OSError` where the kernel's device can't be had."""
    choose_library()
    from gpiozero import Device, SPIFixedRate, SPISoftwareFallback  # noqa: PLC0415 - see the module's first line

    Device.ensure_pin_factory()
    with warnings.catch_warnings():
        # it would go on with pins switched one by one from Python: no chain understands that
        warnings.simplefilter("error", SPISoftwareFallback)
        try:
            spi = Device.pin_factory.spi(port=0, device=device)
        except SPISoftwareFallback as fault:
            raise _why(DEVICE.format(device), fault) from fault
    try:
        spi.rate = hertz
    except SPIFixedRate:  # mock pins, which have no clock
        pass
    except BaseException:
        spi.close()
        raise
    return spi


def _why(path: str, fault: Warning) -> OSError:
    """The libraries don't say why the device could not be opened."""
    if not os.path.exists(path):  # noqa: PTH110 - a device's name, as in the message
        return FileNotFoundError(errno.ENOENT, "SPI is off", path)
    if not os.access(path, os.R_OK | os.W_OK):
        return PermissionError(errno.EACCES, "SPI is not allowed to this user", path)
    return OSError(errno.EIO, f"SPI can't be opened ({fault})", path)
