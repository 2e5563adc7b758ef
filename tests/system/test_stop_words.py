"""A room whose microphone hears its speaker: what is said over a reply, and what the reply itself says."""

import asyncio
import base64
import json
from pathlib import Path

import pytest
from aiohttp import web
from demonstration import voice
from demonstration.stage import MOCK_PINS, perform

from voiced.cascade.resampling import resample

pytestmark = pytest.mark.system

ROOM = 'pcm.voiced_room {{ type pulse server "{server}" device "voiced_mic" hint {{ show on }} }}\n'
STORY = (
    "Here is a story about a small dog who lived near the old harbour, and used to bark at the boats that came in "
    "every morning. In the evening there was some rain, and the wind came from the west. The next day it went to the "
    "river with a boy, looked at the ducks, and swam to the other bank. When it came home it was wet and tired, and "
    "slept by the fire until the sun was up again."
)
REPEATED = 10
"""How often it is said at most: on a busy machine the virtual card stumbles, and its echo has to be learnt anew."""
STOPS = (
    "The bus stop on Station Street is closed. Say stop to end this. Stop! Stop it! Be quiet! "
    "To stop the music, say stop. I can stop. You can stop. Stop."
)


class Service:
    """Answers the first sound with a reply, and hears nothing."""

    def __init__(self, text):
        self.sound = resample(voice.speak(text, "slt"), 16_000, 24_000)
        self.replied = False

    async def handle(self, request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            event = json.loads(message.data)
            if event["type"] == "session.update":
                await socket.send_json({"type": "session.updated", "session": event["session"]})
            elif event["type"] == "input_audio_buffer.append" and not self.replied:
                self.replied = True
                await self.reply(socket)
        return socket

    async def reply(self, socket):
        ids = {"response_id": "r", "item_id": "m"}
        await socket.send_json({"type": "response.created", "response": {"id": "r"}})
        for start in range(0, len(self.sound), 24_000):
            delta = base64.b64encode(self.sound[start : start + 24_000].tobytes()).decode()
            await socket.send_json({"type": "response.audio.delta", "delta": delta, **ids})
        await socket.send_json({"type": "response.audio.done", **ids})
        await socket.send_json({"type": "response.done", "response": {"id": "r", "status": "completed"}})


async def told(folder, sound_card, text, then, **voice_live):
    """The phases of a conversation whose reply is a text; `then` is played into the room 5 s after it began."""
    environment = sound_card.environment()
    room = ROOM.format(server=environment["PULSE_SERVER"])
    (folder / "asound.conf").write_text(Path(environment["ALSA_CONFIG_PATH"]).read_text() + room)
    environment |= {**MOCK_PINS, "ALSA_CONFIG_PATH": str(folder / "asound.conf")}
    application = web.Application()
    application.router.add_get("/voice-live/realtime", Service(text).handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    settings = {
        "audio": {"input": {"device": "voiced_mic"}, "output": {"device": "voiced_room", "volume": 60}},
        "conversation": {"follow_up_seconds": 1},
        "voice_live": {
            "endpoint": "http://{}:{}".format(*runner.addresses[0][:2]),
            "credential": {"api_key": {"env": "PATH"}},
            **voice_live,
        },
    }
    voice.record(folder / "wake.wav", [(0.5, "hey jarvis")], tail=0.2)
    phases, speech, heard = [], None, []
    try:
        async with perform(folder, settings, environment) as stage, asyncio.timeout(60):
            async for event in stage.events():
                if event["event"] == "StopWordHeard":
                    heard.append(event["phrase"])
                if event["event"] in ("status", "phase"):
                    phases.append(event["phase"])
                    if event["phase"] == "idle":
                        if "speaking" in phases:
                            break
                        await asyncio.to_thread(sound_card.play, folder / "wake.wav")
                    elif event["phase"] == "speaking" and then is not None:
                        speech = asyncio.create_task(_play_later(sound_card, then))
            if speech is not None:
                await speech
    finally:
        await runner.cleanup()
    return phases[phases.index("connecting") :], heard, stage.log


async def _play_later(sound_card, wav):
    await asyncio.sleep(5)
    await asyncio.to_thread(sound_card.play, wav)


async def test_stop_said_over_a_reply_ends_it_and_the_conversation(tmp_path, sound_card):
    voice.record(tmp_path / "said.wav", [(1.0, "stop")] * REPEATED, voice="rms", tail=0.5)
    phases, heard, log = await told(tmp_path, sound_card, STORY, tmp_path / "said.wav")
    assert phases == ["connecting", "listening", "thinking", "speaking", "idle"], log
    assert heard == ["stop"]
    assert log.count("heard 'stop'") == 1


@pytest.mark.parametrize("reference", ["server", "client"])
async def test_reply_that_says_stop_goes_on_to_its_end(tmp_path, sound_card, reference):
    phases, heard, log = await told(tmp_path, sound_card, STOPS, None, echo_cancellation=reference)
    assert phases == ["connecting", "listening", "thinking", "speaking", "following_up", "idle"], log
    assert heard == []
