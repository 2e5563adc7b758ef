import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.cascade.resampling import Resampler, resample


def tone(rate: int, hertz: float) -> np.ndarray:
    return (10_000 * np.sin(2 * np.pi * hertz * np.arange(rate) / rate)).astype(np.int16)


@pytest.mark.parametrize(("source", "target"), [(16_000, 24_000), (24_000, 16_000), (22_050, 24_000)])
def test_a_tone_keeps_its_pitch_phase_and_level(source, target):
    result = resample(tone(source, 1000), source, target)
    assert len(result) == target
    assert np.abs(result.astype(int) - tone(target, 1000))[500:-500].max() <= 3


def test_what_the_lower_rate_cannot_hold_is_gone():
    assert np.abs(resample(tone(24_000, 10_000), 24_000, 16_000)[500:-500]).max() <= 3


def test_equal_rates_change_nothing():
    assert np.array_equal(resample(tone(16_000, 440), 16_000, 16_000), tone(16_000, 440))


@given(st.lists(st.integers(0, 700), max_size=12), st.sampled_from([(16_000, 24_000), (24_000, 16_000)]))
def test_a_stream_in_any_pieces_equals_the_whole(pieces, rates):
    whole = tone(24_000, 300)[: sum(pieces)]
    stream = Resampler(*rates)
    edges = np.cumsum([0, *pieces])
    parts = [stream.process(whole[start:end]) for start, end in itertools.pairwise(edges)]
    assert np.array_equal(np.concatenate([*parts, stream.flush()]), resample(whole, *rates))


def test_minutes_of_sound_at_once_take_little_more_memory_than_they_are():
    sound = np.zeros(1_000_000, np.int16)
    tracemalloc.start()
    try:
        Resampler(8_000, 16_000).process(sound)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30 * sound.nbytes
