import asyncio

import pytest

from voiced.host import endurance
from voiced.host.endurance import keep_running, run_once


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(endurance, "RESTART_SECONDS", 0.001)


async def test_part_that_breaks_is_started_again_with_its_traceback_in_the_journal(caplog):
    faults = [ValueError("odd"), KeyError("gone")]

    async def part():
        if faults:
            raise faults.pop()

    await keep_running("lights", part)
    assert [record.exc_info[0] for record in caplog.records] == [KeyError, ValueError]
    assert "lights broke" in caplog.text


async def test_cancelled_part_ends():
    async def part():
        await asyncio.sleep(60)

    task = asyncio.create_task(keep_running("lights", part))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_part_that_breaks_while_it_is_cancelled_ends_too():
    async def part():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise OSError("broke while closing") from None

    task = asyncio.create_task(keep_running("lights", part))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task], timeout=2)
    ended = task.done()
    task.cancel()
    assert ended
    assert task.cancelled()


@pytest.mark.parametrize("fault", [ValueError("odd"), None])
async def test_thing_that_breaks_is_told_and_not_done_again(fault, caplog):
    done, broke = [], []

    async def switch():
        done.append("on")
        if fault is not None:
            raise fault

    await run_once("tool lamp", switch, lambda: broke.append("told"))
    assert done == ["on"]
    assert broke == (["told"] if fault else [])
    assert ("tool lamp broke" in caplog.text) == (fault is not None)


async def test_thing_that_is_cancelled_has_not_broken():
    broke = []

    async def notice():
        await asyncio.sleep(60)

    task = asyncio.create_task(run_once("notice", notice, lambda: broke.append("told")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert broke == []
