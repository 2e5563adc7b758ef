"""Synthesised speech to measure with: many voices, wake words in several spellings, and long reading."""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np

from benches.measuring import BenchError
from benches.signals import Samples
from voiced.audio.recordings import read_recording

RATE = 16_000
SPELLINGS = {
    "hey_jarvis": ("hey jarvis", "Hey, Jarvis!", "hey, jarviss"),
    "alexa": ("alexa", "Alexa!", "uh-lexa"),
    "hey_mycroft": ("hey mycroft", "Hey, Mycroft!", "hey my croft"),
    "hey_rhasspy": ("hey rhasspy", "Hey, raspy!", "hey raspy"),
}
_FLITE = ("kal16", "slt", "rms", "awb")
_ESPEAK = ("en-us", "en-gb", "en-gb-x-rp", "en-us+f2", "en-us+m3")
VOICES = (*(("flite", voice) for voice in _FLITE), *(("espeak-ng", voice) for voice in _ESPEAK))
_TEXTS = Path("/usr/share/common-licenses")
"""English prose that every Debian has."""
_AUDIBLE = 300
_PIECE = 1500
"""Characters read in one go."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A wake word, said; without silence around it."""

    word: str
    samples: Samples


def say(text: str, program: str, voice: str) -> Samples:
    """A text in one voice, at 16 kHz, without silence around it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        if program == "flite":
            command = ["flite", "-voice", voice, "-t", text, "-o", str(path)]
        else:
            command = ["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), text]
        subprocess.run(command, check=True, capture_output=True)
        return trimmed(read_recording(path))


def trimmed(samples: Samples) -> Samples:
    """Sound without the silence around it."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _AUDIBLE)
    return samples[loud[0] : loud[-1] + 1] if len(loud) else samples[:0]


def wake_words() -> list[Spoken]:
    """Every word in every spelling and voice."""
    wanted = [(word, text, *voice) for word, texts in SPELLINGS.items() for text in texts for voice in VOICES]
    with ThreadPoolExecutor(2) as pool:
        said = pool.map(lambda want: Spoken(want[0], say(*want[1:])), wanted)
        return [spoken for spoken in said if len(spoken.samples)]


def reading(seconds: float) -> Samples:
    """That much prose, read by one voice after the other."""
    parts: list[Samples] = []
    length, voices = 0, cycle(VOICES)
    for text in _prose():
        part = np.concatenate([say(text, *next(voices)), np.zeros(RATE // 2, np.int16)])
        parts.append(part)
        length += len(part)
        if length >= seconds * RATE:
            break
    return np.concatenate(parts)[: round(seconds * RATE)]


def _prose() -> Iterator[str]:
    files = sorted(path for path in _TEXTS.glob("*") if path.is_file() and not path.is_symlink())
    if not files:
        raise BenchError(f"there is nothing to read aloud in {_TEXTS}")
    whole = " ".join(re.sub(r"[^A-Za-z0-9.,;:()' ]+", " ", path.read_text(errors="replace")) for path in files)
    words = re.sub(r"\s+", " ", whole)
    for begin in cycle(range(0, len(words), _PIECE)):  # very long wishes hear it again, in other voices
        yield words[begin : begin + _PIECE]
