"""The header's pins that tools use, each opened once and left in its safe state. gpiozero is imported when one is used.

Opening comes after any fork: lgpio's threads don't survive one.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from voiced import gpio
from voiced.tools.actions.action import ActionError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Output:
    """How a pin is driven.

    Attributes:
        dims: by pulse width, so that it can be on in part.
        safe: what it is put to in the end.
    """

    pin: int
    active_high: bool = True
    dims: bool = False
    safe: bool = False


@dataclass(frozen=True, slots=True)
class Input:
    """How a pin is read.

    Attributes:
        pull: up is true, down is false, neither is None.
        active_high: whether high means true.
    """

    pin: int
    pull: bool | None = None
    active_high: bool = True


class Pins:
    """Devices by pin, shared by all tools that name the pin."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[Output | Input, Any]] = {}

    def device(self, use: Output | Input) -> Any:  # noqa: ANN401 (gpiozero ships no types)
        """Gpiozero's device; raises `ActionError` where the pin can't be had."""
        known = self._open.get(use.pin)
        if known is not None and known[0] == use:
            return known[1]
        if known is not None:  # the configuration was reloaded with another use
            self._close(*self._open.pop(use.pin))
        try:
            device = _opened(use)
        except Exception as error:
            # whatever the pins' library raises: no such chip, no right to it, a pin that is in use
            detail = f"{gpio.reason(error)}. {gpio.fix(error, 'tools', 'take the tool away')}"
            raise ActionError(f"The pin GPIO {use.pin} can't be used.", detail) from error
        self._open[use.pin] = use, device
        return device

    def keep(self, numbers: Collection[int]) -> None:
        """Put every output but these into its safe state, and give the other pins back: they may be somebody else's."""
        for number in [number for number in self._open if number not in numbers]:
            self._close(*self._open.pop(number))

    def close(self) -> None:
        """Put every output into its safe state, and give the pins back."""
        while self._open:
            self._close(*self._open.popitem()[1])

    def read(self, use: Input) -> bool:
        """Whether the input is true; raises `ActionError`."""
        device = self.device(use)
        # the level of the pin itself: gpiozero refuses to be told the meaning of one that has a resistor
        return bool(device.pin.state) == use.active_high

    @staticmethod
    def _close(use: Output | Input, device: Any) -> None:  # noqa: ANN401 (see above)
        try:
            if isinstance(use, Output):
                device.value = float(use.safe) if use.dims else use.safe
            device.close()
        except Exception:  # noqa: BLE001 (whatever the library raises: every other pin has to be made safe, too)
            _log.exception("GPIO %d could not be put into its safe state", use.pin)


def _opened(use: Output | Input) -> Any:  # noqa: ANN401 (see above)
    gpio.choose_library()
    from gpiozero import DigitalOutputDevice, InputDevice, PWMOutputDevice  # noqa: PLC0415 (only for who has pins)

    match use:  # no DigitalInputDevice: it asks for edges, for which lgpio has a thread that wakes every 0.5 ms
        case Input(pull=None):
            return InputDevice(use.pin, pull_up=None, active_state=True)
        case Input():
            return InputDevice(use.pin, pull_up=use.pull)
    # None leaves the pin as it is: a relay must not click because the speaker starts
    if use.dims:
        return PWMOutputDevice(use.pin, active_high=use.active_high)
    return DigitalOutputDevice(use.pin, active_high=use.active_high, initial_value=None)
