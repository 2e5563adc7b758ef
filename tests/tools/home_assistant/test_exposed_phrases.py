"""What is exposed, as the service on this device understands it, beside the speaker's own sentences."""

import pytest

from voiced.cascade.grammar import build_grammar
from voiced.cascade.intents.meanings import Call
from voiced.tools.home_assistant.following import follow
from voiced.tools.registry import Registry

SENTENCES = {
    "turn on the bed lamp": Call("ha_turn", {"to": "on", "name": "bed lamp"}),
    "switch the big light off": Call("ha_turn", {"to": "off", "name": "kitchen ceiling"}),
    "turn off the kitchen lights": Call("ha_turn", {"to": "off", "area": "kitchen", "kind": "lights"}),
    "turn on all lamps in the cookery": Call("ha_turn", {"to": "on", "area": "kitchen", "kind": "lights"}),
    "turn off everything in the kitchen": Call("ha_turn", {"to": "off", "area": "kitchen", "kind": "everything"}),
    "dim the bed lamp to fifty percent": Call("ha_set_brightness", {"name": "bed lamp", "percent": 50}),
    "set the bedroom lights to ten percent": Call("ha_set_brightness", {"area": "bedroom", "percent": 10}),
    "make the bed lamp red": Call("ha_set_color", {"name": "bed lamp", "color": "red"}),
    "set the hall thermostat to twenty one degrees": Call(
        "ha_set_temperature", {"name": "hall thermostat", "degrees": 21}
    ),
    "shut the bedroom blind": Call("ha_cover", {"to": "close", "name": "bedroom blind"}),
    "open the bedroom blinds": Call("ha_cover", {"to": "open", "area": "bedroom"}),
    "open the garage door": Call("ha_door", {"to": "open", "name": "garage door"}),
    "stop the garage door": Call("ha_stop", {"name": "garage door"}),
    "lock the front door": Call("ha_lock", {"name": "front door"}),
    "unlock the front door": Call("ha_unlock", {"name": "front door"}),
    "start movie night": Call("ha_activate", {"name": "movie night"}),
    "what's the outdoor temperature": Call("ha_state", {"name": "outdoor temperature"}),
    "is the front door locked": Call("ha_state", {"name": "front door"}),
}
NO_CALLS = ("turn on the lamp", "open the front door", "turn the bed lamp", "stop")


@pytest.fixture
async def grammar(house, connect):
    house.entity("switch.kettle", area="kitchen", exposed=True)
    house.entity("climate.hall", "heat", name="Hall thermostat", exposed=True)
    house.entity("cover.blind", "open", area="bedroom", name="Bedroom blind", exposed=True)
    house.entity("cover.garage", "closed", name="Garage door", exposed=True, device_class="garage")
    house.entity("lock.front", "unlocked", name="Front door", exposed=True)
    house.entity("scene.movie", "2020", name="Movie night", exposed=True)
    house.entity("sensor.outdoor_temperature", "21.5", unit_of_measurement="°C", exposed=True)
    registry = Registry()
    found = connect({"assist": True})
    follow(found, registry, "en-US")
    await found.ready()
    tools = [{"name": tool.name, "parameters": tool.definition.parameters} for tool in registry]
    phrases = {tool.name: {"phrases": tool.phrases, "words": tool.words} for tool in registry}
    return build_grammar(tools, phrases, lambda _: True)


def test_sentences_are_understood(grammar) -> None:
    assert {said: grammar.understand(said.split()) for said in SENTENCES} == SENTENCES
    assert not [said for said in NO_CALLS if isinstance(grammar.understand(said.split()), Call)]
