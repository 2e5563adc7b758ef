"""Short sounds that stand for a sentence, made here so that no recording is needed."""

from itertools import pairwise

import numpy as np

from voiced.audio.frames import PLAYBACK_RATE

_LEVEL = 0.25
_FADE_MS = 8
_WAKE = ((660, 70), (880, 90))
_DONE = ((660, 70), (494, 110))
_ERROR = ((330, 120), (247, 180))
SCORES = {"wake": _WAKE, "done": _DONE, "error": _ERROR}
"""Each chime's notes as (Hz, ms)."""


def chime(name: str) -> bytes:
    """A chime as PCM16 mono at `PLAYBACK_RATE`; it begins and ends at silence. Raises KeyError for an unknown name."""
    notes = SCORES[name]
    starts = np.cumsum([0, *(ms for _, ms in notes)])
    total = np.zeros(int(starts[-1]) * PLAYBACK_RATE // 1000)
    for (hertz, _), (start, end) in zip(notes, pairwise(starts), strict=True):
        first, last = (int(edge) * PLAYBACK_RATE // 1000 for edge in (start, end))
        time = np.arange(last - first) / PLAYBACK_RATE
        fade = np.minimum(1, np.minimum(time, time[::-1]) / (_FADE_MS / 1000))
        total[first:last] = np.sin(2 * np.pi * hertz * time) * fade
    samples: bytes = (total * _LEVEL * np.iinfo(np.int16).max).astype(np.int16).tobytes()
    return samples
