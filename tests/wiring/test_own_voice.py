import asyncio
from types import SimpleNamespace

import pytest

from voiced.assistant.commands import Notice, SayNotice
from voiced.assistant.events import NoticeFinished
from voiced.config.schema import VoicedSettings
from voiced.wiring import own_voice
from voiced.wiring.own_voice import OwnVoice


class Unplugged:
    """A loudspeaker that takes sound and never plays it."""

    def __init__(self):
        self.written = []

    def write_effect(self, sound, least_volume=0):
        self.written.append(sound)


@pytest.fixture
def loudspeaker():
    return Unplugged()


@pytest.fixture
def told():
    return []


@pytest.fixture
async def voice(loudspeaker, told, tmp_path, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    monkeypatch.setattr(own_voice, "SPARE_SECONDS", 0.02)
    monkeypatch.setattr(own_voice, "seconds_of", lambda _: 0.01)
    answerers = SimpleNamespace(budget=None, conversations=SimpleNamespace(sign_in=None))
    made = OwnVoice(VoicedSettings(), loudspeaker, answerers, told.append)

    async def synthesise(_):
        return bytes(480)

    made._notices._synthesise = synthesise
    return made


async def test_notice_that_nobody_can_hear_is_over_nevertheless(voice, loudspeaker, told, caplog):
    async with asyncio.timeout(10):
        await voice.say(SayNotice(Notice.OFFLINE, "no network"))
    assert loudspeaker.written
    assert told == [NoticeFinished()]
    assert "a notice could not be heard to its end" in caplog.text


async def test_notice_that_was_heard_is_over(voice, told, caplog):
    saying = asyncio.create_task(voice.say(SayNotice(Notice.OFFLINE, "no network")))
    while not voice._playback.written:
        await asyncio.sleep(0)
    voice.falls_silent()
    await saying
    assert told == [NoticeFinished()]
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
