"""What `voiced check --probe` finds in the house."""

import asyncio
import json

import pytest

from voiced.cli import main

LAMP = {
    "name": "lamp",
    "description": "A lamp.",
    "parameters": {"state": {"enum": ["on", "off"]}},
    "phrases": ["turn {state} the bed lamp"],
    "http": {"url": "http://127.0.0.1:{{ 9 }}/{{ state }}"},
}


@pytest.fixture
def check(house, tmp_path, capsys, monkeypatch):
    async def check(*tools, kept="long-lived"):
        monkeypatch.setenv("HA_TOKEN", kept)
        config = tmp_path / "voiced.yaml"
        home = {"url": house.url, "token": {"env": "HA_TOKEN"}, "expose": {"assist": True}}
        config.write_text(json.dumps({"home_assistant": home, "tools": tools}))
        assert await asyncio.to_thread(main, ["check", "--probe", "--config", str(config)]) == 0
        return capsys.readouterr().err.splitlines()

    return check


async def test_a_phrase_that_the_house_has_too_is_told_with_its_place(check) -> None:
    (told,) = await check(LAMP)
    assert ":1:" in told
    assert ": tools[0].phrases[0]: 'turn off the bed lamp' calls lamp, and no longer ha_turn of what Home" in told


async def test_a_house_that_does_not_let_us_in_is_told(check, house) -> None:
    (told,) = await check(LAMP, kept="wrong")
    assert "home_assistant.url: what it exposes can't be known" in told
    assert await check(kept="wrong") == []
    assert house.logins == 1


async def test_a_tool_in_the_place_of_one_of_the_house_is_told(check) -> None:
    (told,) = await check(LAMP | {"name": "ha_turn"})
    assert "tools[0].name: takes the place of ha_turn of what Home Assistant exposes" in told
