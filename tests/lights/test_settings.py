import json
import re

import pytest
from pydantic import ValidationError

from voiced.lights.settings import LightDriver, LightsSettings


def read(**settings: object) -> LightsSettings:
    return LightsSettings.model_validate_json(json.dumps(settings), strict=True)


def test_without_settings_there_is_no_light() -> None:
    assert read() == LightsSettings(driver=LightDriver.NONE, pins=None, brightness=0.6, active_high=True)


@pytest.mark.parametrize(
    "settings",
    [
        {"driver": "rgb", "pins": {"red": 17, "green": 27, "blue": 22}},
        {"driver": "led", "pins": {"led": 0}, "brightness": 1, "active_high": False},
        {"driver": "none", "pins": {"red": 17}},
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
        ({"driver": "neopixel", "pins": {"led": 1}}, ("driver",), "'none', 'led' or 'rgb'"),
        ({"brightness": 60}, ("brightness",), "less than or equal to 1"),
    ],
)
def test_a_mistake_is_named_with_its_key(settings: dict[str, object], where: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(message)) as caught:
        read(**settings)
    assert [error["loc"] for error in caught.value.errors()] == [where]
