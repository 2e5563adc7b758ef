import json

import pytest
from pydantic import ValidationError

from voiced.tools.building import build
from voiced.tools.home_assistant.settings import HomeAssistantSettings
from voiced.tools.registry import Registry
from voiced.tools.runner import Runner
from voiced.tools.wires import Wires

ROOM = {"room": {"enum": ["bed", "kitchen_ceiling", "attic"]}}


@pytest.fixture
def call(house, validate):
    async def call(action, parameters=None, **arguments):
        tool = {"name": "x", "description": "X.", "parameters": parameters or {}, "home_assistant": action}
        settings = HomeAssistantSettings.model_validate({"url": house.url, "token": {"env": "T"}}, strict=False)
        async with Wires(lambda _: "long-lived", None, settings) as wires:
            runner = Runner(Registry(build([validate(tool)], wires)))
            return json.loads((await runner.call("x", json.dumps(arguments))).output)

    return call


async def test_service_is_called_with_typed_data(call, house) -> None:
    action = {
        "service": "light.turn_on",
        "target": {"entity_id": "light.{{ room }}"},
        "data": {"brightness_pct": "{{ level }}", "flash": "short"},
    }
    answer = await call(action, {**ROOM, "level": {"type": "integer"}}, room="bed", level=40)
    assert answer == {"ok": True, "result": None}
    assert house.called == [("light.turn_on", {"entity_id": ["light.bed"], "brightness_pct": 40, "flash": "short"})]


@pytest.mark.parametrize(
    ("action", "error"),
    [
        ({"service": "light.turn_on", "target": {"entity_id": "light.bad"}},
         "Home Assistant has no light.bad (did you mean 'light.bed'?)."),
        ({"service": "light.turn_on", "target": {"area_id": ["bedroom", "kitchn"]}},
         "Home Assistant has no area kitchn (did you mean 'kitchen'?)."),
        ({"service": "light.turn_on", "target": {"label_id": "night"}}, "Home Assistant has no label night."),
        ({"service": "light.trun_on", "target": {"entity_id": "light.bed"}},
         "Home Assistant does not know that service."),
        ({"service": "light.turn_on", "target": {"area_id": "kitchen"}, "data": {"brightnes": 1}},
         "Home Assistant refused: extra keys not allowed @ data['brightnes']."),
        ({"service": "light.turn_on", "target": {"entity_id": "light.dead"}}, "Dead is not available."),
        ({"state": "light.dead"}, "Dead is not available."),
        ({"state": "sensor.outdoor_temprature"},
         "Home Assistant has no sensor.outdoor_temprature (did you mean 'sensor.outdoor_temperature'?)."),
        ({"state": "light.bed", "attribute": "frendly_name"},
         "Bed lamp has no frendly_name (did you mean 'friendly_name'?)."),
        ({"service": "weather.get_forecasts", "result": "nothing"},
         "The answer of Home Assistant does not hold what was asked for."),
    ],
)  # fmt: skip
async def test_what_can_not_be_done_is_said(call, house, action, error) -> None:
    house.entity("light.dead", "unavailable")
    assert await call(action) == {"ok": False, "error": error}


async def test_state_is_a_number_where_it_is_one(call, house) -> None:
    assert (await call({"state": "sensor.outdoor_temperature"}))["result"] == 21.5
    assert (await call({"state": "light.{{ room }}"}, ROOM, room="bed"))["result"] == "off"
    assert (await call({"state": "light.bed", "attribute": "friendly_name"}))["result"] == "Bed lamp"
    house.entity("sensor.odd", "nan")
    assert (await call({"state": "sensor.odd"}))["result"] == "nan"


async def test_response_of_a_service_is_the_result(call) -> None:
    action = {"service": "weather.get_forecasts", "result": '"weather.home".forecast[0].temperature'}
    assert (await call(action))["result"] == 22.0


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ({}, "give service, to have something done, or state"),
        ({"service": "light.turn_on", "state": "light.a"}, "give service"),
        ({"state": "light.a", "data": {"x": 1}}, "data needs a service"),
        ({"service": "light.turn_on", "attribute": "x"}, "attribute needs a state"),
        ({"service": "turn_on"}, "'turn_on' is no service"),
        ({"service": "light.{{ room }}"}, "is no service"),
        ({"service": "light.turn_on", "target": {"entity_id": "kitchen"}}, "'kitchen' is no entity"),
        ({"service": "light.turn_on", "target": {"entity": "light.a"}}, "not permitted"),
        ({"service": "light.turn_on", "target": {"entity_id": "light.{{ rom }}"}}, "did you mean 'room'"),
        ({"service": "light.turn_on", "target": {"area_id": "{{ words }}"}}, "'words' chooses what is meant"),
        ({"state": "{{ words }}"}, "'words' chooses what is meant, so it needs an enum"),
        ({"service": "light.turn_on", "result": "["}, "not a JMESPath expression"),
    ],
)
def test_a_mistake_is_told(validate, action, message) -> None:
    tool = {"name": "x", "description": "X.", "parameters": {**ROOM, "words": {"type": "string"}}}
    with pytest.raises(ValidationError, match=message):
        validate({**tool, "home_assistant": action})


async def test_without_a_house_the_tool_says_so(validate) -> None:
    tool = {"name": "x", "description": "X.", "home_assistant": {"state": "light.a"}}
    async with Wires(str) as wires:
        outcome = await Runner(Registry(build([validate(tool)], wires))).call("x", "{}")
    assert json.loads(outcome.output)["error"] == "No Home Assistant is set up."


async def test_house_is_connected_to_from_its_first_use_on(house, until) -> None:
    settings = HomeAssistantSettings.model_validate({"url": house.url, "token": {"env": "T"}}, strict=False)
    async with Wires(lambda _: "long-lived", None, settings):
        assert house.logins == 0
    wires = Wires(lambda _: "long-lived", None, settings)
    assert wires.home is wires.home  # which may be before they are open
    async with wires:
        await until(lambda: len(house.sockets) == 1)
        await wires.home.ready()
    await until(lambda: not house.sockets)
    assert house.logins == 1
