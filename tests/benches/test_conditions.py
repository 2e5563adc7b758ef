import numpy as np
import pytest
from benches.conditions import LEAD_SECONDS, RATE, Room, blocks, furnish, quiet
from benches.speech import Spoken


def clip(seconds=0.5, amplitude=3000):
    return (amplitude * np.sin(2 * np.pi * 300 * np.arange(int(seconds * RATE)) / RATE)).astype(np.int16)


def rms(samples):
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


PROSE = np.random.default_rng(5).normal(0, 2000, RATE * 3).astype(np.int16)


@pytest.mark.parametrize("room", list(Room))
def test_each_clip_is_in_its_place(room):
    stream = furnish(room, [Spoken("a", clip()), Spoken("b", clip(0.3, 500))], PROSE)
    assert [place.word for place in stream.places] == ["a", "b"]
    assert stream.places[-1].end == pytest.approx(len(stream.samples), abs=RATE)
    for place in stream.places:
        before = stream.samples[place.begin - 4_000 : place.begin]
        said = stream.samples[place.begin : place.begin + 4_000]
        assert rms(said) > 1.2 * rms(before)


@pytest.mark.parametrize(("room", "decibels"), [(Room.PINK_10, 10), (Room.PINK_0, 0), (Room.BABBLE_5, 5)])
def test_noise_is_as_loud_as_it_is_called(room, decibels):
    stream = furnish(room, [Spoken("a", clip(2.0))], PROSE)
    clean = furnish(Room.CLEAN, [Spoken("a", clip(2.0))], PROSE)
    begin = round(LEAD_SECONDS * RATE)
    word = rms(clean.samples[begin : begin + 2 * RATE])
    noise = rms((stream.samples.astype(np.int32) - clean.samples)[: stream.places[0].end])
    assert 20 * np.log10(word / noise) == pytest.approx(decibels, abs=1.5)


def test_room_is_the_same_each_time():
    first, second = (furnish(Room.BABBLE_0, [Spoken("a", clip())], PROSE).samples for _ in range(2))
    assert np.array_equal(first, second)


def test_stream_without_words_knows_its_length():
    stream = quiet(np.zeros(RATE * 36, np.int16))
    assert stream.hours == pytest.approx(0.01)
    assert stream.places == []


def test_blocks_leave_the_rest_out():
    assert [len(block) for block in blocks(np.zeros(1280 * 2 + 5, np.int16))] == [1280, 1280]
