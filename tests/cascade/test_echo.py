import numpy as np

from voiced.cascade.echo import EchoCanceller

RATE = 16_000


def speechlike(seconds, seed):
    """Bursts of noise below 4 kHz, as syllables come."""
    rng = np.random.default_rng(seed)
    count = int(seconds * RATE)
    spectrum = np.fft.rfft(rng.normal(size=count))
    spectrum[count // 4 :] = 0
    bursts = np.repeat(rng.uniform(0, 1, count // 1600 + 1) > 0.3, 1600)[:count]
    return np.fft.irfft(spectrum, count) * bursts * 4000


def room(sound):
    """An echo after 5 ms, with a tail."""
    rng = np.random.default_rng(2)
    response = np.zeros(1200)
    response[80] = 0.5
    response[120:] = rng.normal(size=1080) * np.exp(-np.arange(1080) / 200) * 0.04
    return np.convolve(sound, response)[: len(sound)]


def level(sound):
    return 10 * np.log10(np.mean(np.square(sound.astype(float))) + 1e-9)


def clean(mic, played, piece):
    canceller = EchoCanceller()
    stereo = np.clip(np.column_stack([mic, played]), -32768, 32767).astype(np.int16)
    return np.concatenate([canceller.clean(stereo[at : at + piece]) for at in range(0, len(stereo), piece)])


def test_own_voice_disappears_and_the_users_stays():
    hiss = np.random.default_rng(1).normal(size=8 * RATE) * 16
    played, user = speechlike(8, 3), np.zeros(8 * RATE)
    user[6 * RATE :] = speechlike(2, 4)
    played[6 * RATE :] = 0
    echo = room(played)
    cleaned = clean(echo + user + hiss, played, 320)
    settled = slice(3 * RATE, 6 * RATE - 1600)
    assert level(echo[settled]) - level(cleaned[settled]) > 20
    assert abs(level(user[6 * RATE :]) - level(cleaned[6 * RATE :])) < 6


def test_any_chunking_gives_every_whole_10_ms_once():
    played = speechlike(1, 3)
    assert len(clean(room(played), played, 777)) == RATE // 160 * 160
