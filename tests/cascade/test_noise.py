import numpy as np
import pytest

from voiced.cascade.noise import without_noise


def power(sound):
    return 10 * np.log10(np.mean(np.square(sound.astype(float))) + 1e-9)


def test_steady_noise_becomes_quieter_and_the_rest_stays():
    noise = np.random.default_rng(1).normal(size=48_000) * 300
    tone = np.where(np.arange(48_000) > 24_000, 3000 * np.sin(np.arange(48_000) / 4), 0)
    cleaned = without_noise((noise + tone).astype(np.int16))
    assert power(cleaned[:22_000]) < power(noise) - 12
    assert abs(power(cleaned[26_000:46_000]) - power(tone[26_000:46_000])) < 1


@pytest.mark.parametrize("frames", [0, 1, 100, 1024, 5001])
def test_any_length_is_kept(frames):
    assert len(without_noise(np.ones(frames, np.int16))) == frames


def test_silence_stays_silent():
    assert not without_noise(np.zeros(16_000, np.int16)).any()
