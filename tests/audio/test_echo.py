import numpy as np
import pytest

from voiced.audio.echo import BLOCK, EchoFilter

RATE = 16_000


def speechlike(seconds, seed):
    """Bursts of noise below 4 kHz, as syllables come; root mean square about 0.1."""
    rng = np.random.default_rng(seed)
    count = int(seconds * RATE)
    spectrum = np.fft.rfft(rng.normal(size=count))
    spectrum[count // 4 :] = 0
    bursts = np.repeat(rng.uniform(0, 1, count // 1600 + 1) > 0.3, 1600)[:count]
    return np.fft.irfft(spectrum, count) * bursts * 0.15


def room(sound, delay=80):
    """An echo, 6 dB down, with a tail."""
    rng = np.random.default_rng(2)
    response = np.zeros(1200)
    response[delay] = 0.5
    response[delay + 40 :] = rng.normal(size=1160 - delay) * np.exp(-np.arange(1160 - delay) / 200) * 0.02
    return np.convolve(sound, response)[: len(sound)]


def filtered(heard, played, into=None):
    echo_filter = into or EchoFilter()
    pieces = range(0, len(heard) - BLOCK + 1, BLOCK)
    return np.concatenate([echo_filter.clean(heard[at : at + BLOCK], played[at : at + BLOCK])[0] for at in pieces])


def level(sound):
    return 10 * np.log10(np.mean(np.square(sound)) + 1e-12)


def hiss(count):
    return np.random.default_rng(1).normal(size=count) * 0.0005


def test_echo_is_taken_out_once_the_room_is_known():
    played = speechlike(8, 3)
    echo = room(played)
    rest = filtered(echo + hiss(len(played)), played)
    settled = slice(6 * RATE, 8 * RATE - BLOCK)
    assert level(echo[settled]) - level(rest[settled]) > 20


def test_word_over_the_echo_is_left_as_it_was():
    played, user = speechlike(8, 3), np.zeros(8 * RATE)
    word = slice(6 * RATE, 6 * RATE + RATE // 2)
    user[word] = speechlike(0.5, 4) * 0.5
    rest = filtered(room(played) + user + hiss(len(played)), played)
    assert level(user[word]) - level(rest[word] - user[word]) > 12


def test_echo_path_that_changes_is_learnt_anew():
    played = speechlike(16, 3)
    echo = np.concatenate([room(played)[: 8 * RATE], room(played, delay=500)[8 * RATE :]])
    rest = filtered(echo + hiss(len(played)), played)
    settled = slice(10 * RATE, 16 * RATE - BLOCK)
    assert level(echo[settled]) - level(rest[settled]) > 15


@pytest.mark.parametrize("heard", [np.zeros(RATE), speechlike(1, 6)])
def test_nothing_played_leaves_everything(heard):
    rest = filtered(heard, np.zeros(RATE))
    np.testing.assert_array_equal(rest, heard[: len(rest)])


def test_room_is_still_known_after_a_pause():
    played = speechlike(8, 3)
    known = EchoFilter()
    filtered(room(played) + hiss(len(played)), played, known)
    known.pause()
    again = speechlike(1, 9)
    echo = room(again)
    rest = filtered(echo, again, known)
    assert level(echo[: len(rest)]) - level(rest) > 15
