import numpy as np
import pytest

from voiced.audio.chimes import SCORES, chime
from voiced.audio.frames import PLAYBACK_RATE


@pytest.mark.parametrize("name", SCORES)
def test_chime_is_short_quiet_and_begins_and_ends_at_silence(name):
    samples = np.frombuffer(chime(name), np.int16).astype(int)
    assert 0.05 < len(samples) / PLAYBACK_RATE < 0.4
    assert 0.05 < np.abs(samples).max() / 32768 < 0.3
    assert abs(samples[0]) < 50
    assert abs(samples[-1]) < 50
    assert np.abs(np.diff(samples)).max() < 3000, "no click between the notes"
