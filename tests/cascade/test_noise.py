import numpy as np
import pytest

from voiced.cascade.noise import NoiseRemover, clearness, without_noise


def power(sound):
    return 10 * np.log10(np.mean(np.square(sound.astype(float))) + 1e-9)


def noise(frames, seed=1):
    return np.random.default_rng(seed).normal(size=frames) * 300


def test_noise_becomes_quieter_where_nobody_speaks():
    sound = noise(32_000)
    assert power(without_noise(sound.astype(np.int16))) < power(sound) - 15


def test_speech_in_noise_stays_as_loud_as_it_was(say):
    speech = say("turn on the kitchen light").astype(float)
    among = slice(*np.flatnonzero(abs(speech) > 500)[[0, -1]])
    cleaned = without_noise((speech + noise(len(speech))).astype(np.int16)).astype(float)
    assert abs(power(cleaned[among]) - power(speech[among])) < 1.5
    assert power(cleaned[among] - speech[among]) < power(noise(len(speech))[among])


def test_noise_that_comes_and_goes_is_taken_out_of_a_pause(say):
    """A tap that runs after the first word: there is no moment to learn it from."""
    speech = say("turn on").astype(float)
    tap = np.concatenate([np.zeros(len(speech)), noise(16_000)])
    cleaned = without_noise((np.concatenate([speech, np.zeros(16_000)]) + tap).astype(np.int16))
    assert power(cleaned[-12_000:]) < power(tap[-12_000:]) - 10


@pytest.mark.parametrize("frames", [0, 1, 100, 1024, 5001])
def test_any_length_is_kept(frames):
    assert len(without_noise(np.ones(frames, np.int16))) == frames


def test_silence_stays_silent():
    assert not without_noise(np.zeros(16_000, np.int16)).any()


def test_the_loudest_sound_does_not_wrap_round():
    loud = np.where(np.arange(16_000) // 40 % 2, 32767, -32768).astype(np.int16)
    assert np.corrcoef(without_noise(loud), loud)[0, 1] > 0


@pytest.mark.parametrize("piece", [1, 100, 320, 1600, 7777])
def test_sound_in_pieces_is_cleaned_as_the_whole_is(piece):
    sound = noise(12_000, 2).astype(np.int16)
    remover = NoiseRemover()
    pieces = np.concatenate([remover.process(sound[at : at + piece]) for at in range(0, len(sound), piece)])
    assert len(sound) - len(pieces) < 512
    assert np.array_equal(pieces, without_noise(sound)[: len(pieces)])


@pytest.mark.parametrize("at", [0, 100, 600, 5001, 12_000])
def test_sound_that_ends_is_as_long_as_it_was_and_cleaned_as_the_whole_is(at):
    sound = noise(12_000, 2).astype(np.int16)
    remover = NoiseRemover()
    cleaned = np.concatenate([remover.process(sound[:at]), remover.finish(sound[at:])])
    assert np.array_equal(cleaned, without_noise(sound))


def test_turns_know_nothing_of_each_other():
    first, second = NoiseRemover(), NoiseRemover()
    sound = noise(8_000, 3).astype(np.int16)
    first.process(noise(8_000, 4).astype(np.int16))
    assert np.array_equal(second.process(sound), without_noise(sound)[: len(sound) // 128 * 128 - 384])


def test_noise_is_less_clear_than_speech_in_noise():
    sound = np.random.default_rng(3).normal(size=32_000) * 500
    voiced = np.where(np.arange(32_000) // 4000 % 2, 1500 * np.sin(np.arange(32_000) / 5), 0)
    assert clearness(sound.astype(np.int16)) < 2
    assert clearness((sound + voiced).astype(np.int16)) > 5
    assert clearness(np.zeros(100, np.int16)) == 0
