import asyncio
import json
from contextlib import asynccontextmanager

from voiced.assistant.phases import Phase
from voiced.tools.ducking_settings import DuckingSettings
from voiced.wiring.ducking import Ducking

SETTINGS = DuckingSettings.model_validate_json(
    json.dumps({"begin": {"call": "duck", "with": {"level": 10}}, "end": {"call": "restore"}})
)


class Tools:
    """Keeps what was called; a call lasts until it is released."""

    def __init__(self, *, works=True):
        self.calls = []
        self.works = works
        self.free = asyncio.Event()
        self.free.set()

    async def call(self, name, arguments):
        self.calls.append((name, json.loads(arguments)))
        await self.free.wait()
        return self.works


@asynccontextmanager
async def following(tools, settings=SETTINGS):
    ducking = Ducking(settings, tools.call)
    task = asyncio.create_task(ducking.run())
    try:
        yield ducking
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def settle():
    for _ in range(10):
        await asyncio.sleep(0)


async def test_music_is_turned_down_for_a_conversation_and_up_after_it():
    tools = Tools()
    async with following(tools) as ducking:
        for phase in (Phase.IDLE, Phase.CONNECTING, Phase.LISTENING, Phase.SPEAKING, Phase.IDLE):
            ducking.show(phase)
            await settle()
    assert tools.calls == [("duck", {"level": 10}), ("restore", {})]


async def test_conversation_that_ends_while_the_call_is_under_way_is_put_right_after_it():
    tools = Tools()
    tools.free.clear()
    async with following(tools) as ducking:
        for phase in (Phase.LISTENING, Phase.IDLE, Phase.LISTENING, Phase.IDLE):
            ducking.show(phase)
            await settle()
        assert [name for name, _ in tools.calls] == ["duck"]
        tools.free.set()
        await settle()
        assert [name for name, _ in tools.calls] == ["duck", "restore"]


async def test_speaker_that_is_stopped_leaves_nothing_turned_down():
    tools = Tools()
    async with following(tools) as ducking:
        ducking.show(Phase.ALERTING)
        await settle()
    assert [name for name, _ in tools.calls] == ["duck", "restore"]


async def test_tool_that_fails_is_told_and_the_music_is_turned_up_all_the_same(caplog):
    tools = Tools(works=False)
    async with following(tools) as ducking:
        ducking.show(Phase.LISTENING)
        await settle()
        ducking.show(Phase.IDLE)
        await settle()
    assert [name for name, _ in tools.calls] == ["duck", "restore"]
    assert "ducking: duck failed" in caplog.text


async def test_without_settings_nothing_is_called():
    tools = Tools()
    async with following(tools, DuckingSettings()) as ducking:
        ducking.show(Phase.LISTENING)
        await settle()
    assert tools.calls == []
