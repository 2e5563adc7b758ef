import logging
import os
import subprocess
import sys

import pytest
from gpiozero import LED, Device, PinUnknownPi
from gpiozero.pins.mock import MockFactory, MockPin

from voiced.lights.drivers import Dark, RgbLed, SingleLed, open_driver
from voiced.lights.patterns import OFF, Colour
from voiced.lights.pins import PWM_HERTZ
from voiced.lights.settings import LightDriver, LightsSettings, PinSettings

RGB = LightsSettings(driver=LightDriver.RGB, pins=PinSettings(red=17, green=27, blue=22), brightness=0.5)
SINGLE = LightsSettings(driver=LightDriver.LED, pins=PinSettings(led=18), brightness=0.5)


def test_an_rgb_led_shows_the_colour_at_its_brightness(pins: MockFactory) -> None:
    driver = open_driver(RGB)
    driver.show((Colour(1, 0.5, 0),))
    assert [pins.pin(number).state for number in (17, 27, 22)] == [0.5, 0.25, 0]
    assert [pins.pin(number).frequency for number in (17, 27, 22)] == [PWM_HERTZ] * 3
    assert driver.shown() == Colour(0.5, 0.25, 0)
    driver.close()


def test_a_single_led_shows_the_intensity(pins: MockFactory) -> None:
    driver = open_driver(SINGLE)
    driver.show((Colour(0.2, 0.8, 0),))
    assert pins.pin(18).state == 0.4
    assert driver.shown() == Colour(0.4, 0.4, 0.4)
    driver.close()


def test_a_common_anode_led_is_driven_the_other_way_round(pins: MockFactory) -> None:
    driver = open_driver(RGB.model_copy(update={"active_high": False}))
    assert pins.pin(17).state == 1
    driver.show((Colour(1, 0, 0),))
    assert (pins.pin(17).state, pins.pin(27).state) == (0.5, 1)
    assert driver.shown() == Colour(0.5, 0, 0)
    driver.close()


def test_closing_goes_dark_and_gives_the_pins_back(pins: MockFactory) -> None:
    driver = open_driver(RGB)
    driver.show((Colour(1, 1, 1),))
    driver.close()
    driver.close()
    assert [pins.pin(number).state for number in (17, 27, 22)] == [0, 0, 0]
    assert [pins.pin(number).function for number in (17, 27, 22)] == ["input"] * 3
    assert isinstance(open_driver(RGB), RgbLed)


def test_the_environment_alone_chooses_mock_pins(pins: MockFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Device, "pin_factory", None)
    driver = open_driver(SINGLE)
    assert isinstance(driver, SingleLed)
    driver.show((Colour(1, 1, 1),))
    assert Device.pin_factory.pin(18).state == 0.5
    driver.close()


def test_gpiozero_is_told_to_use_lgpio_unless_the_owner_chose(
    pins: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_driver(SINGLE).close()
    assert os.environ["GPIOZERO_PIN_FACTORY"] == "mock"
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY")
    open_driver(SINGLE).close()
    assert os.environ["GPIOZERO_PIN_FACTORY"] == "lgpio"


def test_without_a_driver_nothing_is_lit_or_said(caplog: pytest.LogCaptureFixture) -> None:
    driver = open_driver(LightsSettings())
    driver.show((Colour(1, 1, 1),))
    assert driver.shown() == OFF
    driver.close()
    assert caplog.records == []


def warning(caplog: pytest.LogCaptureFixture) -> str:
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    return record.getMessage()


def test_a_busy_pin_is_one_warning_and_the_other_pins_are_given_back(
    pins: MockFactory, caplog: pytest.LogCaptureFixture
) -> None:
    with LED(22):
        assert isinstance(open_driver(RGB), Dark)
    text = warning(caplog)
    assert "GPIO22" in text
    assert "lights:" in text
    assert isinstance(open_driver(RGB), RgbLed)


def test_a_missing_library_is_one_warning_that_names_the_package(
    pins: MockFactory, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Device, "pin_factory", None)
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY")
    monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio", raising=False)
    monkeypatch.setitem(sys.modules, "lgpio", None)  # as Python marks a module that can't be imported
    assert isinstance(open_driver(SINGLE), Dark)
    assert "apt install python3-lgpio" in warning(caplog)


def test_an_unknown_pin_factory_is_one_warning(
    pins: MockFactory, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Device, "pin_factory", None)
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "lgpoi")
    assert isinstance(open_driver(SINGLE), Dark)
    text = warning(caplog)
    assert "'lgpoi'" in text
    assert "GPIOZERO_PIN_FACTORY" in text


def test_pins_that_can_not_dim_are_one_warning(
    pins: MockFactory, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Device, "pin_factory", MockFactory(pin_class=MockPin))
    assert isinstance(open_driver(SINGLE), Dark)
    assert "can't dim" in warning(caplog)


@pytest.mark.parametrize(
    ("error", "fix"),
    [  # as lgpio 0.2.2 and gpiozero 2.0.1.post3 word them
        (FileNotFoundError(2, "No such file or directory", ".lgd-nfy-3"), "LG_WD"),
        (Exception("'GPIO busy'"), "another program"),
        (Exception("'can not open gpiochip'"), "group gpio"),
        (PermissionError(13, "Permission denied", "/dev/gpiochip0"), "usermod -a -G gpio"),
        (PinUnknownPi("unable to locate Pi revision in /proc/device-tree or /proc/cpuinfo"), "no Raspberry Pi"),
        (Exception(), "lights.driver to none"),
    ],
)
def test_whatever_opening_raises_is_one_warning_with_a_fix(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, error: Exception, fix: str
) -> None:
    class BrokenFactory:
        def __getattr__(self, name: str) -> object:
            raise error

    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    monkeypatch.setattr(Device, "pin_factory", BrokenFactory())
    assert isinstance(open_driver(SINGLE), Dark)
    text = warning(caplog)
    assert fix.lower() in text.lower()
    assert type(error).__name__ in text


def test_without_lights_gpiozero_is_never_imported() -> None:
    code = (
        "import sys; from voiced.lights import animator, drivers, settings;"
        "drivers.open_driver(settings.LightsSettings()); sys.exit('gpiozero' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
