import numpy as np
import pytest

from voiced.audio import ring
from voiced.audio.frames import PLAYBACK_RATE


def test_burst_begins_and_ends_at_silence_and_does_not_clip():
    samples = np.frombuffer(ring.burst(1), np.int16)
    assert samples[0] == samples[-1] == 0
    assert 0.4 < np.abs(samples.astype(int)).max() / 32767 < 0.6
    assert 1.5 < len(samples) / PLAYBACK_RATE < 4


def test_burst_ends_with_a_pause_in_which_a_stop_word_is_heard():
    samples = np.frombuffer(ring.burst(1), np.int16)
    assert not samples[-PLAYBACK_RATE * 8 // 10 :].any()


def test_burst_is_as_loud_as_asked():
    loud, soft = (np.frombuffer(ring.burst(factor), np.int16).astype(float) for factor in (1, 0.2))
    assert np.linalg.norm(soft) / np.linalg.norm(loud) == pytest.approx(0.2, abs=0.01)


def test_ring_begins_softly_grows_and_stays():
    factors = [ring.loudness(seconds) for seconds in (0, 10, 20, 30, 300)]
    assert factors == sorted(factors)
    assert factors[0] == ring.FIRST_LOUDNESS
    assert factors[-2:] == [1, 1]
