import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.audio.devices import DeviceError
from voiced.audio.playback import FADE, Playback, PlaybackBuffer
from voiced.audio.settings import OutputSettings


def pcm(frames, level=1000):
    return np.full(frames, level, np.int16).tobytes()


def samples(data):
    return np.frombuffer(data, np.int16)


def test_nothing_written_plays_silence():
    assert PlaybackBuffer(100).take(10) == bytes(20)


def test_sound_is_played_once_in_order_and_padded():
    buffer = PlaybackBuffer(100)
    buffer.write("a", pcm(3, 1))
    buffer.write("a", pcm(2, 2))
    assert list(samples(buffer.take(4))) == [1, 1, 1, 2]
    assert list(samples(buffer.take(4))) == [2, 0, 0, 0]
    assert buffer.empty


@given(st.lists(st.integers(1, 50), max_size=20), st.lists(st.integers(1, 60), min_size=1, max_size=40))
def test_any_chunking_gives_back_the_same_samples(writes, takes):
    buffer = PlaybackBuffer(100)
    total = np.arange(1, sum(writes) + 1, dtype=np.int16)
    at = 0
    for size in writes:
        buffer.write("a", total[at : at + size].tobytes())
        at += size
    heard = np.concatenate([samples(buffer.take(size)) for size in takes])
    expected = np.zeros(sum(takes), np.int16)
    expected[: min(len(total), len(expected))] = total[: len(expected)]
    assert np.array_equal(heard, expected)


def test_volume_follows_a_square():
    buffer = PlaybackBuffer(50)
    buffer.write("a", pcm(1, 1000))
    assert samples(buffer.take(1))[0] == 250


def test_flush_forgets_everything_but_a_fade_of_5_ms():
    buffer = PlaybackBuffer(100)
    buffer.write("a", pcm(24_000 * 10))
    buffer.take(240)
    buffer.flush(0)
    faded = samples(buffer.take(240))
    assert faded[0] == 1000
    assert np.all(np.diff(faded[:FADE].astype(int)) <= 0)
    assert not faded[FADE - 1 :].any()
    assert not samples(buffer.take(240)).any()


def test_flush_tells_how_much_of_the_item_was_heard():
    buffer = PlaybackBuffer(100)
    buffer.write("old", pcm(480))
    buffer.write("msg", pcm(24_000))
    buffer.take(480)
    for _ in range(50):
        buffer.take(240)
    cut = buffer.flush(in_flight=480)
    assert (cut.item_id, cut.played_ms) == ("msg", 500 - 20)


def test_flush_of_an_item_heard_to_its_end_cuts_nothing():
    buffer = PlaybackBuffer(100)
    buffer.write("msg", pcm(240))
    buffer.take(240)
    assert buffer.flush(0).item_id == ""


def test_writing_after_a_flush_plays_the_new_sound_only():
    buffer = PlaybackBuffer(100)
    buffer.write("a", pcm(1000, 5))
    buffer.flush(0)
    buffer.write("b", pcm(10, 7))
    buffer.take(FADE)
    assert set(samples(buffer.take(10))) == {7}


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
