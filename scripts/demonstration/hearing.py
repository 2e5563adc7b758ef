"""What a stranger would understand of a recording: speech recognition without a grammar."""

import re
import wave
from pathlib import Path

import numpy as np
from pocketsphinx import Decoder

_RATE = 16_000


def recognise(path: Path) -> str:
    """The words heard in a mono WAV file of 16 or 24 kHz; empty where there is no speech."""
    with wave.open(str(path), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        rate = file.getframerate()
    if not samples.any():
        return ""
    if rate != _RATE:
        places = np.arange(0, len(samples) - 1, rate / _RATE)
        samples = np.interp(places, np.arange(len(samples)), samples).astype(np.int16)
    decoder = Decoder(loglevel="FATAL")
    decoder.start_utt()
    decoder.process_raw(samples.tobytes(), full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    return hypothesis.hypstr if hypothesis else ""


def share_understood(path: Path, sentence: str) -> float:
    """Which part of a sentence's words is heard in a recording, 0 to 1."""
    heard = set(recognise(path).split())
    words = re.findall(r"[a-z']+", sentence.lower())
    return sum(word in heard for word in words) / len(words)
