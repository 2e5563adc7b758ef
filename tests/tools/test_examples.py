"""The sets of tools that owners begin with: each is checked as `voiced check` does it, and some are tried."""

import json
import re
import shutil
from pathlib import Path

import pytest

from voiced.config.loading import load
from voiced.tools.building import build
from voiced.tools.registry import Registry
from voiced.tools.runner import Runner
from voiced.tools.wires import Wires

FOLDER = Path(__file__).parents[2] / "config" / "tools.d"
EXAMPLES = sorted((FOLDER / "examples").glob("*.yaml"))
MQTT = {"zigbee2mqtt", "tasmota"}


def installed(tmp_path, *files):
    (tmp_path / "tools.d").mkdir()
    for file in files:
        shutil.copy(file, tmp_path / "tools.d")
    configuration = tmp_path / "voiced.yaml"
    broker = any(file.stem in MQTT for file in files)
    lines = ["mqtt: {host: localhost}"] if broker else []
    if any(file.stem == "home-assistant" for file in files):
        lines.append("home_assistant: {url: 'http://127.0.0.1:9', token: {env: HA_TOKEN}, expose: {assist: true}}")
    configuration.write_text("".join(f"{line}\n" for line in lines))
    return configuration


def needs(example):
    return [FOLDER / "example-lamp.yaml"] if example.stem == "scenes" else []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_is_accepted_without_a_doubt(tmp_path, example):
    doubts = []
    settings = load(installed(tmp_path, example, *needs(example)), doubts.append, environment={}, thorough=True)
    assert doubts == []
    assert len(list(build(settings.tools, Wires(str)))) >= 1


def test_all_examples_together_collide_nowhere(tmp_path):
    settings = load(installed(tmp_path, *EXAMPLES, FOLDER / "example-lamp.yaml"), environment={}, thorough=True)
    assert {tool.name for tool in settings.tools} > {"zigbee_light", "set_plug", "hue_room", "music", "good_night"}


def test_examples_are_not_loaded_by_themselves(tmp_path):
    shutil.copytree(FOLDER, tmp_path / "tools.d")
    (tmp_path / "voiced.yaml").write_text("")
    assert [tool.name for tool in load(tmp_path / "voiced.yaml", environment={}).tools] == ["set_lamp"]


def test_every_example_says_how_to_begin():
    for example in EXAMPLES:
        assert example.read_text().startswith("# ")
        assert "Copy it to /etc/voiced/tools.d/" in re.sub(r"\n# ", " ", example.read_text())


async def test_shopping_list_keeps_what_is_added(tmp_path):
    text = (FOLDER / "examples" / "shopping-list.yaml").read_text().replace("/var/lib/voiced", str(tmp_path))
    (tmp_path / "shopping.yaml").write_text(text)
    settings = load(installed(tmp_path, tmp_path / "shopping.yaml"), environment={})

    async def yes(_):
        return True

    async with Wires(str) as wires:
        runner = Runner(Registry(build(settings.tools, wires)))

        async def said(name, **arguments):
            from voiced.tools.calls import Caller  # noqa: PLC0415 (only here)

            return json.loads((await runner.call(name, json.dumps(arguments), Caller(approve=yes))).output)["reply"]

        assert await said("shopping_list") == "Nothing."
        assert (
            await said("add_to_shopping_list", item="1/2 l of milk; rm -rf /")
            == "1/2 l of milk; rm -rf / is on the list."
        )
        await said("add_to_shopping_list", item="--help")
        assert await said("shopping_list") == "1/2 l of milk; rm -rf /, --help."
        assert await said("clear_shopping_list") == "The list is empty."
        assert await said("shopping_list") == "Nothing."
