import json
import re

import pytest
from gpiozero.pins.data import SPI_HARDWARE_PINS
from pydantic import ValidationError

from voiced.lights.settings import LightDriver, LightsSettings


def read(**settings: object) -> LightsSettings:
    return LightsSettings.model_validate_json(json.dumps(settings), strict=True)


def test_without_settings_there_is_no_light() -> None:
    assert read() == LightsSettings(driver=LightDriver.NONE, pins=None, brightness=0.6, active_high=True)
    assert dict(read().pins_in_use()) == {}


@pytest.mark.parametrize(
    "settings",
    [
        {"driver": "rgb", "pins": {"red": 17, "green": 27, "blue": 22}},
        {"driver": "led", "pins": {"led": 0}, "brightness": 1, "active_high": False},
        {"driver": "none", "pins": {"red": 17}},
        {"driver": "none", "count": 12, "order": "rgb", "spi": {"device": 1}},
        {"driver": "apa102", "count": 12, "pins": {"power": 5}},
        {"driver": "ws2812", "count": 150, "order": "rgb", "spi": {"device": 1}},
    ],
)
def test_pins_that_fit_the_driver_are_accepted(settings: dict[str, object]) -> None:
    assert read(**settings).driver == settings["driver"]


@pytest.mark.parametrize(
    ("settings", "where", "message"),
    [
        ({"driver": "rgb"}, ("pins",), "needs the pins red, green, blue; missing: red, green, blue"),
        ({"driver": "led"}, ("pins",), "needs the pins led; missing: led"),
        ({"driver": "rgb", "pins": {"red": 1, "blue": 2}}, ("pins",), "missing: green"),
        ({"driver": "rgb", "pins": {"red": 4, "green": 5, "blue": 4}}, ("pins",), "red and blue are both GPIO 4"),
        ({"driver": "led", "pins": {"led": 4, "red": 5}}, ("pins",), "driver led has no pin red; it has led"),
        ({"driver": "led", "pins": {"led": 28}}, ("pins", "led"), "less than or equal to 27"),
        ({"driver": "led", "pins": {"led": "GPIO4"}}, ("pins", "led"), "valid integer"),
        ({"driver": "led", "pins": {"lde": 4}}, ("pins", "lde"), "not permitted"),
        ({"driver": "neopixel", "pins": {"led": 1}}, ("driver",), "'rgb', 'apa102' or 'ws2812'"),
        ({"driver": "apa102"}, ("count",), "driver apa102 needs to know how many LEDs there are, as in `count: 12`"),
        ({"driver": "ws2812", "count": 0}, ("count",), "greater than or equal to 1"),
        ({"driver": "ws2812", "count": 151}, ("count",), "less than or equal to 150"),
        ({"driver": "led", "pins": {"led": 4}, "count": 2}, ("count",), "driver led has no count"),
        ({"driver": "led", "pins": {"led": 4}, "spi": {}}, ("spi",), "driver led has no spi"),
        ({"driver": "led", "pins": {"led": 4}, "order": "rgb"}, ("order",), "driver led has no order"),
        ({"driver": "ws2812", "count": 1, "order": "rgbw"}, ("order",), "'rgb', 'rbg', 'grb', 'gbr', 'brg' or 'bgr'"),
        ({"driver": "ws2812", "count": 1, "spi": {"device": 2}}, ("spi", "device"), "less than or equal to 1"),
        ({"driver": "apa102", "count": 1, "pins": {"led": 4}}, ("pins",), "driver apa102 has no pin led; it has power"),
        ({"driver": "apa102", "count": 1, "pins": {"power": 10}}, ("pins",), "SPI and power are both GPIO 10"),
        ({"brightness": 60}, ("brightness",), "less than or equal to 1"),
    ],
)
def test_a_mistake_is_named_with_its_key(settings: dict[str, object], where: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(message)) as caught:
        read(**settings)
    assert [error["loc"] for error in caught.value.errors()] == [where]


@pytest.mark.parametrize("device", [0, 1])
def test_pins_of_a_chain_are_those_that_gpiozero_keeps_for_spi(device: int) -> None:
    hardware = SPI_HARDWARE_PINS[0]
    names = {hardware["clock"], hardware["mosi"], hardware["miso"], hardware["select"][device]}
    settings = read(driver="ws2812", count=12, spi={"device": device}, pins={"power": 5})
    in_use = dict(settings.pins_in_use())
    assert in_use.pop(5) == ("pins", "power")
    assert {f"GPIO{number}" for number in in_use} == names
    assert set(in_use.values()) == {("driver",)}


def test_light_that_is_switched_off_uses_no_pin() -> None:
    assert dict(read(driver="none", pins={"led": 4}, count=3).pins_in_use()) == {}
