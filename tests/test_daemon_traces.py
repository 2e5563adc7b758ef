"""A conversation of the whole daemon, recorded, and replayed through the whole daemon."""

import asyncio
import json
import socket

import pytest
from demonstration import lamp, voice
from demonstration.hearing import plain, understood
from demonstration.stage import MOCK_PINS, lamp_tool, perform

from voiced.cascade.service import serve as serve_cascade
from voiced.cascade.settings import CascadeSettings
from voiced.paths import model_directories
from voiced.voicelive.recording import read
from voiced.voicelive.replay import serve as serve_replay


def speaker(folder, endpoint, lamps, **more):
    return {
        "audio": {
            "input": {"device": f"file:{folder / 'mic.wav'}"},
            "output": {"device": f"file:{folder / 'speaker.wav'}", "volume": 100},
            "chimes": {"wake": False, "done": False, "error": False},
        },
        "voice_live": {"endpoint": endpoint, "credential": {"api_key": {"env": "PATH"}}, "fallback": "none"},
        "conversation": {"follow_up_seconds": 0},
        "tools": [lamp_tool(lamps.url)],
        **more,
    }


async def converse(folder, endpoint, last, *, asked=(), **more):
    """A daemon that hears a command, in a folder of its own: its events up to a phase, its last status, its log.

    It is `asked` verbs of the control socket before.
    """
    folder.mkdir()
    voice.record(folder / "mic.wav", [(3.0, "hey jarvis turn on the kitchen light")])
    own = {"STATE_DIRECTORY": str(folder / "state"), "VOICED_MODELS": str(model_directories()[0])}
    events = []
    async with lamp.serve() as lamps, asyncio.timeout(60):
        async with perform(folder, speaker(folder, endpoint, lamps, **more), {**MOCK_PINS, **own}) as stage:
            for verb in asked:
                await stage.ask(verb)
            async for event in stage.events():
                events.append(event)
                phases = phases_of(events)
                if "speaking" in phases and phases[-1] == last:
                    break
            status = await stage.ask("status")
        return events, status, stage.log, lamps.requests


def phases_of(events):
    """The phases since the wake word; what passed before depends on how fast the machine starts."""
    phases = [event["phase"] for event in events if event["event"] == "phase"]
    return phases[phases.index("connecting") :] if "connecting" in phases else []


def of(kind, events):
    return [event for event in events if event["event"] == kind]


def usage(folder):
    return json.loads((folder / "state" / "usage.json").read_text())


@pytest.mark.system
async def test_recorded_conversation_replays_to_the_same_phases_tool_calls_and_sound(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    async with serve_cascade(
        CascadeSettings(), {"set_light": lamp_tool("x")["phrases"]}, ("127.0.0.1", 0), None
    ) as url:
        more = {"privacy": {"recordings": {"sound": True}}, "budget": {"soft": {"tokens_per_day": 1}}}
        events, status, log, switched = await converse(first, url, "alerting", asked=["record"], **more)
    assert switched == [("kitchen", "on")]

    (turn,) = of("turn", events)
    assert {"wake", "connect", "first_audio", "reply", "first_delta", "first_sample", "tool"} <= turn.keys()
    assert turn["first_sample"] >= turn["first_delta"] >= turn["reply"] > 0
    assert log.count(" turn: wake ") == 1
    assert status["turn"]["tool"] == turn["tool"]

    assert of("BudgetRunningLow", events)[0]["detail"] == "1 tokens a day"
    assert status["budget"]["today"]["tokens"] > 1
    (day,) = usage(first)["days"].values()
    assert day["output_audio"] > 0
    assert day["seconds"] > 1

    (file,) = (first / "state" / "conversations").iterdir()
    listening = socket.create_server(("127.0.0.1", 0))
    told = []
    async with serve_replay(read(file), listening, fast=False, tell=told.append) as url:
        again, _, _, switched_again = await converse(second, url, "idle")
    assert told == []
    assert switched_again == switched
    called = [{key: event[key] for key in ("call_id", "name", "arguments")} for event in of("FunctionCalled", events)]
    assert called == [{key: event[key] for key in called[0]} for event in of("FunctionCalled", again)]
    assert phases_of(again) == phases_of(events)[:-1], "the first speaker went on to say that its budget runs low"
    replies = [event["text"] for event in of("ReplyTranscribed", again)]
    assert replies == ["The kitchen light is on."]
    assert understood(second / "speaker.wav", replies) == plain(replies[0])
    assert not (second / "state" / "conversations").exists(), "nobody asked the second to record"
