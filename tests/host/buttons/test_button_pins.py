import sys

import pytest
from gpiozero import LED, Device

from voiced.host.buttons.pins import GpioPin, tried
from voiced.host.buttons.settings import ButtonSettings


@pytest.mark.parametrize(
    ("wiring", "open_level"),
    [
        ({"pull": "up"}, True),
        ({"pull": "down"}, False),
        ({"pull": "none"}, True),
        ({"pull": "none", "active_high": True}, False),
        ({"pull": "up", "active_high": True}, False),
    ],
)
def test_button_is_pressed_as_it_is_wired(pins, wiring, open_level):
    pin = GpioPin(ButtonSettings(pin=5, **wiring))
    press, let_go = pins.pin(5).drive_low, pins.pin(5).drive_high
    if not open_level:
        press, let_go = let_go, press
    let_go()
    assert not pin.closed()
    press()
    assert pin.closed()
    pin.close()


@pytest.mark.parametrize("pull", ["up", "down"])
def test_pin_has_its_resistor(pins, pull):
    pin = GpioPin(ButtonSettings(pin=5, pull=pull))
    assert pins.pin(5).pull == pull
    assert not pin.closed()
    pin.close()


def test_pin_is_read_and_not_waited_for(pins):
    pin = GpioPin(ButtonSettings(pin=5))
    assert pins.pin(5).when_changed is None, "or lgpio wakes up 2,000 times a second"
    pin.close()


def test_examined_button_is_told_as_it_is_and_given_back(pins):
    assert tried(ButtonSettings(pin=5)) is False
    assert tried(ButtonSettings(pin=5, active_high=True)) is True
    GpioPin(ButtonSettings(pin=5)).close()


def test_pin_in_use_is_told_with_what_helps(pins):
    with LED(5):
        reason, fix = tried(ButtonSettings(pin=5))
    assert "GPIO5" in reason
    assert "gpioinfo" in fix


def test_missing_library_is_told_with_the_package(pins, monkeypatch):
    monkeypatch.setattr(Device, "pin_factory", None)
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY")
    monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio", raising=False)
    monkeypatch.setitem(sys.modules, "lgpio", None)  # as Python marks a module that can't be imported
    assert "apt install python3-lgpio" in tried(ButtonSettings(pin=5))[1]
