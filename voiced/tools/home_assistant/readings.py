"""What things are and measure just now."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from voiced.tools.actions.action import ActionError
from voiced.tools.home_assistant.exposure import Thing
from voiced.tools.home_assistant.house import number
from voiced.tools.home_assistant.making import Speech
from voiced.tools.home_assistant.states import UNAVAILABLE, UNKNOWN, State
from voiced.tools.home_assistant.targets import Targets
from voiced.tools.templates import Values
from voiced.tools.tool import Tool

LISTED = 40
"""As many of an area's things as the model is told of."""
SPOKEN = 5
"""As many as are said offline."""

_OPENING = ("open", "closed")
_ON_OFF = {
    **dict.fromkeys(("door", "garage_door", "opening", "window"), _OPENING),
    "lock": ("unlocked", "locked"),
    **dict.fromkeys(("gas", "motion", "moving", "occupancy", "smoke", "sound", "vibration"), ("detected", "clear")),
    "presence": ("home", "away"),
    "moisture": ("wet", "dry"),
    "battery": ("low", "normal"),
}
"""What a binary sensor's `on` and `off` stand for, by its device class, as Home Assistant's documentation says."""


def state(speech: Speech) -> Iterator[Tool]:
    """`ha_state`."""
    readable = [thing for thing in speech.exposed.things if thing.domain not in ("scene", "script")]
    targets = Targets(speech.exposed, readable)
    if not targets:
        return

    async def do(values: Values) -> dict[str, JsonValue]:
        await speech.house.ready()
        meant = targets.meant(values)
        states = speech.house.states
        if len(meant.things) == 1:
            (thing,) = meant.things
            found = states.get(thing.id)
            if found is None or found.value in (UNAVAILABLE, UNKNOWN):
                raise ActionError(sentence(thing, found), thing.id)
        said = " ".join(sentence(thing, states.get(thing.id)) for thing in meant.things[:SPOKEN])
        return {"said": said, "states": [_told(thing, states) for thing in meant.things[:LISTED]]}

    yield speech.tool(
        "ha_state",
        "What something in the house is or measures just now: one by its name, or all in an area.",
        {**targets.name(optional=True), **targets.area()},
        do,
        (
            "(what is|what's) [the] [state of] [the] {name}",
            "is [the] {name} (on|off|open|closed|locked|unlocked)",
        ),
    )


def sentence(thing: Thing, found: State | None) -> str:
    """A thing's state, spoken."""
    if found is None or found.value == UNAVAILABLE:
        return f"The {thing.name} is not available."
    if found.value == UNKNOWN:
        return f"The state of the {thing.name} is not known."
    words = found.value.replace("_", " ")
    if thing.domain == "binary_sensor":
        words = _ON_OFF.get(thing.device_class, ("on", "off"))[words != "on"]
    return f"The {thing.name} is {' '.join(filter(None, (words, _unit(found))))}."


def _told(thing: Thing, states: Mapping[str, State]) -> dict[str, Any]:
    found = states.get(thing.id, State(UNAVAILABLE))
    told: dict[str, Any] = {"name": thing.name, "state": number(found.value)}
    if _unit(found):
        told["unit"] = _unit(found)
    if thing.device_class:
        told["kind"] = thing.device_class
    return told


def _unit(found: State) -> str:
    return str(found.attributes.get("unit_of_measurement") or "")
