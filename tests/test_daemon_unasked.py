"""What the whole daemon says without having been asked: greetings, announcements, and that the cloud can't be had."""

import asyncio
import json

import pytest
from aiohttp import web
from demonstration import lamp, voice
from demonstration.stage import MOCK_PINS, lamp_tool, perform

from voiced.assistant.commands import Notice
from voiced.assistant.sentences import SENTENCES


def speaker(folder, **more):
    return {
        "audio": {
            "input": {"device": f"file:{folder / 'mic.wav'}"},
            "output": {"device": f"file:{folder / 'speaker.wav'}", "volume": 100},
            "chimes": {"wake": False, "done": False, "error": False},
        },
        **more,
    }


async def ask(folder, verb, **more):
    reader, writer = await asyncio.open_unix_connection(folder / "run" / "control.sock")
    writer.write(json.dumps({"verb": verb, **more}).encode() + b"\n")
    answer = json.loads(await reader.readline())
    writer.close()
    return answer


def said(events):
    return [event["text"] for event in events if event["event"] == "ReplyTranscribed"]


def phases(events):
    return [(event["phase"], event["reason"]) for event in events if event["event"] == "phase"]


@pytest.mark.system
async def test_who_says_nothing_is_greeted_and_told_in_the_same_voice_what_somebody_wants_said(tmp_path):
    voice.record(tmp_path / "mic.wav", [(2.0, "hey jarvis")], tail=12)
    settings = speaker(
        tmp_path,
        personas={"default": {"greeting": "Good evening."}},
        conversation={"silence_seconds": 3, "greeting_after_ms": 800, "follow_up_seconds": 0},
    )
    events, asked = [], False
    async with perform(tmp_path, settings, MOCK_PINS) as stage, asyncio.timeout(60):
        async for event in stage.events():
            events.append(event)
            if event["event"] == "phase" and event["reason"] == "your turn" and not asked:
                asked = True
                assert await ask(tmp_path, "say", text="Dinner is ready.") == {}
            if event["event"] == "phase" and event["reason"].startswith("false wake"):
                break
    assert said(events)[-2:] == ["Good evening.", "Dinner is ready."], "before them the wake word's own, unheard"
    woken = [phase for phase in phases(events) if phase[0] != "connecting"]
    assert [phase for phase, _ in woken][-6:] == ["listening", "speaking", "listening", "speaking", "listening", "idle"]
    assert not [event for event in events if event["event"] == "NoticeFinished"], "the device's own voice was silent"
    assert "an announcement was said in the conversation" in stage.log


@pytest.mark.system
async def test_refused_key_is_told_after_the_cascade_has_obeyed_and_only_once(tmp_path):
    async def refuse(_):
        return web.Response(status=401)

    application = web.Application()
    application.router.add_get("/voice-live/realtime", refuse)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    voice.record(tmp_path / "mic.wav", [(2.0, "hey jarvis turn on the kitchen light")], tail=6)
    events, again = [], False
    try:
        async with lamp.serve() as lamps:
            settings = speaker(
                tmp_path,
                voice_live={
                    "endpoint": "http://{}:{}".format(*runner.addresses[0][:2]),
                    "credential": {"api_key": {"env": "PATH"}},
                },
                tools=[lamp_tool(lamps.url)],
                conversation={"follow_up_seconds": 0, "silence_seconds": 1},
            )
            async with perform(tmp_path, settings, MOCK_PINS) as stage, asyncio.timeout(80):
                async for event in stage.events():
                    events.append(event)
                    if len(told(events)) == 2 and phases(events)[-1][0] == "idle" and not again:
                        again = True
                        assert (await ask(tmp_path, "listen"))["phase"] == "connecting"
                    if phases(events)[-1:] == [("idle", "nobody spoke")]:
                        break
                status = (await ask(tmp_path, "status"))["service"]
            assert lamps.requests == [("kitchen", "on")]
    finally:
        await runner.cleanup()
    assert told(events) == ["refused", "standing in"]
    assert phases(events).index(("alerting", "refused")) > phases(events).index(("speaking", "reply begins"))
    assert stage.log.count("Voice Live can't be had") == 1, stage.log
    assert status["outage"]["reason"] == "refused"
    assert SENTENCES[Notice.REFUSED] not in stage.log, "it was spoken, and nothing was wrong with that"


def told(events):
    return [reason for phase, reason in phases(events) if phase == "alerting"]
