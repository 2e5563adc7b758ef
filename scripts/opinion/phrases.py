"""What the second opinion on "hey jarvis" learns from: that, and what is nearly that, in many synthesised voices."""

import re
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from voiced.audio.recordings import read_recording

RATE = 16_000
Sound = NDArray[np.float32]

_WHOLE = ("hey jarvis", "hey jarvis", "Hey, Jarvis!", "hey jarviss", "hay jarvis", "hey, jarvis")
_BARE = ("jarvis", "Jarvis!", "jarviss", "Jarvis?")
_HEY = ("hey", "Hey!", "hay")
_BEFORE = (
    *("the", "say", "a", "mister", "my", "okay", "hello", "hi", "by", "for", "is", "that", "they", "day", "see", "no"),
    *("and", "thank you", "yes", "call", "with", "play", "he", "who", "tell", "good", "to", "of", "what", "it was"),
    *("I like", "Edward", "professor", "doctor", "old", "travis", "service"),
)
"""Words before "jarvis" that are no "hey"."""
_SIMILAR = (
    *("hey jarbas", "hey travis", "hey marcus", "hey service", "hey java", "hey chavez", "hey harvest", "hey mycroft"),
    *("hey computer", "hey there", "hey you", "hey Dave", "hey Siri", "jarring", "garbage", "service", "jar of this"),
    *("nervous", "marvellous", "harvest", "carves", "chargers"),
)
_FLITE = {"kal": 100, "kal16": 100, "awb": 130, "rms": 100, "slt": 170}
"""Voices and their pitch in Hz."""
_ACCENTS = ("en-gb", "en-us", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029")
_WHISPERED = ("whisper", "croak")
_AUDIBLE = 0.03


class Kind(StrEnum):
    """What is said."""

    WHOLE = "hey jarvis"
    BARE = "jarvis"
    PRECEDED = "another word and jarvis"
    SIMILAR = "something similar"
    HEY = "hey"
    WORD = "another word"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Something said, trimmed, its peak 1."""

    kind: Kind
    sound: Sound


def phrases(rng: np.random.Generator, voices: int) -> list[Phrase]:
    """Six phrases in each of many random voices."""
    variants = _variants()
    wanted: list[tuple[Kind, _Voice, str]] = []
    for _ in range(voices):
        voice = _draw(rng, variants)
        wanted += [
            (Kind.WHOLE, voice, rng.choice(_WHOLE)),
            (Kind.BARE, voice, rng.choice(_BARE)),
            (Kind.PRECEDED, voice, f"{rng.choice(_BEFORE)} jarvis"),
            (Kind.SIMILAR, voice, rng.choice(_SIMILAR)),
            (Kind.HEY, voice, rng.choice(_HEY)),
            (Kind.WORD, voice, rng.choice(_BEFORE)),
        ]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda want: Phrase(want[0], want[1].say(want[2])), wanted))


@dataclass(frozen=True, slots=True)
class _Voice:
    """A voice of flite or espeak-ng at some pitch and pace, in a throat of some length (1 is the voice's own)."""

    command: tuple[str, ...]
    throat: float

    def say(self, text: str) -> Sound:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "said.wav"
            order = ["-t", text, "-o", str(path)] if self.command[0] == "flite" else ["-w", str(path), text]
            subprocess.run([*self.command, *order], check=True, capture_output=True)
            samples = read_recording(path)
        sound = soxr.resample(samples.astype(np.float32), RATE, round(RATE * self.throat))
        return _trimmed(sound / max(1.0, float(np.abs(sound).max())))


def _draw(rng: np.random.Generator, variants: Sequence[str]) -> _Voice:
    throat = rng.uniform(0.84, 1.22)
    if rng.random() < 0.6:
        accent, variant = rng.choice(_ACCENTS), rng.choice(variants)
        pace, pitch = rng.integers(110, 190), rng.integers(20, 80)
        return _Voice(("espeak-ng", "-v", f"{accent}+{variant}", "-s", str(pace), "-p", str(pitch)), throat)
    name = rng.choice(list(_FLITE))
    stretch, tone = rng.uniform(0.8, 1.35), _FLITE[name] * rng.uniform(0.8, 1.3)
    settings = ("--setf", f"duration_stretch={stretch:.2f}", "--setf", f"int_f0_target_mean={tone:.0f}")
    return _Voice(("flite", "-voice", name, *settings), throat)


def _trimmed(sound: Sound) -> Sound:
    loud = np.flatnonzero(np.abs(sound) > _AUDIBLE)
    return sound[loud[0] : loud[-1] + 1] if len(loud) else sound


def _variants() -> list[str]:
    """Names of espeak-ng's voice variants that are voiced."""
    listed = subprocess.run(["espeak-ng", "--voices=variant"], check=True, capture_output=True, text=True).stdout
    found = sorted({match[1] for match in re.finditer(r"!v/(\S+)", listed)})
    return [name for name in found if not name.startswith(_WHISPERED)]
