import numpy as np
import pytest
from benches.monitor import Read, recording_of
from demonstration.soundcard import SPEAKER_RATE, SoundCardError

PIECE = SPEAKER_RATE // 100


def reads(delays, sounding):
    """A recording that began at 50 s, read in pieces of 10 ms, each so much late, with frames that sound."""
    samples = np.zeros(PIECE * len(delays), np.int16)
    samples[sounding] = 1
    return [
        Read(50 + number * 0.01 + delay, number * PIECE, samples[number * PIECE : (number + 1) * PIECE])
        for number, delay in enumerate(delays)
    ]


def test_late_reads_do_not_move_a_sound():
    recording = recording_of(reads([0.3, 0.004, 0.0, 0.2, 0.05], slice(300, 601)))
    assert recording.began_at == pytest.approx(50)
    assert recording.first_sound == pytest.approx(50 + 300 / SPEAKER_RATE)
    assert recording.last_sound == pytest.approx(50 + 600 / SPEAKER_RATE)
    assert recording.sounding_seconds == 301 / SPEAKER_RATE


def test_silence_has_no_first_and_no_last_sound():
    recording = recording_of(reads([0.0, 0.0], slice(0, 0)))
    assert (recording.first_sound, recording.last_sound, recording.sounding_seconds) == (None, None, 0)


def test_recording_without_reads_says_so():
    with pytest.raises(SoundCardError, match="nothing was recorded"):
        recording_of([])
