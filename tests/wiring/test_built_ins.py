import asyncio
import contextlib
import json
import time

import pytest

from voiced.assistant import events as on
from voiced.assistant.commands import RingEnd
from voiced.config.schema import VoicedSettings
from voiced.tools.builtins.entries import Countdown, Kind
from voiced.tools.registry import Registry
from voiced.wiring.announcing import AnnouncementError
from voiced.wiring.built_ins import WORDS_EVERY, BuiltIns, LastReply
from voiced.wiring.loudness import Loudness


class Voice:
    """Takes sounds, and is as quick as it can be."""

    def __init__(self):
        self.sounds, self.spoken, self.announced = [], [], []
        self.mute = False
        self.announcing = self

    async def heard(self, sound, least_volume=0):
        self.sounds.append((sound, least_volume))
        await asyncio.sleep(0)

    def effect(self, sound, least_volume=0):
        self.sounds.append((sound, least_volume))

    async def synthesise(self, text):
        if self.mute:
            raise RuntimeError("nothing to speak with")
        self.spoken.append(text)
        return text.encode()

    async def say(self, text):
        if self.mute:
            raise AnnouncementError("nothing to speak with")
        self.announced.append(text)


class Answerers:
    """Only their state is asked for."""

    def __init__(self):
        self.conversations = self

    def status(self):
        return {"name": "azure", "outage": {"detail": "no network"}}


@pytest.fixture
def voice():
    return Voice()


@pytest.fixture
def told():
    return []


@pytest.fixture
def registry():
    return Registry()


@pytest.fixture
def make(voice, told, registry, tmp_path, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))

    async def nothing(_):
        return

    def made(configured="{}", way_to_unmute=lambda: "type voiced unmute"):
        loudness = Loudness(60, tmp_path / "volume.json", nothing)
        settings = VoicedSettings.model_validate_json(configured)
        return BuiltIns(settings, registry, voice, loudness, Answerers(), told.append, way_to_unmute)

    return made


@contextlib.asynccontextmanager
async def running(built_ins):
    task = asyncio.create_task(built_ins.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


def due_now(built_ins, label="egg"):
    return built_ins.diary.add(Kind.TIMER, label, Countdown(1, built_ins.diary.now.monotonic - 1))


async def test_registry_has_the_built_ins(make, registry):
    make()
    assert {"set_timer", "get_time", "what_can_you_do"} <= {tool.name for tool in registry}


async def test_what_is_due_is_told_with_its_words(make, told):
    built_ins = make()
    async with running(built_ins):
        due_now(built_ins)
        await until(lambda: told)
    assert told == [on.RingDue(300, "The egg timer is done.")]
    assert built_ins.status()["ringing"] == 1


async def test_ringing_has_bursts_and_from_time_to_time_the_words_at_the_least_volume(make, voice):
    built_ins = make()
    async with running(built_ins):
        due_now(built_ins)
        await until(lambda: built_ins.diary.schedule.ringing)
        built_ins.begin()
        await until(lambda: len(voice.spoken) >= 2)
        built_ins.end(RingEnd.STOPPED)
        sounds = len(voice.sounds)
        await asyncio.sleep(0.02)
        assert len(voice.sounds) <= sounds + 1, "what was under way"
    words = (b"The egg timer is done.", 40)
    places = [place for place, sound in enumerate(voice.sounds) if sound == words]
    assert places[:2] == [1, 2 + WORDS_EVERY]
    assert {least for _, least in voice.sounds} == {40}
    assert built_ins.diary.schedule.entries == ()


async def test_voice_that_fails_leaves_the_bursts(make, voice, caplog):
    built_ins = make()
    voice.mute = True
    async with running(built_ins):
        built_ins.begin()
        await until(lambda: len(voice.sounds) > 3 * WORDS_EVERY)
        built_ins.end(None)
    assert "can't be said" in caplog.text


async def test_unheard_is_announced_as_missed_and_snoozed_comes_again(make, voice):
    built_ins = make()
    async with running(built_ins):
        due_now(built_ins)
        await until(lambda: built_ins.diary.schedule.ringing)
        built_ins.end(RingEnd.SNOOZED)
        assert built_ins.status() == {
            "timers": 1, "alarms": 0, "reminders": 0, "ringing": 0, "next_seconds": 540,
        }  # fmt: skip
        due_now(built_ins, "tea")
        await until(lambda: built_ins.diary.schedule.ringing)
        built_ins.end(RingEnd.UNHEARD)
        await until(lambda: voice.announced)
    assert voice.announced[0].startswith("You missed the tea timer at ")


async def test_missed_while_off_is_announced_at_the_start(make, voice, tmp_path):
    entry = {"number": 1, "kind": "timer", "label": "egg", "snoozes": 0, "seconds": 60, "monotonic": None}
    content = {"version": 1, "boot": "", "entries": [entry | {"ends": time.time() - 3600}], "missed": []}
    (tmp_path / "timers.json").write_text(json.dumps(content))
    async with running(make()):
        await until(lambda: voice.announced)


async def test_what_is_set_outlives_a_restart(make):
    built_ins = make()
    built_ins.diary.add(Kind.TIMER, "egg", Countdown(600, built_ins.diary.now.monotonic + 600))
    built_ins.close()
    assert make().status()["timers"] == 1


async def test_burst_in_a_conversation_is_one(make, voice):
    make().once()
    assert len(voice.sounds) == 1


async def test_microphone_goes_off_before_it_is_said_how_it_goes_on(make, registry, told, voice):
    make()
    await registry["mute_microphone"].action({})
    assert told == [on.MuteChanged(muted=True, reason="microphone off by the tool mute_microphone")]
    assert "voiced unmute" in voice.announced[0]


async def test_microphone_goes_on_as_it_is_then(make, registry, voice):
    ways = iter(["press its button", "move its switch to and fro"])
    make(way_to_unmute=lambda: next(ways))
    await registry["mute_microphone"].action({})
    await registry["mute_microphone"].action({})
    assert ["button" in voice.announced[0], "switch" in voice.announced[1]] == [True, True]


async def test_status_and_repeat_know_the_speaker(make, registry):
    built_ins = make()
    built_ins.feed(on.ReplyTranscribed("r1", "It rains."))
    assert (await registry["repeat"].action({})).result == {"said": "It rains."}
    assert (await registry["speaker_status"].action({})).result["outage"] == "no network"


def test_last_reply_is_not_the_one_that_asks_to_repeat():
    last = LastReply()
    last.feed(on.ReplyTranscribed("r1", "It rains."))
    last.feed(on.ReplyTranscribed("r2", "One moment."))
    last.feed(on.FunctionCalled("r2", "c", "repeat", "{}"))
    assert last.text == "It rains."
    last.feed(on.FunctionCalled("r3", "c", "repeat", "{}"))
    assert last.text == "It rains."


@pytest.mark.parametrize("event", [on.MuteChanged(muted=True), on.ForgetRequested()])
def test_last_reply_is_forgotten_with_the_rest(event):
    last = LastReply()
    last.feed(on.ReplyTranscribed("r1", "It rains."))
    last.feed(event)
    assert last.text == ""
