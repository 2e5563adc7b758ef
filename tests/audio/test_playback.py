import asyncio

import numpy as np
import pytest

from voiced.audio.devices import DeviceError
from voiced.audio.playback import Playback
from voiced.audio.settings import OutputSettings


def pcm(frames, level=1000):
    return np.full(frames, level, np.int16).tobytes()


class FakeStream:
    latency = 0.0

    def __init__(self):
        self.active = True

    def close(self):
        self.active = False


class FakeDriver:
    """Opens streams whose callback the test calls; refuses as often as asked."""

    def __init__(self, refusals=0):
        self.refusals = refusals
        self.fill = None

    def open_playback(self, device, period, callback):
        if self.refusals:
            self.refusals -= 1
            raise DeviceError("no such device")
        self.fill = callback
        return FakeStream()


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
