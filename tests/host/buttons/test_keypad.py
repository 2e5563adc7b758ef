import asyncio
import logging
import threading

import pytest
from gpiozero import LED

from voiced.host.buttons.keypad import Keypad
from voiced.host.buttons.pins import GpioPin
from voiced.host.buttons.settings import Button, ButtonsSettings, MuteSettings

TALK, MUTE, UP, DOWN = 6, 5, 12, 13
BUTTONS = ButtonsSettings(talk=TALK, mute=MuteSettings(pin=MUTE, switch=True), volume_up=UP, volume_down=DOWN)


class Fingers:
    """A keypad on mock pins, looked at every 5 ms of a time that is the test's; `held` are pressed from before on."""

    def __init__(self, pins, held=()):
        def open_pin(wiring):
            pin = GpioPin(wiring)  # a mock pin that is opened is where its resistor pulls it
            if wiring.pin in held:
                self.press(wiring.pin)
            return pin

        self._pins = pins
        self.now = 0.0
        self.keypad = Keypad(BUTTONS, lambda *_: None, open_pin=open_pin)
        self.keypad.open()

    def press(self, *numbers):
        for number in numbers:
            self._pins.pin(number).drive_low()

    def let_go(self, *numbers):
        for number in numbers:
            self._pins.pin(number).drive_high()

    def after(self, milliseconds):
        """What is seen meanwhile."""
        seen = []
        for _ in range(milliseconds // 5):
            self.now += 0.005
            seen += self.keypad.look(self.now)
        return seen


@pytest.fixture
def fingers(pins):
    fingers = Fingers(pins)
    yield fingers
    fingers.keypad.close()


def test_each_button_is_told_by_what_it_is_for(fingers):
    fingers.press(TALK)
    assert fingers.after(40) == [(Button.TALK, True)]
    fingers.press(MUTE)
    fingers.let_go(TALK)
    assert fingers.after(40) == [(Button.TALK, False), (Button.MUTE, True)]
    assert fingers.keypad.is_closed(Button.MUTE)


def test_bouncing_press_is_one(fingers):
    for _ in range(6):
        fingers.press(TALK)
        assert fingers.after(5) == []
        fingers.let_go(TALK)
        assert fingers.after(5) == []
    fingers.press(TALK)
    assert fingers.after(1000) == [(Button.TALK, True)]


def test_volume_keys_repeat_while_they_are_held_and_others_do_not(fingers):
    fingers.press(UP, TALK)
    seen = fingers.after(1200)
    assert seen.count((Button.TALK, True)) == 1
    assert seen.count((Button.VOLUME_UP, True)) == 6, "at once, after half a second, and then each 150 ms"
    fingers.let_go(UP)
    assert fingers.after(1000) == [(Button.VOLUME_UP, False)]


def test_button_held_at_the_start_is_not_pressed_and_a_switch_is_on(pins):
    fingers = Fingers(pins, held=(TALK, MUTE, UP))
    assert fingers.keypad.is_closed(Button.MUTE)
    assert fingers.after(2000) == []
    fingers.let_go(TALK)
    fingers.after(100)
    fingers.press(TALK)
    assert fingers.after(100) == [(Button.TALK, True)]
    fingers.keypad.close()


def test_pin_that_is_taken_costs_its_button_only(pins, caplog):
    with LED(TALK):
        fingers = Fingers(pins)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "talk" in record.getMessage()
    assert "GPIO6" in record.getMessage()
    fingers.press(MUTE)
    assert fingers.after(100) == [(Button.MUTE, True)]
    fingers.keypad.close()


def test_library_that_is_missing_is_one_warning(pins, monkeypatch, caplog):
    def refuse(*_, **__):
        raise ModuleNotFoundError("No module named 'lgpio'")

    monkeypatch.setattr(pins, "pin", refuse)
    Keypad(BUTTONS, lambda *_: None).open()
    (record,) = caplog.records
    assert "talk, mute, volume_up, volume_down" in record.getMessage()
    assert "python3-lgpio" in record.getMessage()


class Loose:
    """A pin whose cable comes off."""

    def __init__(self):
        self.off = False
        self.open = True

    def closed(self):
        if self.off:
            raise OSError(5, "Input/output error")
        return False

    def close(self):
        self.open = False
        if self.off:
            raise OSError(5, "Input/output error")


def test_pin_that_is_lost_is_one_warning_and_given_back(caplog):
    pin = Loose()
    keypad = Keypad(ButtonsSettings(talk=TALK), lambda *_: None, open_pin=lambda _: pin)
    keypad.open()
    pin.off = True
    assert keypad.look(1.0) == keypad.look(2.0) == []
    assert "talk" in caplog.text
    assert len(caplog.records) == 1
    assert not pin.open


def test_pin_that_can_be_opened_and_not_read_is_given_back():
    pin = Loose()
    pin.off = True
    keypad = Keypad(ButtonsSettings(talk=TALK), lambda *_: None, open_pin=lambda _: pin)
    keypad.open()
    assert not pin.open
    assert "Input/output error" in keypad.faults[Button.TALK]


def test_buttons_that_can_not_be_read_are_known_with_the_fix(pins):
    with LED(TALK):
        fingers = Fingers(pins)
    assert list(fingers.keypad.faults) == [Button.TALK]
    assert "gpioinfo" in fingers.keypad.faults[Button.TALK]
    fingers.keypad.close()


def test_switch_that_is_lost_is_told_with_what_becomes_of_the_microphone(caplog):
    pin = Loose()
    switch = ButtonsSettings(mute=MuteSettings(pin=MUTE, switch=True))
    keypad = Keypad(switch, lambda *_: None, open_pin=lambda _: pin)
    keypad.open()
    pin.off = True
    assert keypad.look(1.0) == [], "it is not switched on"
    assert "the microphone stays as it is. voiced mute switches it off" in caplog.messages[-1]
    assert list(keypad.faults) == [Button.MUTE]


async def test_presses_are_reported_on_the_event_loop_and_the_pins_given_back(pins):
    reports = asyncio.Queue()
    keypad = Keypad(BUTTONS, lambda *what: reports.put_nowait((*what, threading.current_thread())))
    keypad.open()
    running = asyncio.create_task(keypad.run())
    pins.pin(TALK).drive_low()
    assert await reports.get() == (Button.TALK, True, threading.main_thread())
    pins.pin(TALK).drive_high()
    assert await reports.get() == (Button.TALK, False, threading.main_thread())
    assert [thread for thread in threading.enumerate() if "buttons" in thread.name]
    running.cancel()
    await asyncio.wait([running])
    LED(TALK).close()  # which is free
    assert not [thread for thread in threading.enumerate() if "buttons" in thread.name]


async def test_without_buttons_there_is_no_thread_and_it_lasts(pins):
    before = threading.active_count()
    keypad = Keypad(ButtonsSettings(), lambda *_: None)
    keypad.open()
    running = asyncio.create_task(keypad.run())
    await asyncio.sleep(0)
    assert threading.active_count() == before
    assert not running.done()
    running.cancel()
    await asyncio.wait([running])


async def test_defect_of_ours_is_not_swallowed(pins):
    def broken():
        raise ZeroDivisionError

    keypad = Keypad(BUTTONS, lambda *_: None, clock=broken)
    keypad.open()
    with pytest.raises(ZeroDivisionError):
        await keypad.run()
    LED(TALK).close()  # which is free
