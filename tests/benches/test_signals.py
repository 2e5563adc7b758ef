import numpy as np
import pytest
from benches.signals import NUMBERS, AlteredError, Arrival, arrived, gaps, numbered, tone
from hypothesis import given
from hypothesis import strategies as st

FRAMES = 3 * NUMBERS


@given(start=st.integers(0, FRAMES), length=st.integers(0, NUMBERS // 2 - 1), silence=st.integers(0, 500))
def test_frames_cut_out_anywhere_are_counted_and_silence_is_not(start, length, silence):
    sent = numbered(FRAMES)
    received = np.concatenate([np.zeros(silence, np.int16), sent[:start], sent[start + length :]])
    assert arrived(received, FRAMES) == Arrival(min(length, FRAMES - start), 0)


def test_frames_that_come_twice_are_counted():
    sent = numbered(FRAMES)
    assert arrived(np.concatenate([sent[:1000], sent[680:]]), FRAMES) == Arrival(0, 320)


def test_nothing_that_arrives_is_all_lost():
    assert arrived(np.zeros(100, np.int16), 5000) == Arrival(5000, 0)


def test_another_volume_is_an_error_not_a_count():
    with pytest.raises(AlteredError):
        arrived(numbered(10_000) // 2, 10_000)


def test_tone_has_no_zero_and_the_length_asked_for():
    samples = tone(2.5, 24_000)
    assert len(samples) == 60_000
    assert np.all(samples)


def test_gaps_are_silences_within_a_tone_only():
    sound = tone(0.1, 1000)
    samples = np.concatenate([np.zeros(30, np.int16), sound, np.zeros(50, np.int16), sound, np.zeros(9, np.int16)])
    assert gaps(samples, 1000) == [0.05]
    assert gaps(np.zeros(10, np.int16), 1000) == []
