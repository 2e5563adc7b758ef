"""The `gpio` action: an output that is switched, or an input that is read."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

from voiced.tools.actions.action import ActionError, Answer
from voiced.tools.actions.gpio_settings import Deed, GpioAction
from voiced.tools.pins import Input, Output
from voiced.tools.templates import Body, Text, Values
from voiced.tools.wires import Wires

Sleep = Callable[[float], Awaitable[None]]


def use_of(settings: GpioAction) -> Output | Input:
    """How the action's pin is used; two tools with one pin must agree in it."""
    if settings.output is not None:
        return Output(settings.pin, settings.active_high is not False, settings.dims, settings.at_exit == "on")
    pull = {"up": True, "down": False, "none": None}[settings.pull]
    return Input(settings.pin, pull, pull is not True if settings.active_high is None else settings.active_high)


class Gpio:
    """An `Action` on one pin. A pulse takes its time, and the output is off after it however the call ends."""

    def __init__(self, settings: GpioAction, wires: Wires, sleep: Sleep = asyncio.sleep) -> None:
        self._settings = settings
        self._use = use_of(settings)
        self._wires = wires
        self._sleep = sleep
        self._do = Text(settings.do)
        self._value = Body(settings.value)

    async def __call__(self, values: Values) -> Answer:
        """Switch it, or read it; the result is its state: true, false, or how much of the time it is on."""
        if isinstance(self._use, Input):
            return Answer(self._wires.pins.read(self._use))
        deed = self._do.render(values).strip().lower()
        if deed not in set(Deed) or (deed == Deed.VALUE) != self._use.dims:
            raise ActionError("An output can't do that.", f"do is {deed[:40]!r}")
        share = self._share(values)
        device = self._wires.pins.device(self._use)
        match Deed(deed):
            case Deed.ON | Deed.OFF:
                device.value = deed == Deed.ON
            case Deed.TOGGLE:
                device.toggle()
            case Deed.PULSE:
                await self._pulse(device, 1)
            case Deed.BLINK:
                await self._pulse(device, self._settings.count)
            case Deed.VALUE:
                device.value = share
        return Answer(round(float(device.value), 3) if self._use.dims else bool(device.value))

    def _share(self, values: Values) -> float:
        value = self._value.render(values)
        if value is None:
            return 0.0
        try:
            share = float(value)  # type: ignore[arg-type]  # (what is no number is caught)
        except (TypeError, ValueError):
            share = math.nan
        if not 0 <= share <= 1:
            raise ActionError("The value must be from 0 to 1.")
        return share

    async def _pulse(self, device: Any, count: int) -> None:  # noqa: ANN401 (gpiozero ships no types)
        try:
            for index in range(count):
                if index:
                    await self._sleep(self._settings.seconds)
                device.on()
                await self._sleep(self._settings.seconds)
                device.off()
        finally:
            device.off()
