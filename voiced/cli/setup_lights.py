"""Which light there is: asks, and lights it."""

import json
from typing import Any

from pydantic import ValidationError

from voiced.cli.lights import demonstrate
from voiced.cli.setup_dialogue import Dialogue
from voiced.config.schema import VoicedSettings
from voiced.lights.drivers import Dark, explained, open_driver
from voiced.lights.settings import MOST_LEDS, LightDriver, LightsSettings

SECONDS = 1.5
"""Of each pattern, when the light is tried."""
_KINDS = {
    LightDriver.NONE: "no light",
    LightDriver.LED: "one LED",
    LightDriver.RGB: "an RGB LED (three pins)",
    LightDriver.APA102: "a ring or row of APA102 (as on ReSpeaker HATs; DotStar)",
    LightDriver.WS2812: "a ring or row of WS2812 (NeoPixel)",
}
_PINS: dict[LightDriver, tuple[str, ...]] = {LightDriver.LED: ("led",), LightDriver.RGB: ("red", "green", "blue")}
_USUAL_PIN = {"led": "17", "red": "17", "green": "27", "blue": "22"}
_USUAL_COUNT = {LightDriver.APA102: "3", LightDriver.WS2812: "12"}


def ask_for_lights(dialogue: Dialogue) -> dict[str, Any]:
    """`lights` of the configuration, as the owner keeps it."""
    while True:
        dialogue.tell("\nLights:")
        kind = list(_KINDS)[dialogue.choose("What is there?", list(_KINDS.values()))]
        if kind is LightDriver.NONE:
            return {"driver": "none"}
        lights = _chain(dialogue, kind) if kind.is_a_chain else _leds(dialogue, kind)
        try:
            settings = VoicedSettings.model_validate_json(json.dumps({"lights": lights}), strict=True)
        except ValidationError as error:
            for each in error.errors():
                dialogue.tell(each["msg"].removeprefix("Value error, "))
            continue
        _try(dialogue, settings.lights)
        if dialogue.yes("Keep it so? (n: choose again)", default=True):
            return lights


def _leds(dialogue: Dialogue, kind: LightDriver) -> dict[str, Any]:
    pins = {
        name: int(dialogue.text(f"GPIO (Broadcom number) of {name}?", _USUAL_PIN[name], no_pin)) for name in _PINS[kind]
    }
    return {"driver": kind.value, "pins": pins}


def _chain(dialogue: Dialogue, kind: LightDriver) -> dict[str, Any]:
    count = dialogue.text("How many LEDs?", _USUAL_COUNT[kind], _no_count)
    lights: dict[str, Any] = {"driver": kind.value, "count": int(count)}
    power = dialogue.text(
        "GPIO (Broadcom number) that switches their power, as 5 on the ReSpeaker 4-Mic Array?", "none", no_optional_pin
    )
    return lights if power == "none" else lights | {"pins": {"power": int(power)}}


def _try(dialogue: Dialogue, settings: LightsSettings) -> None:
    driver = open_driver(settings)
    if isinstance(driver, Dark):
        dialogue.tell("It can't be lit here; see the line above.")
        return
    dialogue.tell("Every pattern, one after the other:")
    try:
        demonstrate(driver, SECONDS)
    except Exception as error:  # noqa: BLE001 (lgpio, gpiozero and the kernel each have their own)
        dialogue.tell(f"It failed: {explained(error)}")
    finally:
        driver.close()


def no_pin(text: str) -> str | None:
    """What is wrong with it as a pin's number, if anything."""
    return None if text.isdecimal() and int(text) <= 27 else "A number from 0 to 27, by Broadcom's count."


def no_optional_pin(text: str) -> str | None:
    """Likewise, where `none` may be answered."""
    return None if text == "none" else no_pin(text)


def _no_count(text: str) -> str | None:
    return None if text.isdecimal() and 1 <= int(text) <= MOST_LEDS else f"A number from 1 to {MOST_LEDS}."
