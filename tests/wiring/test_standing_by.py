import asyncio

import pytest

from voiced.wiring.standing_by import StandingBy


class Child:
    """A process that counts its lives."""

    def __init__(self):
        self.begun = self.ended = 0
        self.closed = False
        self.port = 4711

    async def serve(self):
        self.begun += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.ended += 1

    def close(self):
        self.closed = True


class Stage:
    def __init__(self):
        self.child = Child()
        self.needed = False
        self.standing_by = StandingBy(self.child, lambda: self.needed, linger_seconds=0.02)

    async def until(self, condition):
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.001)


@pytest.fixture
async def stage():
    made = Stage()
    task = asyncio.create_task(made.standing_by.run())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert made.child.closed
    assert made.child.ended == made.child.begun


async def test_nothing_runs_before_it_is_wanted(stage):
    await asyncio.sleep(0.05)
    assert stage.child.begun == 0
    assert stage.standing_by.address == "http://127.0.0.1:4711"


async def test_process_that_is_needed_no_more_is_ended_and_starts_again_when_it_is_wanted(stage, caplog):
    caplog.set_level("INFO")
    stage.standing_by.want()
    await stage.until(lambda: stage.child.ended == 1)
    assert "the cascade's process is ended" in caplog.text
    stage.standing_by.want()
    await stage.until(lambda: stage.child.begun == 2)


async def test_process_that_is_needed_stays_until_the_outage_is_over(stage):
    stage.needed = True
    stage.standing_by.want()
    await asyncio.sleep(0.1)
    assert (stage.child.begun, stage.child.ended) == (1, 0)
    stage.needed = False
    await stage.until(lambda: stage.child.ended == 1)


async def test_defect_in_serving_is_not_swallowed_and_leaves_the_socket_for_another_try():
    class Broken(Child):
        async def serve(self):
            raise ValueError("a defect")

    broken = Broken()
    standing_by = StandingBy(broken, lambda: True)
    standing_by.want()
    with pytest.raises(ExceptionGroup):
        await standing_by.run()
    assert not broken.closed
