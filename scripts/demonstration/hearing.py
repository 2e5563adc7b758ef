"""What a stranger would understand of a recording: which of many sentences was said."""

import re
import wave
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pocketsphinx import Decoder

_RATE = 16_000
_AUDIBLE = 50
DECOYS = (
    "what time is it",
    "the weather is fine today",
    "sorry i did not understand that",
    "good morning and goodbye",
    "there is nobody at home",
    "the washing machine has finished",
)


def understood(path: Path, sentences: Iterable[str]) -> str:
    """The one of some sentences (and `DECOYS`) that a mono WAV file says, in lower case without punctuation.

    Empty where there is no sound, or nothing like any of them.
    """
    samples = _speech(path)
    if not len(samples):
        return ""
    choices = " | ".join(dict.fromkeys(plain(sentence) for sentence in (*sentences, *DECOYS)))
    decoder = Decoder(lm=None, loglevel="FATAL")
    decoder.add_jsgf_string("sentences", f"#JSGF V1.0; grammar sentences; public <sentence> = {choices};")
    decoder.activate_search("sentences")
    decoder.start_utt()
    decoder.process_raw(samples.tobytes(), full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    return hypothesis.hypstr if hypothesis else ""


def plain(sentence: str) -> str:
    """A sentence as a recogniser writes it."""
    return " ".join(re.findall(r"[a-z']+", sentence.lower()))


def _speech(path: Path) -> NDArray[np.int16]:
    """The sounding part at 16 kHz, with the silence around it that a recogniser needs."""
    with wave.open(str(path), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        rate = file.getframerate()
    sounding = np.flatnonzero(np.abs(samples.astype(int)) > _AUDIBLE)
    if not len(sounding):
        return np.zeros(0, np.int16)
    samples = samples[sounding[0] : sounding[-1]]
    places = np.arange(0, len(samples) - 1, rate / _RATE)
    speech = np.interp(places, np.arange(len(samples)), samples).astype(np.int16)
    margin = np.zeros(_RATE // 4, np.int16)
    return np.concatenate([margin, speech, margin])
