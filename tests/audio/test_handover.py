import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.audio.frames import CAPTURE_RATE
from voiced.audio.handover import PATIENCE_SECONDS, RING_SECONDS, Handover

PERIOD = 1280
PATIENCE = int(PATIENCE_SECONDS * CAPTURE_RATE) // PERIOD
WAITS, URGENT = b"waits", b"urgent"


def waits(data):
    return data == WAITS


class Taken:
    """What a handover gave, and in how many wake-ups of the loop."""

    def __init__(self, may_wait=waits):
        self.numbers, self.data, self.times = [], [], []
        self.handover = Handover(PERIOD, self._take, may_wait)

    def _take(self, number, data, at):
        self.numbers.append(number)
        self.data.append(data)
        self.times.append(at)

    async def put(self, *periods):
        for data in periods:
            self.handover.put(data)
        await asyncio.sleep(0)


async def test_what_somebody_waits_for_comes_at_once_with_all_that_waited():
    taken = Taken()
    await taken.put(WAITS, WAITS)
    assert taken.data == []
    await taken.put(URGENT)
    assert taken.data == [WAITS, WAITS, URGENT]
    assert taken.times == sorted(taken.times)


async def test_nothing_waits_longer_than_patience():
    taken = Taken()
    for _ in range(PATIENCE - 1):
        await taken.put(WAITS)
    assert taken.data == []
    await taken.put(WAITS)
    assert taken.numbers == [*range(PATIENCE)]


@given(st.lists(st.sampled_from([WAITS, URGENT]), max_size=60))
def test_every_period_comes_once_and_in_order(periods):
    async def body():
        taken = Taken()
        for count, data in enumerate(periods, 1):
            await taken.put(data)
            assert taken.data == periods[: len(taken.data)]
            assert count - len(taken.data) < PATIENCE
            assert data == WAITS or len(taken.data) == count
        assert taken.numbers == [*range(len(taken.data))]

    asyncio.run(body())


async def test_late_loop_loses_the_oldest_and_the_numbers_show_it():
    taken, ring = Taken(), RING_SECONDS * CAPTURE_RATE // PERIOD
    await taken.put(*[URGENT] * (ring + 3))
    assert taken.numbers == [*range(3, ring + 3)]


async def test_time_of_the_latest_period_is_known_while_it_waits():
    taken = Taken()
    before = taken.handover.put_at
    await taken.put(WAITS)
    assert taken.data == []
    assert taken.handover.put_at > before


async def test_closed_one_forgets_what_waits_and_what_comes():
    taken = Taken()
    await taken.put(WAITS)
    taken.handover.close()
    await taken.put(URGENT)
    assert taken.data == []


async def test_what_the_taker_raises_is_told_and_ends_the_handing_over():
    def take(*_):
        raise LookupError("a defect")

    handover = Handover(PERIOD, take)
    threading.Thread(target=handover.put, args=(URGENT,)).start()
    with pytest.raises(LookupError):
        await asyncio.wait_for(handover.broken, 5)
    handover.put(URGENT)
    await asyncio.sleep(0)
