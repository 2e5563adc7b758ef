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
        self.resting = self.refuses = False
        self.health = StreamHealth()

    def rest(self):
        self.resting = True

    def resume(self):
        if self.refuses:
            raise DeviceError("it can't be started again")
        self.resting = False

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


@pytest.fixture
def resting(playing, monkeypatch):
    """A Playback whose device has come to rest."""
    for name, seconds in (("LOOK_SECONDS", 0.01), ("REST_SECONDS", 0.02), ("RESTING_LOOK_SECONDS", 0.01)):
        monkeypatch.setattr(module, name, seconds)

    async def rests():
        await opened(playing[1])
        while not playing[1].streams[0].resting:
            await asyncio.sleep(0.001)

    return rests


async def test_device_rests_in_silence_and_starts_again_with_the_next_sound(playing, resting):
    playback, driver, drained, _ = playing
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(playback.run())
        await resting()
        playback.write_effect(pcm(240))
        while driver.streams[0].resting:
            await asyncio.sleep(0.001)
        assert not drained.is_set()
        await asyncio.to_thread(driver.fill, 240)
        await drained.wait()
        await resting()
        assert len(driver.streams) == 1
        task.cancel()


async def test_observer_is_told_when_the_device_stood_still(playing, resting):
    playback, driver, *_ = playing
    stood_still = []
    playback.observe(lambda _data, _at: None, lambda: stood_still.append(len(driver.streams)))
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(playback.run())
        await resting()
        before = len(stood_still)
        playback.quicken()
        while driver.streams[0].resting:
            await asyncio.sleep(0.001)
        assert len(stood_still) == before + 1
        driver.streams[0].health.xruns += 1
        while len(stood_still) < before + 2:
            await asyncio.sleep(0.001)
        task.cancel()


async def test_device_does_not_rest_while_somebody_talks_with_us(playing, resting):
    playback, driver, *_ = playing
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(playback.run())
        await resting()
        playback.quicken()
        while driver.streams[0].resting:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.2)
        assert not driver.streams[0].resting
        playback.calm()
        await resting()
        task.cancel()


async def test_resting_device_that_does_not_start_again_is_opened_anew_for_the_sound(playing, resting, caplog):
    playback, driver, drained, _ = playing
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(playback.run())
        await resting()
        driver.streams[0].refuses = True
        playback.write("msg", pcm(240))
        while len(driver.streams) < 2:
            await asyncio.sleep(0.001)
        await asyncio.to_thread(driver.fill, 240)
        await drained.wait()
        task.cancel()
    assert "can't be started again" in caplog.text


async def test_resting_device_that_is_unplugged_is_missed(playing, resting, caplog):
    playback, driver, *_ = playing
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(playback.run())
        await resting()
        driver.streams[0].active = False
        while len(driver.streams) < 2:
            await asyncio.sleep(0.001)
        task.cancel()
    assert "has gone" in caplog.text


async def test_amplifier_gets_its_lead_in_after_a_rest(resting, playing):
    _, driver, *_ = playing
    playback = Playback(OutputSettings(volume=100, lead_in_ms=10), lambda: None, lambda _: None, driver)
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(playback.run())
        await opened(driver)
        playback.write_effect(pcm(240))
        while any(driver.fill(240)) or playback.sounding:  # it has sounded, and was quiet for no time
            await asyncio.sleep(0.001)
        await resting()
        playback.write_effect(pcm(240))
        while driver.streams[0].resting:
            await asyncio.sleep(0.001)
        assert not any(driver.fill(240)), "silence for the amplifier first"
        assert any(driver.fill(240))
        task.cancel()
