import asyncio
import threading
import time

import numpy as np
import pytest

from voiced.audio import capture as module
from voiced.audio.capture import IDLE_PERIOD, Capture
from voiced.audio.devices import DeviceError
from voiced.audio.frames import CAPTURE_PERIOD, CAPTURE_RATE
from voiced.audio.handover import RING_SECONDS
from voiced.audio.settings import InputSettings

RING = RING_SECONDS * CAPTURE_RATE // CAPTURE_PERIOD
PERIOD = bytes(CAPTURE_PERIOD * 2)


class FakeStream:
    latency = 0.0

    def __init__(self):
        self.closed = False
        self.active = True

    def close(self):
        self.closed = True


class FakeDriver:
    """Hands out streams whose callback the test calls; `outcomes` are errors to raise, or None for success."""

    def __init__(self, *outcomes, shareable=False):
        self.outcomes = list(outcomes)
        self.shareable = shareable
        self.opened = asyncio.Queue()
        self.streams = []

    def open_capture(self, device, channels, period, callback):
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome is not None:
            raise outcome
        self.streams.append(FakeStream())
        self.opened.put_nowait(callback)
        return self.streams[-1]


class Room:
    """A Capture on a fake driver, with everything it reports."""

    def __init__(self, driver, settings=None):
        self.frames, self.lost, self.recovered = asyncio.Queue(), [], 0
        self.capture = Capture(
            settings or InputSettings(), self.frames.put_nowait, self.lost.append, self._back, driver
        )

    def _back(self):
        self.recovered += 1

    async def take(self, count):
        return [await self.frames.get() for _ in range(count)]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(module, "STALL_SECONDS", 0.1)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(module, "REOPEN_SECONDS", (0.01,))


async def running(room, driver, body):
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(room.capture.run())
        await body(await driver.opened.get())
        task.cancel()


async def test_periods_become_frames_with_growing_positions():
    driver = FakeDriver()
    room = Room(driver)

    async def body(put):
        for _ in range(3):
            put(PERIOD)
        frames = await room.take(3)
        assert [frame.position for frame in frames] == [0, CAPTURE_PERIOD, 2 * CAPTURE_PERIOD]

    await running(room, driver, body)
    assert driver.streams[0].closed


async def test_late_event_loop_loses_the_oldest_and_counts_them(caplog):
    driver = FakeDriver()
    room = Room(driver)

    async def body(put):
        for _ in range(RING + 7):  # the loop gets no chance in between
            put(PERIOD)
        frames = await room.take(RING)
        assert frames[0].position == 7 * CAPTURE_PERIOD, "the gap shows in the positions"
        assert room.capture.health.overruns == 1

        for _ in range(RING + 7):
            put(PERIOD)
        await room.take(RING)
        assert room.capture.health.overruns == 2

    await running(room, driver, body)
    told = [record.getMessage() for record in caplog.records if "late" in record.getMessage()]
    assert told == [f"the event loop was late: {14 * CAPTURE_PERIOD * 1000 // 16_000} ms of the microphone are lost"]


async def test_stalled_device_is_reported_once_and_reopened():
    driver = FakeDriver(None, DeviceError("still gone"), DeviceError("still gone"))
    room = Room(driver)

    async def body(put):
        put(PERIOD)
        await room.take(1)
        put = await driver.opened.get()  # after the stall and two refusals
        put(PERIOD)
        await room.take(1)
        assert len(room.lost) == 1
        assert "no sound" in room.lost[0]
        assert room.recovered == 1
        assert room.capture.health.reopenings == 1

    await running(room, driver, body)


async def test_device_missing_at_start_is_reported_and_found_later(caplog):
    driver = FakeDriver(DeviceError("no card"))
    room = Room(driver)

    async def body(put):
        put(PERIOD)
        await room.take(1)
        assert room.lost == ["no card"]
        assert room.recovered == 1

    await running(room, driver, body)
    assert "no card" in caplog.text


async def test_configured_channel_of_an_array_is_the_microphone():
    driver = FakeDriver()
    room = Room(driver, InputSettings(channels=4, channel=2))

    async def body(put):
        put(np.tile(np.array([1, 2, 3, 4], np.int16), CAPTURE_PERIOD).tobytes())
        (frame,) = await room.take(1)
        assert frame.frames == CAPTURE_PERIOD
        assert set(frame.samples) == {3}

    await running(room, driver, body)


def numbered(start, frames):
    return np.arange(start, start + frames, dtype=np.int16).tobytes()


async def test_conversation_is_captured_20_ms_at_a_time_without_a_lost_or_doubled_sample():
    driver = FakeDriver(shareable=True)
    room = Room(driver)
    coarse_at = fine_at = 0

    async def body(put):
        nonlocal coarse_at, fine_at
        await driver.opened.get()  # tried, whether it may be opened twice
        heard = []

        async def coarse():
            nonlocal coarse_at
            put(numbered(coarse_at, IDLE_PERIOD))
            coarse_at += IDLE_PERIOD
            while room.capture.position < coarse_at:
                await asyncio.sleep(0.001)

        for _ in range(2):
            await coarse()
        room.capture.quicken()
        put_fine = await driver.opened.get()
        fine_at = coarse_at + 100
        for _ in range(3):
            for _ in range(4):
                put_fine(numbered(fine_at, CAPTURE_PERIOD))
                fine_at += CAPTURE_PERIOD
            await coarse()
        while room.capture.position < fine_at:
            await asyncio.sleep(0.001)
        assert fine_at > coarse_at, "the fine stream is ahead"
        room.capture.calm()
        put_fine(numbered(fine_at, CAPTURE_PERIOD))
        while not driver.streams[-1].closed:
            await asyncio.sleep(0.001)
        for _ in range(2):
            await coarse()
        while not room.frames.empty():
            heard.append(room.frames.get_nowait())
        whole = np.concatenate([frame.samples for frame in heard])
        assert np.array_equal(whole, np.arange(len(whole), dtype=np.int16))
        assert len(whole) == coarse_at
        assert min(frame.frames for frame in heard) <= CAPTURE_PERIOD

    await running(room, driver, body)


async def test_device_that_can_be_opened_once_is_captured_20_ms_at_a_time():
    driver = FakeDriver(None, DeviceError("busy"), shareable=True)
    room = Room(driver)

    async def body(_):
        put = await driver.opened.get()
        put(PERIOD)
        (frame,) = await room.take(1)
        assert frame.frames == CAPTURE_PERIOD
        assert driver.streams[0].closed

    await running(room, driver, body)


async def test_paused_microphone_is_closed_and_not_a_sample_of_before_comes_after():
    driver = FakeDriver()
    room = Room(driver)

    async def body(put):
        put(PERIOD)
        await room.take(1)
        put(PERIOD)
        room.capture.pause()
        while not driver.streams[0].closed:
            await asyncio.sleep(0.001)
        assert room.frames.empty()
        room.capture.resume()
        (await driver.opened.get())(PERIOD)
        (frame,) = await room.take(1)
        assert room.lost == []
        assert frame.frames == CAPTURE_PERIOD

    await running(room, driver, body)


async def test_stream_that_says_it_has_gone_is_reopened():
    driver = FakeDriver()
    room = Room(driver)

    async def body(put):
        driver.streams[0].active = False
        put(PERIOD)
        await room.take(1)
        await driver.opened.get()
        assert "has gone" in room.lost[0]

    await running(room, driver, body)


async def test_mix_of_an_array_is_the_average_of_its_channels():
    driver = FakeDriver()
    room = Room(driver, InputSettings(channels=2, channel="mix"))

    async def body(put):
        put(np.tile(np.array([100, 300], np.int16), CAPTURE_PERIOD).tobytes())
        (frame,) = await room.take(1)
        assert set(frame.samples) == {200}

    await running(room, driver, body)


async def test_late_event_loop_is_not_taken_for_a_lost_microphone():
    driver = FakeDriver()
    room = Room(driver)

    async def body(put):
        for _ in range(5):
            put(PERIOD)
            await room.take(1)
            stalled = threading.Thread(target=lambda: (time.sleep(0.15), put(PERIOD)))
            stalled.start()
            time.sleep(0.2)  # the loop stands still for longer than a stall
            stalled.join()
            await room.take(1)
        assert room.lost == []

    await running(room, driver, body)


async def test_microphone_that_is_muted_while_its_second_stream_opens_is_closed_whole():
    driver = FakeDriver(shareable=True)
    slow = threading.Event()
    plain = driver.open_capture

    def open_capture(*arguments):
        if len(driver.streams) >= 2:  # the first, and the trial whether there can be two
            slow.wait(5)
        return plain(*arguments)

    driver.open_capture = open_capture
    room = Room(driver)

    async def body(_):
        await driver.opened.get()
        while not driver.streams[1].closed:
            await asyncio.sleep(0.001)
        room.capture.quicken()
        await asyncio.sleep(0.05)
        room.capture.pause()
        await asyncio.sleep(0.05)
        slow.set()
        while len(driver.streams) < 3 or not all(stream.closed for stream in driver.streams):
            await asyncio.sleep(0.001)

    await running(room, driver, body)


def hiss(rms, channels=1, offset=0):
    """A period of white noise in the last of some channels, the others silent."""
    sound = np.zeros((CAPTURE_PERIOD, channels), np.int16)
    sound[:, -1] = np.random.default_rng(rms).normal(offset, rms, CAPTURE_PERIOD)
    return sound.tobytes()


@pytest.mark.parametrize("settings", [InputSettings(), InputSettings(channels=2, channel=1)])
@pytest.mark.parametrize("offset", [0, 2000])
async def test_quiet_waits_for_what_is_loud_and_comes_with_it(settings, offset):
    driver = FakeDriver()
    room = Room(driver, settings)

    async def body(put):
        room.capture.quiet_below = 100.0
        for _ in range(3):
            put(hiss(50, settings.channels, offset))
        await asyncio.sleep(0)
        assert room.frames.empty()
        put(hiss(200, settings.channels, offset))
        assert [frame.position // CAPTURE_PERIOD for frame in await room.take(4)] == [0, 1, 2, 3]

    await running(room, driver, body)


async def test_in_a_conversation_and_where_nobody_said_what_is_quiet_nothing_waits():
    driver = FakeDriver()
    room = Room(driver)

    async def body(put):
        put(PERIOD)
        await room.take(1)
        room.capture.quiet_below = 100.0
        room.capture.quicken()
        put(PERIOD)
        await room.take(1)

    await running(room, driver, body)


async def test_microphone_that_dies_while_quiet_waits_is_reported_and_is_back_at_once():
    driver = FakeDriver()
    room = Room(driver)

    async def body(put):
        room.capture.quiet_below = 100.0
        put(PERIOD)
        put = await driver.opened.get()
        assert "no sound" in room.lost[0]
        put(PERIOD)
        await room.take(1)
        assert room.recovered == 1

    await running(room, driver, body)
