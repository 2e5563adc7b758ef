"""A timer that was set before the daemon began: it rings with light and sound until it is told to stop."""

import array
import json
import time
import wave

import pytest
from demonstration import voice
from demonstration.stage import MOCK_PINS, perform

pytestmark = pytest.mark.system


def configuration(folder, **more):
    return {
        "audio": {
            "input": {"device": f"file:{folder / 'mic.wav'}"},
            "output": {"device": f"file:{folder / 'speaker.wav'}", "volume": 0},
        },
        "lights": {"driver": "rgb", "pins": {"red": 17, "green": 27, "blue": 22}},
        **more,
    }


def timer(due, **more):
    entry = {"number": 1, "kind": "timer", "label": "egg", "snoozes": 0, "seconds": 60, "ends": due, "monotonic": None}
    return {"version": 1, "boot": "", "entries": [entry | more], "missed": []}


def loudest(path):
    """By tenths of a second, 0 to 32767."""
    with wave.open(str(path), "rb") as file:
        samples = array.array("h", file.readframes(file.getnframes()))
    return [max(map(abs, samples[start : start + 2400])) for start in range(0, len(samples), 2400)]


async def phases(stage, wanted):
    """Up to a phase: what has happened."""
    seen = []
    async for event in stage.events():
        seen.append(event)
        if event.get("phase") == wanted and event["event"] in ("phase", "status"):
            return seen
    raise AssertionError(f"the daemon ended\n{stage.log}")


async def test_timer_rings_with_light_and_sound_until_it_is_stopped(tmp_path):
    voice.record(tmp_path / "mic.wav", [(60.0, "hello")])
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "timers.json").write_text(json.dumps(timer(time.time() + 4)))
    async with perform(tmp_path, configuration(tmp_path), MOCK_PINS) as stage:
        await phases(stage, "alerting")
        lit = 0.0
        async for event in stage.events():
            if event["event"] == "light":
                lit = max(lit, event["red"])
            if event["event"] == "light" and lit > 0.5 and max(loudest(tmp_path / "speaker.wav")) > 100:
                break
        ringing = await stage.ask("status")
        assert await stage.ask("stop") == {"phase": "idle"}
        stopped = await stage.ask("status")
    assert (ringing["timers"]["ringing"], stopped["timers"]["ringing"]) == (1, 0)
    assert json.loads((tmp_path / "state" / "timers.json").read_text())["entries"] == []
    assert "timer 1 rings" in stage.log
    assert "timer 1 has rung: stopped" in stage.log
    assert max(loudest(tmp_path / "speaker.wav")) > 300, "though the volume is 0"
