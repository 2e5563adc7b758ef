import time

import pytest

from voiced.assistant import events as on
from voiced.audio.preroll import PreRoll
from voiced.config.schema import VoicedSettings
from voiced.tools.registry import Registry
from voiced.wiring.answerers import Answerers

CLOUD = {"endpoint": "https://voiced.invalid/", "credential": {"api_key": {"env": "PATH"}}, "fallback": "none"}


@pytest.fixture
async def answerers(tmp_path, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    settings = VoicedSettings.model_validate({"voice_live": CLOUD})
    return Answerers(settings, Registry(), PreRoll(1), lambda _: None, tmp_path / "voiced.yaml")


def told(answerers):
    answerers.remember(on.SpeechStopped("u", 1000))
    answerers.remember(on.UserTranscribed("u", "turn on the light"))
    answerers.remember(on.ReplyTranscribed("r", "It is on."))


async def test_what_was_said_before_the_machine_slept_for_hours_is_no_part_of_the_next_conversation(
    answerers, monkeypatch
):
    answerers.conversations.recall("default")
    told(answerers)
    assert len(answerers.conversations.recall("default")) == 2
    real = time.clock_gettime
    asleep = {time.CLOCK_BOOTTIME: 6 * 3600.0}  # the monotonic clock stands still meanwhile
    monkeypatch.setattr(time, "clock_gettime", lambda clock: real(clock) + asleep.get(clock, 0.0))
    assert answerers.conversations.recall("default") == []
