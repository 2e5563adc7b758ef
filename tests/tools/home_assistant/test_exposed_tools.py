"""What is exposed, as the model and the runner have it."""

import json
import logging

import pytest

from voiced.tools.calls import Caller
from voiced.tools.home_assistant.following import follow, follow_once
from voiced.tools.home_assistant.settings import TOOLS
from voiced.tools.registry import Registry
from voiced.tools.runner import Runner


@pytest.fixture
def furnished(house):
    house.entity("light.kitchen_counter", area="kitchen", name="Counter", exposed=True)
    house.entity("switch.kettle", area="kitchen", exposed=True)
    house.entity("climate.living_room", "heat", name="Living room thermostat", exposed=True)
    house.entity("cover.blind", "open", area="bedroom", exposed=True, device_class="blind")
    house.entity("cover.garage", "closed", name="Garage door", exposed=True, device_class="garage")
    house.entity("lock.front", "unlocked", name="Front door", exposed=True)
    house.entity("lock.stuck", "unlocked", name="Back door", exposed=True)
    lamps = ["light.bed", "light.kitchen_counter"]
    house.entity("scene.movie", "2020", name="Movie night", exposed=True, registered=False, entity_id=lamps)
    house.entity("script.good_night", exposed=True)
    house.entity("binary_sensor.window", "on", area="kitchen", name="Window", exposed=True, device_class="window")
    house.entity("light.dead", "unavailable", area="kitchen", name="Dead lamp", exposed=True)
    house.entity("sensor.outdoor_temperature", "21.5", unit_of_measurement="°C", exposed=True)
    return house


@pytest.fixture
async def seen(furnished, connect):
    """The house as the speaker sees it."""
    return connect({"assist": True})


@pytest.fixture
async def registry(seen):
    registry = Registry()
    follow(seen, registry, "en-US")
    await seen.ready()
    return registry


@pytest.fixture
def call(registry):
    runner = Runner(registry)

    async def call(name, /, *, approve=None, **arguments):
        asked = None
        if approve is not None:

            async def asked(question):
                call.asked = question.words
                return approve

        return json.loads((await runner.call(name, json.dumps(arguments), Caller(approve=asked))).output)

    return call


def test_every_tool_is_named_in_the_settings(registry) -> None:
    assert {tool.name for tool in registry} == set(TOOLS)


def test_names_areas_and_their_synonyms_are_the_parameters(registry) -> None:
    turn = registry["ha_turn"]
    properties = turn.definition.parameters["properties"]
    assert properties["name"]["enum"] == [
        "living room thermostat",
        "bed lamp",
        "dead lamp",
        "kitchen ceiling",
        "counter",
        "kettle",
    ]
    assert properties["area"]["enum"] == ["bedroom", "kitchen"]
    assert properties["kind"]["enum"] == ["lights", "switches", "heating", "everything"]
    assert turn.words["name"] == {"big light": "kitchen ceiling"}
    assert turn.words["area"] == {"cookery": "kitchen"}
    assert turn.words["kind"]["lamps"] == "lights"
    assert registry["ha_unlock"].policy.confirm
    assert registry["ha_door"].policy.confirm
    assert not registry["ha_stop"].policy.confirm
    assert "garage door" not in json.dumps(registry["ha_cover"].definition.parameters)


@pytest.mark.parametrize(
    ("name", "arguments", "service", "told", "said"),
    [
        (
            "ha_turn", {"to": "on", "name": "Bed Lamp"},
            "homeassistant.turn_on", {"entity_id": ["light.bed"]}, "Turned on the bed lamp.",
        ),
        (
            "ha_turn", {"to": "OFF", "area": "cookery"},
            "homeassistant.turn_off", {"entity_id": ["light.kitchen_ceiling", "light.kitchen_counter"]},
            "Turned off the kitchen lights. Not available: dead lamp.",
        ),
        (
            "ha_turn", {"to": "off", "area": "kitchen", "kind": "switches"},
            "homeassistant.turn_off", {"entity_id": ["switch.kettle"]}, "Turned off the kitchen switches.",
        ),
        (
            "ha_turn", {"to": "off", "area": "bedroom", "kind": "all"},
            "homeassistant.turn_off", {"entity_id": ["light.bed"]}, "Turned off everything in the bedroom.",
        ),
        (
            "ha_set_brightness", {"name": "big light", "percent": "fifty percent"},
            "light.turn_on", {"entity_id": ["light.kitchen_ceiling"], "brightness_pct": 50},
            "Set the kitchen ceiling to 50 percent.",
        ),
        (
            "ha_set_color", {"area": "bedroom", "color": "warm white"},
            "light.turn_on", {"entity_id": ["light.bed"], "color_temp_kelvin": 2700},
            "Set the bedroom lights to warm white.",
        ),
        (
            "ha_set_color", {"name": "bed lamp", "color": "red"},
            "light.turn_on", {"entity_id": ["light.bed"], "color_name": "red"}, "Set the bed lamp to red.",
        ),
        (
            "ha_set_temperature", {"name": "living room thermostat", "degrees": "twenty-one"},
            "climate.set_temperature", {"entity_id": ["climate.living_room"], "temperature": 21.0},
            "Set the living room thermostat to 21 degrees.",
        ),
        (
            "ha_cover", {"to": "shut", "area": "bedroom"},
            "cover.close_cover", {"entity_id": ["cover.blind"]}, "Closing the bedroom blinds.",
        ),
        (
            "ha_stop", {"name": "garage door"},
            "cover.stop_cover", {"entity_id": ["cover.garage"]}, "Stopped the garage door.",
        ),
        (
            "ha_lock", {"name": "front door"}, "lock.lock", {"entity_id": ["lock.front"]}, "Locked the front door.",
        ),
        (
            "ha_activate", {"name": "movie night"},
            "scene.turn_on", {"entity_id": ["scene.movie"]}, "Started movie night.",
        ),
    ],
)  # fmt: skip
async def test_a_call_is_a_service(call, house, name, arguments, service, told, said) -> None:
    answer = await call(name, **arguments)
    assert answer.get("reply") == said, answer
    assert house.called == [(service, told)]


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("ha_turn", {"to": "on"}, "Say which one: a name or an area."),
        ("ha_turn", {"to": "on", "name": "dead lamp"}, "Dead lamp is not available."),
        ("ha_turn", {"to": "on", "name": "bed lamp", "area": "kitchen"}, "The bed lamp is not in the kitchen."),
        ("ha_turn", {"to": "on", "area": "bedroom", "kind": "switches"}, "There are no switches in the bedroom."),
        ("ha_lock", {"name": "back door"}, "The back door is jammed."),
        ("ha_state", {"name": "dead lamp"}, "The dead lamp is not available."),
        ("ha_unlock", {"name": "front door"}, "That needs your yes, and here nobody can be asked."),
    ],
)
async def test_what_can_not_be_done_is_said(call, name, arguments, error) -> None:
    answer = await call(name, **arguments)
    assert answer == {"ok": False, "error": error}


async def test_what_lets_somebody_in_is_asked_first(call, house) -> None:
    assert (await call("ha_unlock", approve=False, name="front door"))["error"].startswith("It was not done")
    assert call.asked == "Shall I unlock the front door?"
    assert house.called == []
    assert (await call("ha_door", approve=True, to="open", name="garage door"))["reply"] == "Opening the garage door."
    assert call.asked == "Shall I open the garage door?"
    assert (await call("ha_activate", approve=True, name="good night"))["reply"] == "Started good night."
    assert call.asked == "Shall I start good night?"
    assert house.called == [
        ("cover.open_cover", {"entity_id": ["cover.garage"]}),
        ("script.turn_on", {"entity_id": ["script.good_night"]}),
    ]


async def test_a_cover_of_no_class_asks_before_it_opens_alone_or_among_others(call, house, seen, until) -> None:
    await house.become("cover.blind", "closed", device_class=None)
    await until(lambda: seen.states["cover.blind"].value == "closed")
    assert not (await call("ha_cover", approve=False, to="open", name="blind"))["ok"]
    assert call.asked == "Shall I open the blind?"
    assert not (await call("ha_cover", approve=False, to="open", area="bedroom"))["ok"]
    assert call.asked == "Shall I open the bedroom blinds?"
    assert house.called == []
    assert (await call("ha_cover", to="close", name="blind"))["ok"]


async def test_a_scene_asks_from_the_moment_on_in_which_it_unlocks_a_door(call, house, seen, until) -> None:
    await house.become("scene.movie", "2021", entity_id=["light.bed", "lock.front"])
    await until(lambda: seen.states["scene.movie"].value == "2021")
    assert not (await call("ha_activate", approve=False, name="movie night"))["ok"]
    assert call.asked == "Shall I start movie night?"


async def test_a_switch_that_is_called_a_gate_asks_alone_or_among_others(call, house, seen, until) -> None:
    await house.add("switch.relay", area="kitchen", name="Yard gate", exposed=True)
    await until(lambda: any(thing.id == "switch.relay" for thing in seen.exposed.things))
    assert not (await call("ha_turn", approve=False, to="on", name="yard gate"))["ok"]
    assert call.asked == "Shall I turn on the yard gate?"
    assert not (await call("ha_turn", approve=False, to="toggle", area="kitchen", kind="switches"))["ok"]
    assert call.asked == "Shall I toggle the switches of the kitchen?"
    assert house.called == []
    assert (await call("ha_turn", to="on", name="kettle"))["ok"]


async def test_who_says_so_is_not_asked(furnished, connect) -> None:
    unasked = ["script.good_night", "lock", "cover.garage", "script.gone"]
    house = connect({"assist": True, "unasked": unasked})
    registry = Registry()
    follow(house, registry, "en-US")
    await house.ready()
    runner = Runner(registry)
    for name, arguments in (
        ("ha_activate", {"name": "good night"}),
        ("ha_unlock", {"name": "front door"}),
        ("ha_door", {"to": "open", "name": "garage door"}),
    ):
        assert (await runner.call(name, json.dumps(arguments))).ok
    assert house.exposed.missing == ("entity script.gone",)


async def test_states_are_said_and_told_with_their_units(call) -> None:
    answer = await call("ha_state", name="outdoor temperature")
    assert answer["reply"] == "The outdoor temperature is 21.5 °C."
    assert answer["result"]["states"] == [{"name": "outdoor temperature", "state": 21.5, "unit": "°C"}]
    assert (await call("ha_state", name="window"))["reply"] == "The window is open."
    in_the_kitchen = (await call("ha_state", area="kitchen"))["result"]["states"]
    assert {"name": "dead lamp", "state": "unavailable"} in in_the_kitchen
    assert len(in_the_kitchen) == 5


async def test_tools_follow_the_house_and_say_so_in_an_outage(call, registry, house, until, monkeypatch) -> None:
    told = []
    registry.on_change(lambda: told.append(len(registry)))
    await house.add("light.desk", name="Desk", exposed=True)
    await until(lambda: bool(told))
    assert (await call("ha_turn", to="on", name="desk"))["ok"]
    house.mute.add("subscribe_entities")  # what comes back is not ready
    await house.hang_up()
    monkeypatch.setattr("voiced.tools.home_assistant.connection.CONNECT_WAIT_SECONDS", 0.01)
    answer = await call("ha_turn", to="off", name="desk")
    assert answer["error"] in (
        "Home Assistant can't be reached.",
        "Home Assistant broke off the connection. It may have been done, or not.",
    )
    assert "ha_turn" in registry


async def test_what_can_not_be_exposed_is_warned_of_once(house, connect, until, caplog) -> None:
    registry = Registry()
    found = connect({"areas": ["kitchen", "attic"], "names": 1})
    follow(found, registry, "en-US")
    house.entity("light.more", area="kitchen")
    await found.ready()
    await house.add("light.kitchen_a", area="kitchen", exposed=True)
    await until(lambda: "light.kitchen_a" in found.inventory.entries and found.exposed.left_out == 2)
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == [
        "home_assistant.expose: 1 entities more are chosen than names allows; choose fewer, or raise names",
        "home_assistant.expose: Home Assistant has no area 'attic'",
        "home_assistant.expose: 2 entities more are chosen than names allows; choose fewer, or raise names",
    ]


async def test_an_empty_house_supplies_nothing(house, connect) -> None:
    registry = Registry()
    found = connect({"domains": ["vacuum"]})
    await follow_once(found, registry, "en-US")
    assert len(registry) == 0
