"""Example sets against devices that answer as the real ones do, by their makers' public descriptions."""

import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from voiced.config.loading import load
from voiced.tools.building import build
from voiced.tools.calls import Caller
from voiced.tools.registry import Registry
from voiced.tools.runner import Runner
from voiced.tools.wires import Wires

EXAMPLES = Path(__file__).parents[2] / "config" / "tools.d" / "examples"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
KITCHEN = "66666666-7777-8888-9999-000000000000"


@pytest.fixture
def tried(tmp_path):
    """An example's tools, called; `places` are put in as an owner would."""

    @asynccontextmanager
    async def opened(name, **places):
        text = (EXAMPLES / f"{name}.yaml").read_text()
        for place, real in places.items():
            assert place in text
            text = text.replace(place, real)
        (tmp_path / "tools.d").mkdir()
        (tmp_path / "tools.d" / "it.yaml").write_text(text)
        (tmp_path / "voiced.yaml").write_text("")
        settings = load(tmp_path / "voiced.yaml", environment={})
        asked = []

        async def approve(question):
            asked.append(question.words)
            return True

        async with Wires(lambda _: "hue-s3cret") as wires:
            runner = Runner(Registry(build(settings.tools, wires)), now=lambda: NOON)

            async def call(tool, **arguments):
                outcome = await runner.call(tool, json.dumps(arguments), Caller(approve=approve))
                return json.loads(outcome.output)

            call.asked = asked
            yield call

    return opened


@pytest.fixture
async def house():
    """A Shelly relay of the second generation, a Hue bridge and a Snapcast server, as far as the examples go."""
    state = {"pump": False, "lights": {}, "volume": {}}

    async def switch_set(request):
        body = await request.json()
        assert body.keys() == {"id", "on"}
        assert isinstance(body["on"], bool)
        was, state[request.match_info["device"]] = state.get(request.match_info["device"], False), body["on"]
        return web.json_response({"was_on": was})

    async def switch_status(request):
        on = state.get(request.match_info["device"], False)
        return web.json_response({"id": int(request.query["id"]), "output": on, "apower": 41.5 if on else 0.0})

    async def grouped_light(request):
        if request.headers.get("hue-application-key") != "hue-s3cret":
            return web.json_response({"errors": [{"description": "unauthorized user"}]}, status=403)
        state["lights"][request.match_info["id"]] = await request.json()
        return web.json_response({"errors": [], "data": [{"rid": request.match_info["id"]}]})

    async def jsonrpc(request):
        asked = await request.json()
        assert asked["method"] == "Client.SetVolume"
        state["volume"][asked["params"]["id"]] = asked["params"]["volume"]
        answer = {"volume": asked["params"]["volume"]}
        return web.json_response({"id": asked["id"], "jsonrpc": "2.0", "result": answer})

    app = web.Application()
    app.add_routes(
        [
            web.post("/{device}/rpc/Switch.Set", switch_set),
            web.get("/{device}/rpc/Switch.GetStatus", switch_status),
            web.put("/clip/v2/resource/grouped_light/{id}", grouped_light),
            web.post("/jsonrpc", jsonrpc),
        ]
    )
    server = TestServer(app)
    await server.start_server()
    server.state = state
    yield server
    await server.close()


async def test_shelly(tried, house):
    async with tried(
        "shelly", **{"http://shelly-{{ device }}.local": f"{house.make_url('/')}{{{{ device }}}}"}
    ) as call:
        assert (await call("shelly_switch", device="heater", state="on"))["reply"] == "The heater is on."
        assert house.state["heater"] is True
        assert (await call("shelly_power", device="heater"))["reply"] == "The heater uses 41.5 watts."
        await call("shelly_switch", device="heater", state="off")
        assert (await call("shelly_power", device="heater"))["result"] == 0.0


async def test_hue(tried, house):
    async with tried("hue", **{"https://hue-bridge.local": str(house.make_url("/")).rstrip("/")}) as call:
        assert (await call("hue_room", room="kitchen", state="off"))["reply"] == "The kitchen lights are off."
        assert house.state["lights"] == {KITCHEN: {"on": {"on": False}}}
        await call("hue_brightness", room="kitchen", level=40)
        assert house.state["lights"] == {KITCHEN: {"on": {"on": True}, "dimming": {"brightness": 40}}}


async def test_snapcast(tried, house):
    async with tried("music", **{"http://localhost:1780": str(house.make_url("/")).rstrip("/")}) as call:
        await call("room_volume", room="kitchen", level=30)
    assert house.state["volume"] == {"00:11:22:33:44:55": {"muted": False, "percent": 30}}


async def test_music_is_searched_cleared_and_played(tried, tmp_path):
    """With a program that writes down how it was called in mpc's place."""
    program = tmp_path / "mpc"
    program.write_text(f'#!/bin/sh\necho "$MPD_HOST $*" >> {tmp_path}/calls\n')
    program.chmod(0o755)
    async with tried("music", **{"[mpc,": f"[{program},"}) as call:
        assert (await call("music_search", kind="album", name="Kind of Blue"))["ok"]
        assert not (await call("music_search", name="--help"))["ok"]
        assert (await call("now_playing"))["reply"] == "This is silence."
    assert (tmp_path / "calls").read_text().splitlines() == [
        "localhost --quiet clear",
        "localhost searchadd album Kind of Blue",
        "localhost --quiet play",
        "localhost --quiet clear",
        "localhost current",
    ]


async def test_garage_door_asks_and_is_pressed(tried, pins):
    relay, contact = pins.pin(17), pins.pin(27)
    async with tried("garage-door", **{"0.5": "0.01"}) as call:
        assert (await call("garage_door_state"))["reply"] == "The garage door is open."  # the resistor pulls it up
        contact.drive_low()
        assert (await call("garage_door_state"))["reply"] == "The garage door is closed."
        relay.clear_states()
        assert (await call("move_garage_door"))["reply"] == "The garage door is moving."
        assert call.asked == ["Shall I move the garage door?"]
        assert [state.state for state in relay.states][-2:] == [False, True]  # pressed while the pin is low


async def test_relay_dimmer_and_sensor(tried, pins):
    async with tried("gpio") as call:
        await call("pond_pump", state="on")
        assert pins.pin(22).state == 0  # on, for this board
        assert (await call("shelf_light", level=25))["result"] == 0.25
        pins.pin(4).drive_high()
        assert (await call("somebody_there"))["reply"] == "Yes."
        pump = pins.pin(22)
        pump.clear_states()
    assert True in [state.state for state in pump.states]  # and off in the end
