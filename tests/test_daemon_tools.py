"""The whole daemon: a tool that asks before it acts, and tools that change while it runs."""

import asyncio
import json
import os
import signal
import sys

import pytest
from demonstration import lamp, voice
from demonstration.stage import MOCK_PINS, lamp_tool, perform

pytestmark = pytest.mark.system


def configuration(folder, *tools):
    return {
        "audio": {
            "input": {"device": f"file:{folder / 'mic.wav'}"},
            "output": {"device": f"file:{folder / 'speaker.wav'}", "volume": 100},
            "chimes": {"wake": False, "done": False, "error": False},
        },
        "conversation": {"follow_up_seconds": 0},
        "tools": tools,
    }


async def voiced(folder, *arguments, stdin=asyncio.subprocess.DEVNULL):
    """What the command line prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "voiced", *arguments),
        env={**os.environ, "RUNTIME_DIRECTORY": str(folder / "run"), "STATE_DIRECTORY": str(folder / "state")},
        stdin=stdin,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    return out.decode()


async def until(stage, condition, seconds=60):
    events = []
    async with asyncio.timeout(seconds):
        async for event in stage.events():
            events.append(event)
            if condition(event):
                return events
    pytest.fail(f"the daemon ended\n{stage.log}")


@pytest.mark.parametrize(("answer", "switched"), [("yes please", [("kitchen", "on")]), ("no thanks", [])])
async def test_tool_asks_by_voice_and_only_a_yes_lets_it_act(tmp_path, answer, switched):
    # the cascade takes its time to start on a busy machine, and the question to be spoken
    turns = [(12.0, "hey jarvis turn on the kitchen light"), *[(9.0, answer)] * 3]
    voice.record(tmp_path / "mic.wav", turns, tail=5)
    async with lamp.serve() as lamps:
        tool = lamp_tool(lamps.url) | {"confirm": "Turn the {{ room }} light {{ state }}?"}
        async with perform(tmp_path, configuration(tmp_path, tool), MOCK_PINS) as stage:
            events = await until(stage, lambda event: event["event"] == "tool")
        assert lamps.requests == switched
    (asked,) = [event for event in events if event["event"] == "ApprovalRequested"]
    assert asked["words"] == "Turn the kitchen light on?"
    assert events[-1]["ok"] is bool(switched)
    assert "Traceback" not in stage.log, stage.log


async def test_tools_change_while_it_runs_and_a_broken_file_changes_nothing(tmp_path):
    voice.record(tmp_path / "mic.wav", [(1.0, "hello")], tail=30)
    tool = lamp_tool("http://lamp.invalid")
    config = tmp_path / "voiced.yaml"

    def write(*tools, **more):
        config.write_text(json.dumps(configuration(tmp_path, *tools) | more))

    async with perform(tmp_path, configuration(tmp_path, tool), MOCK_PINS) as stage:
        await until(stage, lambda event: event.get("phase") == "idle")
        built_in = {each["name"] for each in (await stage.ask("tools"))["tools"]} - {tool["name"]}
        called = await voiced(tmp_path, "tools", "call", "get_time", "--config", str(config))
        assert "reply" in json.loads(called)
        write(tool | {"name": "other"}, speaker={"name": "Hall"})
        assert (await stage.ask("reload"))["told"] == "1 tool; taken: tools; restart to apply: speaker.name"
        assert {each["name"] for each in (await stage.ask("tools"))["tools"]} == {"other", *built_in}
        write(tool | {"nmae": "third"})
        assert "unknown key (did you mean name?)" in (await stage.ask("reload"))["error"]
        assert {each["name"] for each in (await stage.ask("tools"))["tools"]} == {"other", *built_in}
        write(tool | {"name": "third"})
        stage.process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(20):
            while "third" not in {each["name"] for each in (await stage.ask("tools"))["tools"]}:
                await asyncio.sleep(0.1)
    assert "Traceback" not in stage.log, stage.log


@pytest.mark.parametrize(("typed", "done"), [(b"y\n", True), (b"n\n", False)])
async def test_pin_and_scene_that_ask_first_ask_at_the_terminal_while_the_daemon_runs(tmp_path, typed, done):
    voice.record(tmp_path / "mic.wav", [(1.0, "hello")], tail=30)
    gate = {"name": "gate", "description": "The gate.", "confirm": "Open the gate?", "gpio": {"output": 5}}
    steps = [{"call": "gate"}]
    home = {"name": "come_home", "description": "All.", "confirm": True, "scene": {"steps": steps}}
    config = str(tmp_path / "voiced.yaml")
    async with perform(tmp_path, configuration(tmp_path, gate, home), MOCK_PINS) as stage:
        await until(stage, lambda event: event.get("phase") == "idle")
        for name, question in (("gate", "Open the gate? [y/N] "), ("come_home", "come_home {}: shall I? [y/N] ")):
            assert "nobody can be asked" in await voiced(tmp_path, "tools", "call", name, "--config", config)
            screen, keyboard = os.openpty()
            os.write(screen, typed)
            told = await voiced(tmp_path, "tools", "call", name, "--config", config, stdin=keyboard)
            os.close(screen)
            os.close(keyboard)
            assert told.startswith(question)
            assert json.loads(told.removeprefix(question))["ok"] is done
    assert "Traceback" not in stage.log, stage.log
