import asyncio

import numpy as np
import pytest

from voiced.audio import playback as module
from voiced.audio.devices import DeviceError, StreamHealth
from voiced.audio.playback import Playback
from voiced.audio.settings import OutputSettings


def pcm(frames, level=1000):
    return np.full(frames, level, np.int16).tobytes()


class FakeStream:
    latency = 0.0

    def __init__(self):
        self.active = True
        self.health = StreamHealth()

    def close(self):
        self.active = False


class FakeDriver:
    """Opens streams whose callback the test calls; refuses as often as asked."""

    def __init__(self, refusals=0):
        self.refusals = refusals
        self.fill = None
        self.streams = []

    def open_playback(self, device, period, callback):
        if self.refusals:
            self.refusals -= 1
            raise DeviceError("no such device")
        self.fill = callback
        self.streams.append(FakeStream())
        return self.streams[-1]


@pytest.fixture
def playing():
    """Runs a Playback on a fake driver; yields (playback, driver, drained, began)."""
    drained, began = asyncio.Event(), []
    driver = FakeDriver()
    playback = Playback(OutputSettings(volume=100), drained.set, began.append, driver)
    return playback, driver, drained, began


async def opened(driver):
    while driver.fill is None:
        await asyncio.sleep(0.001)


async def test_last_sample_taken_reports_drained_once(playing):
    playback, driver, drained, began = playing
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(playback.run())
        await opened(driver)
        playback.write("msg", pcm(300))
        await asyncio.to_thread(driver.fill, 240)
        assert not drained.is_set()
        await asyncio.to_thread(driver.fill, 240)
        await drained.wait()
        assert began == ["msg"]
        task.cancel()


async def test_device_that_is_missing_still_lets_the_sound_pass_in_time(playing, caplog):
    playback, driver, drained, _ = playing
    driver.refusals = 1_000
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(playback.run())
        playback.write("msg", pcm(240))
        await drained.wait()
        task.cancel()
    assert [record.levelname for record in caplog.records] == ["WARNING"]


async def test_device_underrun_in_a_reply_asks_for_a_larger_buffer_once_it_is_quiet(playing, caplog, monkeypatch):
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    playback, driver, drained, _ = playing
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(playback.run())
        await opened(driver)
        playback.write("msg", pcm(480))
        await asyncio.sleep(0.05)
        driver.streams[0].health.xruns += 2
        while not playback.underruns:
            await asyncio.sleep(0.01)
        assert len(driver.streams) == 1, "not in the middle of a reply"
        playback.finish()
        await asyncio.to_thread(driver.fill, 480)
        await asyncio.to_thread(driver.fill, 480)
        await drained.wait()
        while len(driver.streams) < 2:
            await asyncio.sleep(0.01)
        assert playback.underruns == 2
        task.cancel()
    assert "too busy for a buffer of 9 ms: 40 ms from now on" in caplog.text


async def test_device_underrun_in_silence_is_no_ones_business(playing, monkeypatch):
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    playback, driver, *_ = playing
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(playback.run())
        await opened(driver)
        await asyncio.sleep(0.05)
        driver.streams[0].health.xruns += 2
        await asyncio.sleep(0.1)
        assert playback.underruns == 0
        assert len(driver.streams) == 1
        task.cancel()


async def test_flush_that_leaves_nothing_to_fade_still_ends_the_sound(playing):
    playback, driver, drained, _ = playing
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(playback.run())
        await opened(driver)
        playback.write_effect(pcm(4800))
        playback.flush()
        await drained.wait()
        assert not playback.sounding
        task.cancel()
