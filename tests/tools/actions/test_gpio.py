import asyncio
import json

import pytest
from pydantic import ValidationError

from voiced.tools.actions.gpio import Gpio
from voiced.tools.actions.gpio_settings import GpioAction
from voiced.tools.pins import Input, Output, Pins

STATE = {"state": {"type": "string", "enum": ["on", "off", "toggle", "value"]}}


@pytest.fixture
def relay(make):
    return make("relay", STATE, gpio={"output": 17, "do": "{{ state }}"})


async def test_output_is_switched_and_tells_its_state(pins, relay, calling):
    async with calling(relay) as call:
        assert '"result": true' in (await call("relay", state="on")).output
        assert pins.pin(17).state == 1
        assert '"result": false' in (await call("relay", state="toggle")).output
        assert pins.pin(17).state == 0


async def test_deed_that_the_template_gives_wrongly_is_refused(pins, relay, calling):
    async with calling(relay) as call:
        assert (await call("relay", state="value")).error == "An output can't do that."


async def test_output_is_off_when_the_speaker_ends(pins, relay, calling):
    pin = pins.pin(17)
    async with calling(relay) as call:
        await call("relay", state="on")
        pin.clear_states()
    assert [state.state for state in pin.states][:2] == [True, False]
    assert pin.function == "input"  # the pin is given back


async def test_safe_state_may_be_on_and_the_pin_inverted(pins, make, calling):
    tool = make(gpio={"output": 5, "do": "off", "at_exit": "on", "active_high": False})
    pin = pins.pin(5)
    async with calling(tool) as call:
        await call()
        assert pin.state == 1  # off
        pin.clear_states()
    assert [state.state for state in pin.states][:2] == [True, False]


async def test_relay_does_not_click_when_it_is_opened(pins, make, calling):
    pin = pins.pin(5)
    pin.function, pin.state = "output", 1  # as another program left it
    async with calling(make(gpio={"output": 5, "do": "toggle", "active_high": True})) as call:
        pin.clear_states()
        await call()
        assert [state.state for state in pin.states] == [True, False]


class Wires:
    def __init__(self):
        self.pins = Pins()


async def test_pulses_take_their_time(pins):
    slept = []
    pin = pins.pin(6)

    async def sleep(seconds):
        slept.append((seconds, pin.state))

    settings = GpioAction(output=6, do="blink", count=2, seconds=0.25)
    wires = Wires()
    assert (await Gpio(settings, wires, sleep)({})).result is False
    assert slept == [(0.25, 1), (0.25, 0), (0.25, 1)]
    slept.clear()
    await Gpio(GpioAction(output=6, do="pulse", seconds=1.0), wires, sleep)({})
    assert slept == [(1.0, 1)]
    assert pin.state == 0
    wires.pins.close()


async def test_pulse_that_is_cut_short_ends(pins):
    began = asyncio.Event()

    async def sleep(_):
        began.set()
        await asyncio.Event().wait()

    wires = Wires()
    call = asyncio.create_task(Gpio(GpioAction(output=6, do="pulse"), wires, sleep)({}))
    await began.wait()
    assert pins.pin(6).state == 1
    call.cancel()
    await asyncio.wait([call])
    assert pins.pin(6).state == 0
    wires.pins.close()


async def test_value_dims(pins, make, calling):
    level = {"level": {"type": "number"}}
    tool = make("dimmer", level, gpio={"output": 18, "do": "value", "value": "{{ level / 100 }}"})
    async with calling(tool) as call:
        assert json.loads((await call("dimmer", level=25)).output)["result"] == 0.25
        assert pins.pin(18).state == 0.25
        assert (await call("dimmer", level=101)).error == "The value must be from 0 to 1."


@pytest.mark.parametrize(
    ("settings", "low", "high"),
    [
        ({"pull": "down"}, False, True),
        ({"pull": "up"}, True, False),
        ({"pull": "up", "active_high": True}, False, True),
        ({}, False, True),
        ({"active_high": False}, True, False),
    ],
)
async def test_input_is_read(pins, make, calling, settings, low, high):
    async with calling(make(gpio={"input": 4, **settings})) as call:
        for drive, expected in ((pins.pin(4).drive_low, low), (pins.pin(4).drive_high, high)):
            await call()  # opens the pin, with its resistor
            drive()
            assert json.loads((await call()).output)["result"] is expected


async def test_two_tools_share_one_pin(pins, make, calling):
    on, off = (make(f"turn_{what}", gpio={"output": 17, "do": what}) for what in ("on", "off"))
    async with calling(on, off) as call:
        await call("turn_on")
        assert pins.pin(17).state == 1
        await call("turn_off")
        assert pins.pin(17).state == 0


async def test_pin_that_cannot_be_had_is_an_error_of_the_tool(make, calling, monkeypatch, pins, caplog):
    from gpiozero import DigitalOutputDevice  # noqa: PLC0415 (only for who asks for pins)

    taken = DigitalOutputDevice(17)
    async with calling(make(gpio={"output": 17, "do": "on"})) as call:
        assert (await call()).error == "The pin GPIO 17 can't be used."
    assert "GPIOPinInUse" in caplog.text
    taken.close()


@pytest.mark.parametrize(
    ("gpio", "message"),
    [
        ({}, "give output, to switch a pin, or input"),
        ({"output": 1, "input": 2}, "give output, to switch a pin, or input"),
        ({"output": 28}, "less than or equal to 27"),
        ({"input": 4, "do": "on"}, "an input has no do"),
        ({"output": 4, "pull": "up"}, "an output has no pull"),
        ({"output": 4, "do": "toogle"}, "(did you mean 'toggle'?)"),
        ({"output": 4, "do": "value"}, "belong together"),
        ({"output": 4, "do": "on", "value": 0.5}, "belong together"),
        ({"output": 4, "do": "value", "value": 1.5}, "from 0 to 1"),
        ({"output": 4, "do": "{{ stat }}"}, "unknown parameter 'stat'"),
    ],
)
def test_mistake_is_named(make, gpio, message):
    with pytest.raises(ValidationError) as caught:
        make(parameters=STATE, gpio=gpio)
    assert message in json.dumps([error["msg"] for error in caught.value.errors()])


async def test_pin_with_another_use_after_a_reload_is_opened_anew(pins):
    board = Pins()
    board.device(Output(17)).on()
    assert pins.pin(17).state == 1
    board.device(Input(17, pull=True, active_high=False))
    assert pins.pin(17).function == "input"
    pins.pin(17).drive_low()
    assert board.read(Input(17, pull=True, active_high=False))
    board.close()
    board.close()
