"""Which buttons there are: asks, and reads each."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from voiced.cli.setup_dialogue import Dialogue
from voiced.cli.setup_lights import no_optional_pin
from voiced.config import tool_combinations
from voiced.config.schema import VoicedSettings
from voiced.host.buttons.pins import tried
from voiced.host.buttons.settings import Button, ButtonsSettings

_KINDS = {
    Button.TALK: "the button to talk",
    Button.MUTE: "the button or switch for the microphone",
    Button.VOLUME_UP: "the button for louder",
    Button.VOLUME_DOWN: "the button for quieter",
}


def ask_for_buttons(dialogue: Dialogue, lights: Mapping[str, Any]) -> dict[str, Any]:
    """`buttons` of the configuration beside these `lights`, as the owner keeps it; empty where there is none."""
    if not dialogue.yes("\nAre there buttons between GPIO pins and ground?", default=False):
        return {}
    buttons: dict[str, Any] = {}
    while True:
        buttons = dict(_asked(dialogue, buttons))
        try:
            settings = VoicedSettings.model_validate_json(
                json.dumps({"lights": lights, "buttons": buttons}), strict=True
            )
        except ValidationError as error:
            mistakes = [each["msg"].removeprefix("Value error, ") for each in error.errors()]
        else:
            mistakes = [f"{problem[0][1]}: {problem[1]}" for problem in tool_combinations.problems(settings)]
        if mistakes:
            dialogue.tell("\n".join(mistakes))
            continue
        _read(dialogue, settings.buttons)
        if dialogue.yes("Keep it so? (n: choose again)", default=True):
            return buttons


def _asked(dialogue: Dialogue, before: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each button, in the configuration's form; Enter takes what was answered before."""
    for button, what in _KINDS.items():
        last = before.get(button.value, "none")
        stayed = isinstance(last, Mapping)
        usual = str(last["pin"] if isinstance(last, Mapping) else last)
        given = dialogue.text(f"GPIO (Broadcom number) of {what}?", usual, no_optional_pin)
        if given == "none":
            continue
        pin = int(given)
        stays = button is Button.MUTE and dialogue.yes("Is it a switch that stays where it is put?", default=stayed)
        yield button.value, {"pin": pin, "switch": True} if stays else pin


def _read(dialogue: Dialogue, settings: ButtonsSettings) -> None:
    for button, wiring in settings.wired().items():
        found = tried(wiring)
        if isinstance(found, bool):
            dialogue.tell(f"  {button}: GPIO {wiring.pin} is {'closed' if found else 'open'} now")
        else:
            dialogue.tell(f"  {button}: GPIO {wiring.pin} can't be read here: {found[0]}. {found[1]}")
