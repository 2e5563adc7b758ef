"""Short sounds that stand for a sentence: made here, or the owner's own."""

import logging
import wave
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np

from voiced.audio.frames import PLAYBACK_RATE, SAMPLE_BYTES
from voiced.audio.settings import ChimeSettings
from voiced.settings import ChimeChoice

log = logging.getLogger(__name__)

LONGEST_SECONDS = 3.0
"""A chime keeps the user waiting; a longer file is a mistake."""
_LEVEL = 0.25
_FADE_MS = 8
_WAKE = ((660, 70), (880, 90))
_DONE = ((660, 70), (494, 110))
_ERROR = ((330, 120), (247, 180))
_MUTE = ((440, 80), (294, 130))
_UNMUTE = ((294, 80), (440, 130))
_VOLUME = ((587, 70),)
SCORES = {"wake": _WAKE, "done": _DONE, "error": _ERROR, "mute": _MUTE, "unmute": _UNMUTE, "volume": _VOLUME}
"""Each chime's notes as (Hz, ms)."""


def load_chimes(settings: ChimeSettings) -> Mapping[str, bytes]:
    """Every chime as PCM16 mono at `PLAYBACK_RATE`, empty where it is switched off.

    A file that can't be used is one warning, and the built-in sound takes its place.
    """
    return {
        name: _sound(f"chime {name}", getattr(settings, name), chime(name), "the built-in sound") for name in SCORES
    }


def load_wake_chimes(wanted: Mapping[str, ChimeChoice], usual: bytes) -> Mapping[str, bytes]:
    """Every wake word's chime by the word's name, as `load_chimes` gives them.

    The usual one also takes the place of a file that can't be used, with a warning.
    """
    return {word: _sound(f"chime of {word}", choice, usual, "the usual wake chime") for word, choice in wanted.items()}


def _sound(what: str, wanted: ChimeChoice, usual: bytes, name_of_usual: str) -> bytes:
    if isinstance(wanted, Path):
        try:
            return read_chime(wanted)
        except ValueError as error:
            log.warning("%s: %s; %s is used", what, error, name_of_usual)
    return usual if wanted else b""


def chime(name: str) -> bytes:
    """A built-in chime; it begins and ends at silence. Raises KeyError for an unknown name."""
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


def read_chime(path: Path) -> bytes:
    """A WAV file's sound. Raises ValueError with the reason where it is no chime."""
    try:
        with wave.open(str(path), "rb") as file:
            form = (file.getframerate(), file.getsampwidth(), file.getnchannels())
            if form != (PLAYBACK_RATE, SAMPLE_BYTES, 1):
                raise ValueError(f"{path} is not {PLAYBACK_RATE} Hz, 16 bit, mono; convert it with sox")
            if file.getnframes() > LONGEST_SECONDS * PLAYBACK_RATE:
                seconds = file.getnframes() / PLAYBACK_RATE
                raise ValueError(f"{path} lasts {seconds:.0f} s, a chime at most {LONGEST_SECONDS:g} s")
            data = file.readframes(file.getnframes())
    except OSError as error:
        raise ValueError(f"{path} can't be read: {error.strerror}") from error
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{path} is not a WAV file: {error or 'it ends too early'}") from error
    if not data:
        raise ValueError(f"{path} holds no sound")
    return data
