import asyncio
import sys
from contextlib import asynccontextmanager

from voiced.host import child as module
from voiced.host.streamed_child import PIPE_BYTES, StreamedChild

ECHO = "import sys\nfor line in sys.stdin: print(line.strip(), flush=True)"
ONCE = "print(input(), flush=True); raise SystemExit(3)"
ASLEEP = "import time; print('awake', flush=True); time.sleep(60)"
SAYS = "import os; print(os.environ['GREETING'], flush=True); input()"


@asynccontextmanager
async def running(program, waiting=10, **environment):
    lines = asyncio.Queue()
    child = StreamedChild("echo", [sys.executable, "-c", program], environment, lines.put_nowait, waiting)
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(child.run())
        yield child, lines
        task.cancel()


async def test_what_is_fed_is_answered_in_order():
    async with running(ECHO) as (child, lines):
        for number in range(5):
            child.feed(b"%d\n" % number)
        assert [await lines.get() for _ in range(5)] == ["0", "1", "2", "3", "4"]


async def test_environment_is_the_childs():
    async with running(SAYS, GREETING="hello") as (child, lines):
        child.want()
        assert await lines.get() == "hello"


async def test_child_that_is_not_wanted_does_not_run():
    async with running("print('here', flush=True); input()") as (child, lines):
        await asyncio.sleep(0.3)
        assert lines.empty()
        child.want()
        assert await lines.get() == "here"


async def test_child_that_ends_is_started_again_and_fed_what_comes_then(monkeypatch, caplog):
    monkeypatch.setattr(module, "RESTART_SECONDS", (0.0,))
    async with running(ONCE) as (child, lines):
        for word in (b"one\n", b"two\n"):
            child.feed(word)
            assert await lines.get() == word.decode().strip()
            while caplog.text.count("echo ended (status 3)") < 1 + (word == b"two\n"):
                await asyncio.sleep(0.01)


async def test_child_that_falls_behind_loses_the_oldest_and_it_is_said_once(caplog):
    async with running(ASLEEP, waiting=3) as (child, lines):
        child.want()
        assert await lines.get() == "awake"
        for _ in range(100):
            child.feed(bytes(PIPE_BYTES))
            await asyncio.sleep(0)
        assert child.dropped > 80
    assert caplog.text.count("falls behind") == 1
