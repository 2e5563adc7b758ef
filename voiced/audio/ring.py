"""The sound of timers, alarms and reminders: made here, so that nobody's rights are in it."""

import functools

import numpy as np

from voiced.audio.frames import PLAYBACK_RATE
from voiced.audio.mixing import render

FIRST_LOUDNESS = 0.2
"""Of the first burst, as a factor: nobody is to be startled out of sleep."""
FULL_SECONDS = 30.0
"""How long it takes to be as loud as it gets."""
_NOTES = (784, 988, 1175)
"""Hz: a broken chord, in the range that small loudspeakers and old ears do best."""
_NOTE_MS = 160
_STRIKES = 2
_PAUSE_MS = 900
_LEVEL = 0.5
_ATTACK_MS = 5
_DECAY_MS = 220.0


def loudness(seconds: float) -> float:
    """The factor for a burst that begins so long after the first."""
    return FIRST_LOUDNESS + (1 - FIRST_LOUDNESS) * min(1.0, max(0.0, seconds / FULL_SECONDS))


def burst(factor: float) -> bytes:
    """Two strikes of three notes and a pause, PCM16 mono at `PLAYBACK_RATE`; begins and ends at silence."""
    return render(_burst(), factor)


@functools.cache
def _burst() -> bytes:
    """A bell's note is struck at once and dies away, with an overtone that dies sooner."""
    strike = _frames(_NOTE_MS) * len(_NOTES) + _frames(_DECAY_MS)
    total = np.zeros(strike * _STRIKES + _frames(_PAUSE_MS))
    for start in range(0, strike * _STRIKES, strike):
        for place, hertz in enumerate(_NOTES):
            first = start + place * _frames(_NOTE_MS)
            last = start + strike
            time = np.arange(last - first) / PLAYBACK_RATE
            note = np.sin(2 * np.pi * hertz * time) + 0.3 * np.sin(4 * np.pi * hertz * time) * np.exp(-time * 12)
            ends = np.minimum(1, np.minimum(time, time[::-1]) / (_ATTACK_MS / 1000))
            total[first:last] += note * ends * np.exp(-time * 1000 / _DECAY_MS)
    samples: bytes = (total / np.abs(total).max() * _LEVEL * np.iinfo(np.int16).max).astype(np.int16).tobytes()
    return samples


def _frames(ms: float) -> int:
    return round(ms * PLAYBACK_RATE / 1000)
