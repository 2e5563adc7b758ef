import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np
import pytest

from voiced.wakeword.models import WakeWordError, find_models

PHRASES = {
    "hey_jarvis": ("kal16", "hey jarvis"),
    "alexa": ("kal16", "Alexa!"),
    "okay_nabu": ("kal16", "okay naboo"),
    "hey_rhasspy": ("kal16", "hey raspy"),
}


def speak(voice, text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True)
        with wave.open(str(path)) as file:
            assert file.getframerate() == 16_000
            return np.frombuffer(file.readframes(file.getnframes()), np.int16)


@pytest.fixture(scope="session")
def speech():
    """3 s of hiss, then every phrase and a sentence that is none, 1.5 s apart; 16 kHz."""
    rng = np.random.default_rng(1)
    parts = [np.zeros(48_000, np.int16)]
    for voice, text in [*PHRASES.values(), ("slt", "turn on the kitchen light")]:
        parts += [speak(voice, text), np.zeros(24_000, np.int16)]
    whole = np.concatenate(parts)
    noisy = np.clip(whole + rng.normal(0, 16, len(whole)), -32768, 32767).astype(np.int16)
    return noisy[: len(noisy) // 1280 * 1280]


@pytest.fixture(scope="session")
def wake_models():
    words = [*PHRASES, "hey_mycroft"]
    try:
        return find_models(words)
    except WakeWordError as error:
        pytest.fail(f"{error} (./scripts/test does it)")
