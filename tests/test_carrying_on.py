"""The whole daemon and the real cascade: what one conversation was about is known in the next."""

import asyncio
import logging
import re
from itertools import pairwise

import pytest
from demonstration import lamp, voice
from demonstration.stage import LAMP_TOOL, MOCK_PINS, lamp_tool, perform

from voiced.cascade.service import serve
from voiced.cascade.settings import CascadeSettings
from voiced.cascade.speech import SpeechError

FRAME = re.compile(r"conversation\.item\.create\b.*")


def conversations(events):
    """Why each ended."""
    phases = [event for event in events if event["event"] == "phase" and event["phase"] in ("connecting", "idle")]
    return [after["reason"] for before, after in pairwise(phases) if before["phase"] == "connecting"]


@pytest.fixture
async def cascade(caplog):
    """A cascade that logs every frame."""
    caplog.set_level(logging.DEBUG, "voiced.cascade.frame_log")
    try:
        phrases = {LAMP_TOOL["name"]: LAMP_TOOL["phrases"]}
        async with serve(CascadeSettings(), phrases, ("127.0.0.1", 0), None) as url:
            yield url
    except SpeechError as error:
        pytest.skip(str(error))


@pytest.mark.system
async def test_new_wake_word_goes_on_with_the_last_conversation_and_goodbye_ends_it(tmp_path, cascade, caplog):
    voice.record(tmp_path / "mic.wav", [(2.0, "hey jarvis turn on the kitchen light"), (6.0, "hey jarvis goodbye")])
    async with lamp.serve() as lamps:
        settings = {
            "audio": {
                "input": {"device": f"file:{tmp_path / 'mic.wav'}"},
                "output": {"device": f"file:{tmp_path / 'speaker.wav'}"},
                "chimes": {"wake": False, "done": False, "error": False},
            },
            "voice_live": {"endpoint": cascade, "credential": {"api_key": {"env": "PATH"}}, "fallback": "none"},
            "conversation": {"follow_up_seconds": 0, "speculative_connects_per_minute": 0},
            "tools": [lamp_tool(lamps.url)],
        }
        seen = []
        async with perform(tmp_path, settings, MOCK_PINS) as stage, asyncio.timeout(60):
            async for event in stage.events():
                seen.append(event)
                if len(conversations(seen)) == 2:
                    break
        assert lamps.requests == [("kitchen", "on")]
    assert conversations(seen) == ["reply heard", "goodbye"]
    assert [event["text"] for event in seen if event["event"] == "ReplyTranscribed"][-1] == "Goodbye."
    sessions = {}
    for record in caplog.records:
        found = FRAME.search(record.getMessage())
        if found:
            sessions.setdefault(record.args[0], []).append(found[0])
    first, second = sessions.values()
    assert len(first) == 1, "nothing but the tool's output"
    said, called, output, answered, farewell = second
    assert '"role": "user"' in said
    assert "kitchen light" in said
    assert '"name": "set_light"' in called
    assert "function_call_output" in output
    assert "The kitchen light is on." in answered
    assert "function_call_output" in farewell
