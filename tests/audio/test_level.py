import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.audio.level import CLIPPED_SHARE, FLOOR_DBFS, SILENT_SECONDS, Complaints, Level

FRAME = 320


def frames(samples):
    return [samples[begin : begin + FRAME] for begin in range(0, len(samples), FRAME)]


def fed(*parts):
    level = Level()
    for part in parts:
        for frame in frames(part):
            level.feed(frame)
    return level


def tone(seconds, amplitude):
    return np.round(amplitude * np.sin(2 * np.pi * 440 * np.arange(round(16_000 * seconds)) / 16_000)).astype(np.int16)


def noise(seconds, deviation):
    return np.random.default_rng(1).normal(0, deviation, round(16_000 * seconds)).astype(np.int16)


def zeros(seconds):
    return np.zeros(round(16_000 * seconds), np.int16)


def test_a_tone_at_half_scale_has_the_level_of_the_textbook():
    level = fed(tone(1, 16_384))
    assert level.peak == pytest.approx(-6.02, abs=0.05)
    assert level.rms == pytest.approx(-9.03, abs=0.05)
    assert level.clipped == 0


def test_nothing_and_silence_are_at_the_floor():
    for level in (Level(), fed(zeros(1)), fed(np.zeros(0, np.int16))):
        assert level.rms == level.peak == level.noise_floor == FLOOR_DBFS


def test_the_most_negative_sample_is_a_peak():
    assert fed(np.full(FRAME, -32_768, np.int16)).peak == pytest.approx(0, abs=0.001)


def test_a_shout_passes_and_the_noise_floor_stays():
    level = fed(noise(8, 33), tone(1, 20_000))
    assert level.noise_floor == pytest.approx(-60, abs=0.5)
    assert level.rms > -10
    for frame in frames(noise(1, 33)):
        level.feed(frame)
    assert level.rms == pytest.approx(-60, abs=0.5)
    assert level.peak < -45


def test_the_noise_floor_follows_the_room():
    level = fed(noise(10, 3_300))
    assert level.noise_floor == pytest.approx(-20, abs=0.5)
    for frame in frames(noise(10, 33)):
        level.feed(frame)
    assert level.noise_floor == pytest.approx(-60, abs=0.5)


def test_long_frames_are_counted_as_long_as_they_are():
    level = Level()
    for _ in range(125):
        level.feed(noise(0.08, 33))
    assert level.noise_floor == pytest.approx(-60, abs=0.5)
    assert level.silent_for == 0


def test_clipping_is_counted_and_forgotten():
    level = fed(np.where(np.arange(16_000) % 10 == 0, 32_767, 100).astype(np.int16))
    assert level.clipped == pytest.approx(0.1, abs=0.001)
    for frame in frames(noise(11, 33)):
        level.feed(frame)
    assert level.clipped == 0


def test_digital_silence_is_timed_until_the_first_other_sample():
    level = fed(noise(1, 33), zeros(3))
    assert level.silent_for == pytest.approx(3)
    level.feed(np.array([0, 1, 0], np.int16))
    assert level.silent_for == 0


@given(st.lists(st.integers(-32_768, 32_767), min_size=1, max_size=700))
def test_any_sound_has_a_level_within_bounds(samples):
    level = fed(np.array(samples, np.int16))
    assert FLOOR_DBFS <= level.rms <= level.peak + 1e-6
    assert level.peak <= 0
    assert 0 <= level.clipped <= 1


def news(level, complaints, sound):
    """What is said while sound comes, asked once a second."""
    said = []
    for second in np.array_split(sound, max(1, len(sound) // 16_000)):
        for frame in frames(second):
            level.feed(frame)
        said.append(complaints.news())
    return [line for line in said if line]


def test_a_muted_microphone_is_said_once_and_again_after_it_came_back():
    level = Level()
    complaints = Complaints(level)
    assert news(level, complaints, zeros(SILENT_SECONDS - 1)) == []
    (line,) = news(level, complaints, zeros(20))
    assert line.startswith("all zeros for 10 s")
    assert news(level, complaints, noise(2, 33)) == []
    assert len(news(level, complaints, zeros(20))) == 1


def test_a_quiet_room_is_not_a_muted_microphone():
    level = Level()
    assert news(level, Complaints(level), noise(20, 1)) == []


def test_clipping_is_said_once_until_it_has_ended():
    level = Level()
    complaints = Complaints(level)
    loud = np.clip(tone(5, 40_000 / 32_768 * 32_767), -32_768, 32_767).astype(np.int16)
    loud[::50] = 32_767
    assert level.clipped <= CLIPPED_SHARE
    (line,) = news(level, complaints, loud)
    assert line.startswith("clipping: ")
    assert news(level, complaints, loud) == []
    assert news(level, complaints, noise(12, 33)) == []
    assert len(news(level, complaints, loud)) == 1
