"""The main job from outside: a voice in the room, a lamp, a light, a spoken answer, a journal."""

import asyncio
import wave
from contextlib import asynccontextmanager

import pytest
from demonstration import lamp, voice
from demonstration.hearing import plain, understood
from demonstration.stage import MOCK_PINS, lamp_tool, perform
from demonstration.timeline import Timeline

from voiced.assistant.commands import Notice
from voiced.assistant.sentences import SENTENCES

pytestmark = pytest.mark.system

COMMANDS = [
    ("turn on the kitchen light", ("kitchen", "on")),
    ("switch off the bedroom lamp", ("bedroom", "off")),
    ("turn off the kitchen light", ("kitchen", "off")),
]
REPLIES = [f"The {room} light is {state}." for room in ("kitchen", "bedroom") for state in ("on", "off")]
ONE_TURN = ["connecting", "listening", "thinking", "speaking", "following_up", "idle"]
FOLLOW_UP_SECONDS = 1.0


@pytest.fixture
def folder(tmp_path):
    return tmp_path


@pytest.fixture
async def lamps():
    async with lamp.serve() as running:
        yield running


def configuration(lamps, **more):
    return {
        "audio": {
            "input": {"device": "voiced_mic"},
            "output": {"device": "voiced_speaker", "volume": 100},
            "chimes": {"wake": False, "done": False, "error": False},
        },
        "conversation": {"follow_up_seconds": FOLLOW_UP_SECONDS},
        "lights": {"driver": "rgb", "pins": {"red": 17, "green": 27, "blue": 22}},
        "tools": [lamp_tool(lamps.url)],
        **more,
    }


class Observer:
    """Follows the daemon and waits for what a test waits for."""

    def __init__(self, stage):
        self.timeline = Timeline()
        self.events = []
        self._stage = stage
        self._changed = asyncio.Condition()

    async def follow(self):
        async for event in self._stage.events():
            self.events.append(event)
            self.timeline.add(event)
            async with self._changed:
                self._changed.notify_all()

    async def until(self, condition, seconds=30):
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(condition)
        except TimeoutError:
            pytest.fail(f"waited in vain; {self.timeline.moments}\n{self._stage.log}")

    @property
    def phases(self):
        return [phase for _, phase in self.timeline.phases]

    def kinds(self):
        return [event["event"] for event in self.events]


@asynccontextmanager
async def listening_speaker(folder, sound_card, settings):
    """The real daemon on the virtual sound card, once it listens."""
    async with (
        perform(folder, settings, {**sound_card.environment(), **MOCK_PINS}) as stage,
        asyncio.TaskGroup() as tasks,
    ):
        observer = Observer(stage)
        task = tasks.create_task(observer.follow())
        await observer.until(lambda: any(event.get("phase") == "idle" for event in observer.events))
        observer.timeline.phases.clear()  # it may or may not have been followed from before the first one
        yield stage, observer
        task.cancel()


async def say(sound_card, folder, *lines):
    path = folder / "said.wav"
    voice.record(path, lines, tail=0.5)
    await asyncio.to_thread(sound_card.play, path)


def shown(timeline, phase):
    """The colour that the pins showed last in a phase, rounded."""
    times = [at for at, _ in timeline.phases] + [float("inf")]
    index = [name for _, name in timeline.phases].index(phase)
    before = [colour for at, *colour in timeline.colours if at <= times[index + 1]]
    return tuple(round(level, 1) for level in before[-1])


@pytest.mark.parametrize(("command", "request_"), COMMANDS)
async def test_spoken_command_switches_the_lamp_and_is_answered(folder, sound_card, lamps, command, request_):
    async with listening_speaker(folder, sound_card, configuration(lamps)) as (stage, observer):
        with sound_card.record(folder / "heard.wav"):
            await say(sound_card, folder, (1.5, "hey jarvis"), (0.3, command))
            await observer.until(lambda: observer.phases[-1:] == ["idle"] and len(observer.phases) > 1)
        assert lamps.requests == [request_], "exactly one right request"
        reply = f"The {request_[0]} light is {request_[1]}."
        assert observer.timeline.replies == [reply]
        assert understood(folder / "heard.wav", REPLIES) == plain(reply)
        assert observer.phases == ONE_TURN
        lines = [line.split("INFO    ")[-1] for line in stage.log.splitlines()]
        for phase in ONE_TURN[:-1]:
            assert sum(line.startswith(f"{phase}: ") for line in lines) == 1, (
                f"one journal line for {phase}\n{stage.log}"
            )
        assert len({shown(observer.timeline, phase) for phase in ("listening", "thinking", "speaking")}) >= 2
        assert all(max(shown(observer.timeline, phase)) > 0 for phase in ("listening", "speaking"))
        await observer.until(lambda: not any(observer.timeline.colours[-1][1:]))


async def test_second_command_without_wake_word_in_the_follow_up_window(folder, sound_card, lamps):
    settings = configuration(lamps, conversation={"follow_up_seconds": 6})
    async with listening_speaker(folder, sound_card, settings) as (_, observer):
        await say(sound_card, folder, (1.5, "hey jarvis"), (0.3, "turn on the kitchen light"))
        await observer.until(lambda: observer.phases[-1:] == ["following_up"])
        await say(sound_card, folder, (0.5, "turn on the bedroom light"))
        await observer.until(lambda: observer.phases.count("following_up") == 2)
        assert lamps.requests == [("kitchen", "on"), ("bedroom", "on")]
        assert observer.kinds().count("WakeWordDetected") == 1


async def test_command_without_the_wake_word_reaches_nobody(folder, sound_card, lamps):
    connections = []

    async def count(_, writer):
        connections.append(writer)
        writer.close()

    server = await asyncio.start_server(count, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    key = {"api_key": {"env": "PATH"}}
    service = {"endpoint": f"http://127.0.0.1:{port}", "credential": key, "fallback": "none"}
    async with server, listening_speaker(folder, sound_card, configuration(lamps, voice_live=service)) as (_, observer):
        with sound_card.record(folder / "heard.wav"):
            await say(sound_card, folder, (1.0, "turn on the kitchen light"), (1.0, "what a nice day it is"))
        assert observer.phases == []
        assert connections == []
        assert lamps.requests == []
        with wave.open(str(folder / "heard.wav")) as file:
            assert not any(file.readframes(file.getnframes())), "not a sound was made"


async def test_speech_that_fits_no_sentence_is_said_to_be_not_understood(folder, sound_card, lamps):
    async with listening_speaker(folder, sound_card, configuration(lamps)) as (_, observer):
        await say(sound_card, folder, (1.5, "hey jarvis"), (0.3, "what is the capital of france"))
        await observer.until(lambda: observer.phases[-1:] == ["idle"] and len(observer.phases) > 1)
        assert lamps.requests == []
        assert len(observer.timeline.replies) == 1
        assert "not understand" in observer.timeline.replies[0]


async def test_dead_device_is_told_and_the_speaker_listens_again(folder, sound_card, lamps):
    settings = configuration(lamps)
    settings["tools"] = [lamp_tool("http://127.0.0.1:9")]
    async with listening_speaker(folder, sound_card, settings) as (stage, observer):
        await say(sound_card, folder, (1.5, "hey jarvis"), (0.3, "turn on the kitchen light"))
        await observer.until(lambda: observer.phases[-1:] == ["idle"] and len(observer.phases) > 1)
        assert "can't be reached" in observer.timeline.replies[0]
        assert "Tool 'set_light' failed" in stage.log


@pytest.mark.parametrize("kind", ["nobody listens", "refused key"])
async def test_service_that_cannot_be_had_is_said_aloud(folder, sound_card, lamps, kind):
    refusal = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    async def refuse(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(refusal)
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1] if kind == "refused key" else 9
    key = {"api_key": {"env": "PATH"}}
    service = {"endpoint": f"http://127.0.0.1:{port}", "credential": key, "fallback": "none"}
    async with (
        server,
        listening_speaker(folder, sound_card, configuration(lamps, voice_live=service)) as (stage, observer),
    ):
        with sound_card.record(folder / "heard.wav"):
            await say(sound_card, folder, (1.5, "hey jarvis"))
            await observer.until(lambda: observer.phases == ["connecting", "alerting", "idle"])
        expected = SENTENCES[Notice.REFUSED if kind == "refused key" else Notice.UNREACHABLE]
        assert understood(folder / "heard.wav", SENTENCES.values()) == plain(expected)
        warnings = [line for line in stage.log.splitlines() if "WARNING" in line]
        assert len([line for line in warnings if "the machine is too busy" not in line]) == 1, stage.log
