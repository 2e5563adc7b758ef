import json
import re

import pytest
from pydantic import ValidationError

from voiced.host.buttons.settings import Button, ButtonSettings, ButtonsSettings, MuteSettings


def read(**settings):
    return ButtonsSettings.model_validate_json(json.dumps(settings), strict=True)


def test_without_settings_there_is_no_button():
    assert read().wired() == {}


def test_number_is_a_button_between_that_pin_and_ground():
    (wiring,) = read(talk=6).wired().values()
    assert (wiring.pin, wiring.pull, wiring.closed_level, wiring.bounce_ms) == (6, "up", False, 20)


def test_every_button_is_told_with_what_it_is_for():
    settings = read(talk=6, mute={"pin": 5, "switch": True}, volume_up={"pin": 12, "bounce_ms": 50}, volume_down=13)
    assert settings.wired() == {
        Button.TALK: ButtonSettings(pin=6),
        Button.MUTE: MuteSettings(pin=5, switch=True),
        Button.VOLUME_UP: ButtonSettings(pin=12, bounce_ms=50),
        Button.VOLUME_DOWN: ButtonSettings(pin=13),
    }
    assert list(settings.pins_in_use()) == [
        (6, ("talk",)),
        (5, ("mute", "pin")),
        (12, ("volume_up", "pin")),
        (13, ("volume_down",)),
    ]


@pytest.mark.parametrize(
    ("wiring", "high"),
    [
        ({"pull": "up"}, False),
        ({"pull": "down"}, True),
        ({"pull": "none"}, False),
        ({"pull": "none", "active_high": True}, True),
        ({"pull": "up", "active_high": True}, True),
        ({"pull": "down", "active_high": False}, False),
    ],
)
def test_level_of_a_pressed_button_follows_from_its_wiring_unless_it_is_given(wiring, high):
    assert ButtonSettings(pin=5, **wiring).closed_level is high


@pytest.mark.parametrize(("mute", "expected"), [(5, False), ({"pin": 5}, False), ({"pin": 5, "switch": True}, True)])
def test_switch_is_one_where_it_is_called_so(mute, expected):
    assert read(mute=mute).has_mute_switch is expected


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"talk": 28}, "less than or equal to 27"),
        ({"talk": "GPIO5"}, "valid integer"),
        ({"talk": True}, "valid integer"),
        ({"talk": {}}, "Field required"),
        ({"talk": {"pin": 5, "switch": True}}, "not permitted"),
        ({"mute": {"pin": 5, "pull": "upp"}}, "'up', 'down' or 'none'"),
        ({"mute": {"pin": 3, "pull": "down"}}, "GPIO 3 has a resistor on the board, which pulls it up"),
        ({"volume_step": 0}, "greater than or equal to 1"),
    ],
)
def test_mistake_is_told_once(settings, message):
    with pytest.raises(ValidationError, match=re.escape(message)) as caught:
        read(**settings)
    assert caught.value.error_count() == 1
