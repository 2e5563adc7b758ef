"""The daemon and a service that hears its own voice by the echo model, as Azure's would: no room is in between."""

import asyncio

import pytest
from demonstration import lamp, voice
from demonstration.stage import LAMP_TOOL, MOCK_PINS, lamp_tool, perform
from demonstration.timeline import Timeline

from voiced.cascade.service import serve
from voiced.cascade.settings import CascadeSettings, EchoModelSettings

pytestmark = pytest.mark.system


async def talk(folder, sound_card, *, delay_ms, echo_cancellation):
    """One command; the phases, the lamp's requests, the replies and the log."""
    room = CascadeSettings(echo_model=EchoModelSettings(delay_ms=delay_ms))
    phrases = {LAMP_TOOL["name"]: LAMP_TOOL["phrases"]}
    async with lamp.serve() as lamps, serve(room, phrases, ("127.0.0.1", 0), None) as endpoint:
        settings = {
            "audio": {
                "input": {"device": "voiced_mic"},
                "output": {"device": "voiced_speaker", "volume": 100},
                "chimes": {"wake": False, "done": False, "error": False},  # the model knows nothing of them
            },
            "conversation": {"follow_up_seconds": 3},
            "tools": [lamp_tool(lamps.url)],
            "voice_live": {
                "endpoint": endpoint,
                "credential": {"api_key": {"env": "PATH"}},  # any key is right
                "echo_cancellation": echo_cancellation,
            },
        }
        timeline = Timeline()
        voice.record(folder / "said.wav", [(1.5, "hey jarvis"), (0.3, "turn on the kitchen light")], tail=0.2)
        environment = {**sound_card.environment(), **MOCK_PINS}
        async with perform(folder, settings, environment) as stage, asyncio.timeout(60):
            async for event in stage.events():
                timeline.add(event)
                if [phase for _, phase in timeline.phases].count("listening") > 2:
                    break  # it talks with itself
                if event["event"] in ("status", "phase") and event["phase"] == "idle":
                    if any(phase == "connecting" for _, phase in timeline.phases):
                        break
                    timeline.phases.clear()
                    await asyncio.to_thread(sound_card.play, folder / "said.wav")
        phases = [phase for _, phase in timeline.phases if phase != "idle"]
        return phases, lamps.requests, timeline.replies, stage.log


async def test_own_voice_does_not_interrupt_the_speaker_where_the_service_takes_it_out(tmp_path, sound_card):
    phases, requests, replies, log = await talk(tmp_path, sound_card, delay_ms=150, echo_cancellation="server")
    assert phases == ["connecting", "listening", "thinking", "speaking", "following_up"], log
    assert requests == [("kitchen", "on")], log
    assert replies == ["The kitchen light is on."]


@pytest.mark.parametrize(("delay_ms", "echo_cancellation"), [(150, "off"), (2500, "server")])
async def test_own_voice_interrupts_the_speaker_where_the_service_cannot(
    tmp_path, sound_card, delay_ms, echo_cancellation
):
    phases, *_, log = await talk(tmp_path, sound_card, delay_ms=delay_ms, echo_cancellation=echo_cancellation)
    assert phases.count("listening") > 1, f"or the model mixes nothing in, and the other test proves nothing\n{log}"
