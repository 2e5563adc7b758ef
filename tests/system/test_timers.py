"""Timers in the whole daemon on WAV files: they ring with light and sound until they are told to stop."""

import array
import asyncio
import json
import time
import wave
from pathlib import Path

import pytest
from demonstration import voice
from demonstration.stage import MOCK_PINS, perform

pytestmark = pytest.mark.system

ROOM = 'pcm.voiced_room {{ type pulse server "{server}" device "voiced_mic" hint {{ show on }} }}\n'
"""A loudspeaker that the microphone hears."""
RINGS_ALONE = 12.0
"""Seconds in which nobody says anything: five bursts, and the words twice."""
REPEATED = 10
"""How often "stop" is said at most: on a busy machine the virtual card stumbles, and its echo has to be learnt anew."""


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
    async with perform(tmp_path, configuration(tmp_path), MOCK_PINS) as stage, asyncio.timeout(60):
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


async def test_spoken_timer_rings_after_the_conversation_until_somebody_says_stop(tmp_path):
    voice.record(tmp_path / "mic.wav", [(2.0, "hey jarvis set a timer for two seconds"), (20.0, "stop")])
    settings = configuration(tmp_path, conversation={"follow_up_seconds": 0})
    seen = []
    async with perform(tmp_path, settings, MOCK_PINS) as stage, asyncio.timeout(90):
        async for event in stage.events():
            seen.append(event)
            told = [each.get("phase") for each in seen if each["event"] == "phase"]
            if "alerting" in told and told[-1] == "idle":
                break
    tools = [event for event in seen if event["event"] == "tool"]
    assert [(tool["name"], tool["ok"]) for tool in tools] == [("set_timer", True)], stage.log
    assert [event["text"] for event in seen if event["event"] == "ReplyTranscribed"] == ["Timer set for 2 seconds."]
    assert [event["event"] for event in seen if event["event"] in ("RingDue", "StopWordHeard")] == [
        "RingDue",
        "StopWordHeard",
    ]
    assert max(loudest(tmp_path / "speaker.wav")) > 300
    assert "timer 1 has rung: stopped" in stage.log


async def test_stop_said_into_a_room_that_hears_the_ringing_ends_it_and_the_ringing_itself_does_not(
    tmp_path, sound_card
):
    environment = sound_card.environment()
    room = ROOM.format(server=environment["PULSE_SERVER"])
    (tmp_path / "asound.conf").write_text(Path(environment["ALSA_CONFIG_PATH"]).read_text() + room)
    environment |= {**MOCK_PINS, "ALSA_CONFIG_PATH": str(tmp_path / "asound.conf")}
    settings = configuration(tmp_path, audio={"input": {"device": "voiced_mic"}, "output": {"device": "voiced_room"}})
    voice.record(tmp_path / "said.wav", [(1.0, "stop")] * REPEATED, voice="rms", tail=0.5)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "timers.json").write_text(json.dumps(timer(time.time() + 5)))
    heard_before_it_was_said, said = [], None

    async def say():
        nonlocal said
        await asyncio.sleep(RINGS_ALONE)
        heard_before_it_was_said.extend(heard)
        said = asyncio.create_task(asyncio.to_thread(sound_card.play, tmp_path / "said.wav"))

    heard = []
    async with perform(tmp_path, settings, environment) as stage, asyncio.timeout(90), asyncio.TaskGroup() as tasks:
        async for event in stage.events():
            if event["event"] == "StopWordHeard":
                heard.append(event["phrase"])
            elif event.get("phase") == "alerting":
                tasks.create_task(say())
            elif event["event"] == "phase" and event["phase"] == "idle" and heard:
                break
        await said
    assert heard_before_it_was_said == []
    assert "timer 1 has rung: stopped" in stage.log


async def test_volume_is_set_over_the_control_socket_and_kept(tmp_path):
    voice.record(tmp_path / "mic.wav", [(5.0, "hello")])
    for asked, expected in (({"percent": 35}, 35), ({}, 35)):
        async with perform(tmp_path, configuration(tmp_path), MOCK_PINS) as stage, asyncio.timeout(60):
            await phases(stage, "idle")
            reader, writer = await asyncio.open_unix_connection(tmp_path / "run" / "control.sock")
            writer.write(json.dumps({"verb": "volume", **asked}).encode() + b"\n")
            assert json.loads(await reader.readline()) == {"volume": expected}
            writer.close()
            assert (await stage.ask("status"))["loudspeaker"]["volume"] == expected
