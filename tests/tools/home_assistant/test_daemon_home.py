"""The daemon's tools with a house."""

import json

import pytest

from voiced.config.schema import VoicedSettings
from voiced.wiring.tooling import Tooling


@pytest.fixture
def settings(house, monkeypatch, tmp_path):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("HA_TOKEN", "long-lived")
    home = {"url": house.url, "token": {"env": "HA_TOKEN"}, "expose": {"assist": True}}
    tools = [{"name": "mine", "description": "Mine.", "home_assistant": {"state": "light.bed"}}]
    return VoicedSettings.model_validate({"home_assistant": home, "tools": tools}, strict=False)


async def test_what_is_exposed_is_beside_the_owners_tools_and_survives_a_reload(settings, house, until) -> None:
    tooling = Tooling(settings, lambda _: None)
    changed = []
    tooling.registry.on_change(lambda: changed.append(len(tooling.registry)))
    async with tooling.wires:
        await until(lambda: "ha_turn" in tooling.registry)
        assert changed == [len(tooling.registry)]
        outcome = await tooling.in_writing("ha_turn", '{"to": "on", "name": "bed lamp"}')
        assert json.loads(outcome.output)["reply"] == "Turned on the bed lamp."
        assert json.loads((await tooling.in_writing("mine", "")).output)["result"] == "on"
        tooling.adopt(settings, ())
        assert "mine" not in tooling.registry
        assert "ha_turn" in tooling.registry
    tooling.ledger.close()
    assert house.logins == 1


async def test_owners_tool_goes_before_one_of_its_name(settings, until, caplog) -> None:
    own = settings.tools[0].model_copy(update={"name": "ha_state"})
    tooling = Tooling(settings.model_copy(update={"tools": (own,)}), lambda _: None)
    async with tooling.wires:
        await until(lambda: "ha_turn" in tooling.registry)
        assert tooling.registry["ha_state"].definition.description == "Mine."
    tooling.ledger.close()
    assert "the tool ha_state of Home Assistant is left out: its name is taken" in caplog.text
