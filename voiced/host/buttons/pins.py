"""The pins that buttons are on. gpiozero is imported only where there is a button.

The pins are read, not waited for: to report edges, lgpio (0.2.2) wakes a thread 2,000 times a second whatever happens,
which costs more than everything else that an idle speaker does.

Opening comes after any fork: lgpio's threads don't survive one.
"""

from typing import Protocol

from voiced import gpio
from voiced.host.buttons.settings import ButtonSettings


class Pin(Protocol):
    """A pin with a button on it. Its methods raise what the hardware's library raises."""

    def closed(self) -> bool:
        """Whether the button is pressed now, bounces included."""
        ...

    def close(self) -> None:
        """Give the pin back."""
        ...


class GpioPin:
    """A pin of the header; raises what gpiozero and its pin factory raise, where it can't be had."""

    def __init__(self, settings: ButtonSettings) -> None:
        gpio.choose_library()
        from gpiozero import InputDevice  # noqa: PLC0415 (see the module's first line)

        self._closed_level = settings.closed_level
        # gpiozero wants the meaning of a pin's level where there is no resistor, and refuses it where there is one
        pull, active = {"up": (True, None), "down": (False, None), "none": (None, True)}[settings.pull]
        self._device = InputDevice(settings.pin, pull_up=pull, active_state=active)

    def closed(self) -> bool:
        """Whether the button is pressed now, bounces included."""
        return bool(self._device.pin.state) is self._closed_level

    def close(self) -> None:
        """Give the pin back."""
        self._device.close()


def tried(settings: ButtonSettings) -> bool | tuple[str, str]:
    """Whether a button is pressed now; or why it can't be read, and what helps."""
    try:
        pin = GpioPin(settings)
        try:
            return pin.closed()
        finally:
            pin.close()
    except Exception as error:  # noqa: BLE001 (lgpio, gpiozero and the kernel each have their own; it is what is asked for)
        return explained(error)


def explained(error: Exception) -> tuple[str, str]:
    """What is wrong with a pin, and what helps."""
    return gpio.reason(error), gpio.fix(error, "buttons", "take buttons: away")
