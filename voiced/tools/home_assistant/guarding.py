"""What of a house may let somebody in: acting on it asks first. Pure.

Device classes: https://www.home-assistant.io/integrations/cover/#device-class
"""

import re
from collections.abc import Mapping

from voiced.tools.home_assistant.states import State

DOORS = frozenset({"door", "garage", "gate"})
"""The device classes of covers that are for people and cars to come through."""
_SHADES = frozenset({"awning", "blind", "curtain", "damper", "shade", "shutter"})
"""Those that nobody comes through. A cover that its owner gave no class may be anything."""
_HARMLESS = frozenset(
    (
        "climate",
        "fan",
        "humidifier",
        "input_boolean",
        "input_number",
        "input_select",
        "lawn_mower",
        "light",
        "media_player",
        "number",
        "select",
        "switch",
        "vacuum",
        "water_heater",
    )
)
"""The kinds of entities that a scene may set; locks, alarms, valves, groups and what comes later are not of them."""
_SWITCHES = frozenset({"input_boolean", "switch"})
"""Sockets and lamps, and also the relay of a gate; only its name tells which."""
_WAYS_IN = frozenset({"barrier", "door", "doors", "garage", "gate", "gates"})
_RELAYS = frozenset({"button", "control", "latch", "lock", "opener", "pulse", "relay", "remote", "switch", "trigger"})
"""What may follow the name of a way in, and mean the same: gate opener, garage door relay; but not garage light."""


def may_let_in(entity_id: str, states: Mapping[str, State]) -> bool:
    """Whether opening, unlocking or starting it may; what is not known to be harmless may.

    Home Assistant tells which entities its own scenes set, not what a script does, nor what another hub's scene does.
    """
    domain = entity_id.partition(".")[0]
    state = states.get(entity_id)
    attributes = {} if state is None else state.attributes
    if domain == "cover":
        return str(attributes.get("device_class")) not in _SHADES
    if domain in _SWITCHES:
        return any(map(_is_a_way_in, (entity_id.partition(".")[2], state.name or "" if state is not None else "")))
    if domain == "scene":
        parts = attributes.get("entity_id")
        if not isinstance(parts, list) or not parts:
            return True
        return any(part.startswith("scene.") or may_let_in(part, states) for part in map(str, parts))
    return domain not in _HARMLESS


def _is_a_way_in(name: str) -> bool:
    words = re.findall(r"[^\W\d_]+", name.lower())
    while words and words[-1] in _RELAYS:
        words.pop()
    return bool(words) and words[-1] in _WAYS_IN
