"""A room whose microphone hears its speaker: what the two channels of the uplink say of it."""

import asyncio
import base64
import json
from pathlib import Path

import numpy as np
import pytest
from aiohttp import web
from demonstration import lamp, voice
from demonstration.stage import MOCK_PINS, lamp_tool, perform
from demonstration.timeline import Timeline

pytestmark = pytest.mark.system

ROOM = 'pcm.voiced_room {{ type pulse server "{server}" device "voiced_mic" hint {{ show on }} }}\n'


class Service:
    """Says two seconds of noise as soon as it is sent sound; keeps that."""

    def __init__(self):
        self.sound = bytearray()
        self.session = {}
        self.query = {}
        self.enough = asyncio.Event()

    async def reply(self, socket):
        await socket.send_json({"type": "response.created", "response": {"id": "r"}})
        delta = {"type": "response.audio.delta", "response_id": "r", "item_id": "m"}
        await socket.send_json({**delta, "delta": base64.b64encode(noise().tobytes()).decode()})
        await socket.send_json({"type": "response.audio.done", "response_id": "r"})

    async def handle(self, request):
        self.query = dict(request.query)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            event = json.loads(message.data)
            if event["type"] == "session.update":
                self.session = event["session"]
                await socket.send_json({"type": "session.updated"})
            elif event["type"] == "input_audio_buffer.append":
                if not self.sound:
                    await self.reply(socket)
                self.sound += base64.b64decode(event["audio"])
                if len(self.sound) > 16_000 * 4 * 3:
                    self.enough.set()
        return socket


def noise():
    """Two seconds below 4 kHz, 24 kHz."""
    rng = np.random.default_rng(9)
    spectrum = np.zeros(24_001, complex)
    spectrum[200:8000] = rng.normal(size=7800) + 1j * rng.normal(size=7800)
    sound = np.fft.irfft(spectrum)
    return (sound / np.abs(sound).max() * 12_000).astype(np.int16)


def lag_ms(mic, reference):
    size = 2 * len(mic)
    correlation = np.fft.irfft(np.fft.rfft(reference, size) * np.conj(np.fft.rfft(mic, size)), size)
    best = int(np.argmax(correlation))
    return (best if best < size // 2 else best - size) / 16


def in_a_room(sound_card, folder):
    """The sound card's environment with `voiced_room`: a speaker that the microphone hears without any loss."""
    environment = sound_card.environment()
    alsa = Path(environment["ALSA_CONFIG_PATH"]).read_text() + ROOM.format(server=environment["PULSE_SERVER"])
    (folder / "asound.conf").write_text(alsa)
    return {**environment, **MOCK_PINS, "ALSA_CONFIG_PATH": str(folder / "asound.conf")}


async def talk(folder, sound_card, **more):
    """One command in a room where the microphone hears the speaker; the phases and the lamp's requests."""
    async with lamp.serve() as lamps:
        settings = {
            "audio": {"input": {"device": "voiced_mic"}, "output": {"device": "voiced_room", "volume": 50}},
            "conversation": {"follow_up_seconds": 3},
            "tools": [lamp_tool(lamps.url)],
            **more,
        }
        timeline = Timeline()
        voice.record(folder / "said.wav", [(1.5, "hey jarvis"), (0.3, "turn on the kitchen light")], tail=0.2)
        async with perform(folder, settings, in_a_room(sound_card, folder)) as stage, asyncio.timeout(60):
            async for event in stage.events():
                timeline.add(event)
                if [phase for _, phase in timeline.phases].count("listening") > 2:
                    break  # it talks with itself
                if event["event"] in ("status", "phase") and event["phase"] == "idle":
                    if any(phase == "connecting" for _, phase in timeline.phases):
                        break
                    timeline.phases.clear()
                    await asyncio.to_thread(sound_card.play, folder / "said.wav")
        return [phase for _, phase in timeline.phases if phase != "idle"], lamps.requests, timeline, stage.log


async def test_own_voice_in_the_room_does_not_interrupt_the_speaker(tmp_path, sound_card):
    phases, requests, timeline, log = await talk(tmp_path, sound_card)
    assert phases == ["connecting", "listening", "thinking", "speaking", "following_up"], log
    assert requests == [("kitchen", "on")]
    assert timeline.replies == ["The kitchen light is on."]


async def test_own_voice_interrupts_the_speaker_where_nothing_is_done_about_it(tmp_path, sound_card):
    phases, *_ = await talk(tmp_path, sound_card, voice_live={"echo_cancellation": "off"})
    assert phases.count("listening") > 1, "or this room has no echo, and the other tests prove nothing"


async def test_half_duplex_helps_where_nothing_else_does(tmp_path, sound_card):
    audio = {"input": {"device": "voiced_mic"}, "output": {"device": "voiced_room", "volume": 50}, "half_duplex": True}
    phases, requests, *_, log = await talk(tmp_path, sound_card, voice_live={"echo_cancellation": "off"}, audio=audio)
    assert phases == ["connecting", "listening", "thinking", "speaking", "following_up"], log
    assert requests == [("kitchen", "on")]


async def test_reference_channel_is_within_10_ms_of_what_the_microphone_hears(tmp_path, sound_card):
    environment = in_a_room(sound_card, tmp_path)
    service = Service()
    application = web.Application()
    application.router.add_get("/voice-live/realtime", service.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    settings = {
        "audio": {
            "input": {"device": "voiced_mic"},
            "output": {"device": "voiced_room", "volume": 100},
            "chimes": {"wake": False, "done": False, "error": False},
        },
        "voice_live": {
            "endpoint": "http://{}:{}".format(*runner.addresses[0][:2]),
            "credential": {"api_key": {"env": "PATH"}},
            "echo_cancellation": "client",
        },
    }
    voice.record(tmp_path / "said.wav", [(1.5, "hey jarvis")], tail=0.2)
    try:
        async with perform(tmp_path, settings, environment) as stage, asyncio.timeout(40):
            async for event in stage.events():
                if event.get("phase") == "idle":
                    break
            await asyncio.to_thread(sound_card.play, tmp_path / "said.wav")
            await service.enough.wait()
    finally:
        await runner.cleanup()
    assert service.query["features"] == "client_ec_reference:true"
    assert service.session["input_audio_echo_cancellation"]["channels"] == 2
    mic, reference = np.frombuffer(service.sound, np.int16).reshape(-1, 2).T.astype(float)
    assert np.abs(reference).max() > 1000, f"the reference is what was played\n{stage.log}"
    lag = lag_ms(mic, reference)
    assert abs(lag) < 10, f"the reference is {lag:.1f} ms late"
