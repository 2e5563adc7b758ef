"""The pins of a Raspberry Pi's header: what all that use them have in common. gpiozero itself is not imported here."""

import os
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from voiced import installing

BcmNumber = Annotated[int, Field(ge=0, le=27)]
"""A GPIO of the 40-pin header by its Broadcom number, which is not its place on the header."""

Fixes = Sequence[tuple[tuple[str, ...], str]]
"""What an error's name or text contains, and what helps."""


def choose_library() -> None:
    """Have gpiozero use lgpio, unless the environment says otherwise; before the first pin is opened.

    Left to itself, gpiozero tries one library after another and ends in a dead or undimmable one.
    """
    os.environ.setdefault("GPIOZERO_PIN_FACTORY", "lgpio")


def reason(error: Exception) -> str:
    """What gpiozero, its library or the kernel raised, in one line."""
    return f"{type(error).__name__}: {str(error).rstrip('.')}" if str(error) else type(error).__name__


def fix(error: Exception, key: str, without: str, special: Fixes = ()) -> str:
    """What helps against it: the first that fits, of `special` and then of what is common to all pins.

    `key` is where the configuration names the pins, `without` what to do on a machine that has none.
    """
    text = f"{type(error).__name__} {error}".lower()
    common = (
        (("lgd-nfy", "pipe"), "Run in a directory that can be written to, or name one in LG_WD."),
        (
            ("modulenotfound", "importerror"),
            f"Install the library: apt install python3-lgpio, or {installing.command('lgpio')}.",
        ),
        (
            ("busy", "inuse", "in use"),
            f"Another program or device holds the pin: see gpioinfo, and {key}: of yours.",
        ),
        (("permission", "denied"), "Give the service's user access: usermod -a -G gpio USER."),
        (("pwm",), "This pin library can't dim: unset GPIOZERO_PIN_FACTORY, or set it to lgpio."),
        (("badpinfactory", "unable to find pin factory"), "Unset GPIOZERO_PIN_FACTORY, or set it to lgpio."),
        (("unknownpi",), f"This is no Raspberry Pi: {without}."),
        (("gpiochip", "can not open"), "Check ls -l /dev/gpiochip*, and that the service's user is in the group gpio."),
    )
    fits = (helps for words, helps in (*special, *common) if any(word in text for word in words))
    return next(fits, f"Check the wiring and {key}: in the configuration, or {without}.")
