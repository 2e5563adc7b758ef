"""Synthesised speech as a person in the room would be heard: with pauses, and a little hiss."""

import subprocess
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
HISS = 16.0
"""Standard deviation of the background noise: -66 dBFS."""
_AUDIBLE = 300


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sentence in a recording: where it begins and ends, in frames."""

    text: str
    begin: int
    end: int


def speak(text: str, voice: str = "kal16") -> NDArray[np.int16]:
    """A sentence in one of flite's 16 kHz voices, without the silence around it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True)
        with wave.open(str(path), "rb") as file:
            if file.getframerate() != RATE:
                raise ValueError(f"the voice {voice} speaks at {file.getframerate()} Hz, not {RATE}")
            samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    loud = np.flatnonzero(np.abs(samples) > _AUDIBLE)
    return samples[loud[0] : loud[-1] + 1]


def record(path: Path, lines: Sequence[tuple[float, str]], voice: str = "kal16", tail: float = 1.0) -> list[Spoken]:
    """Write a 16 kHz mono WAV with each sentence after its pause (s); return where they are."""
    rng = np.random.default_rng(0)
    parts: list[NDArray[np.int16]] = []
    spoken: list[Spoken] = []
    position = 0
    for pause, text in lines:
        silence = np.zeros(int(pause * RATE), np.int16)
        speech = speak(text, voice)
        begin = position + len(silence)
        position = begin + len(speech)
        spoken.append(Spoken(text, begin, position))
        parts += [silence, speech]
    whole = np.concatenate([*parts, np.zeros(int(tail * RATE), np.int16)]).astype(np.float64)
    whole += rng.normal(0, HISS, len(whole))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.clip(whole, -32768, 32767).astype(np.int16).tobytes())
    return spoken
