"""Commands in synthetic voices, at several rates, in quiet and in noise."""

import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Literal

import numpy as np

from benches.signals import Samples
from benches.speech import trimmed
from voiced.audio.recordings import read_recording

RATE = 16_000
VOICES = (("flite", "slt"), ("flite", "rms"), ("flite", "kal16"))
"""Made of recordings of people, and of use to measure: the recogniser's numbers were found with other sentences."""
FORMANTS = (("espeak-ng", "en-us"), ("espeak-ng", "en-us+f2"), ("espeak-ng", "en-gb+m3"))
"""Computed, as no mouth speaks: what they say is the hardest for a recogniser whose model learnt from people."""
HELD_OUT = (("flite", "awb"),)
"""Scottish, and of use only to measure."""
_SLOWNESS = (0.9, 1.0, 1.15)
_WORDS_PER_MINUTE = 160
_LEVEL = 3000.0
"""Root mean square of the speech, about -21 dBFS."""
_ROOM = 32768 * 10 ** (-65 / 20)
"""That of a quiet room."""
_BEFORE, _AFTER = 0.4, 0.5
"""Seconds around a turn, as turn detection leaves them."""

Noise = Literal["pink", "white"]


@dataclass(frozen=True, slots=True)
class Utterance:
    """A sentence as it was said: the voice, and the sound without anything around it."""

    text: str
    voice: str
    samples: Samples


def spoken(texts: Iterable[str], voices: Iterable[tuple[str, str]]) -> list[Utterance]:
    """The texts, each in the next voice, at the next rate when all voices had their turn."""
    voices = list(voices)
    ways = [(program, voice, slowness) for slowness in _SLOWNESS for program, voice in voices]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda job: _say(Path(folder), *job), zip(texts, _numbered(ways), strict=False)))


def _numbered(ways: list[tuple[str, str, float]]) -> Iterator[tuple[int, tuple[str, str, float]]]:
    return enumerate(cycle(ways))


def _say(folder: Path, text: str, way: tuple[int, tuple[str, str, float]]) -> Utterance:
    number, (program, voice, slowness) = way
    path = folder / f"{number}.wav"
    if program == "flite":
        command = ["flite", "-voice", voice, "--setf", f"duration_stretch={slowness}", "-t", text, "-o", str(path)]
    else:
        command = ["espeak-ng", "-v", voice, "-s", str(round(_WORDS_PER_MINUTE / slowness)), "-w", str(path), text]
    subprocess.run(command, check=True, capture_output=True)
    samples = trimmed(read_recording(path))
    path.unlink()
    return Utterance(text, voice, samples)


def in_a_room(utterance: Utterance, ratio: float | None, noise: Noise, seed: int) -> Samples:
    """The turn as a microphone gives it: ratio is the decibels of speech over noise, None a quiet room."""
    speech = utterance.samples.astype(np.float64)
    speech *= _LEVEL / np.sqrt(np.mean(np.square(speech)))
    sound = np.concatenate([np.zeros(round(_BEFORE * RATE)), speech, np.zeros(round(_AFTER * RATE))])
    around = _noise(len(sound), noise, seed)
    level = _ROOM if ratio is None else _LEVEL * 10 ** (-ratio / 20)
    return np.clip(sound + around * level / np.sqrt(np.mean(np.square(around))), -32768, 32767).astype(np.int16)


def _noise(frames: int, kind: Noise, seed: int) -> np.ndarray:
    white = np.random.default_rng(seed).normal(size=frames)
    if kind == "white":
        return white
    spectrum = np.fft.rfft(white)
    return np.fft.irfft(spectrum / np.sqrt(np.maximum(1, np.arange(len(spectrum)))), frames)
