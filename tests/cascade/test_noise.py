import numpy as np
import pytest

from voiced.cascade.noise import NoiseRemover, clearness, without_noise


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


@pytest.mark.parametrize("piece", [1, 100, 320, 1600, 7777])
def test_sound_in_pieces_is_cleaned_as_the_whole_is(piece):
    sound = (np.random.default_rng(2).normal(size=12_000) * 500).astype(np.int16)
    remover = NoiseRemover(sound)
    pieces = np.concatenate([remover.process(sound[at : at + piece]) for at in range(0, len(sound), piece)])
    assert len(sound) - len(pieces) < 512
    assert np.array_equal(pieces, without_noise(sound)[: len(pieces)])


def test_noise_is_less_clear_than_speech_in_noise():
    noise = np.random.default_rng(3).normal(size=32_000) * 500
    voiced = np.where(np.arange(32_000) // 4000 % 2, 1500 * np.sin(np.arange(32_000) / 5), 0)
    assert clearness(noise.astype(np.int16)) < 2
    assert clearness((noise + voiced).astype(np.int16)) > 5
    assert clearness(np.zeros(100, np.int16)) == 0
