"""A folder of recordings by real people, as `wake-accuracy` reads it.

`real/FOLDER/` holds wake words: a file's or its folder's name begins or ends with the word it says (`alexa_1.wav`,
`picovoice-alexa/7.flac`). `negative/FOLDER/` holds speech without any; in a folder whose name ends with `jarvis` it is
the bare "jarvis", which is nearly "hey jarvis" and has a figure of its own.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benches.measuring import BenchError
from benches.signals import Samples
from benches.speech import RATE, SPELLINGS, Spoken, trimmed
from voiced.audio.recordings import RecordingError, read_recording


@dataclass(frozen=True, slots=True)
class Collection:
    """Wake words said by people; other speech of theirs; the bare "jarvis"."""

    positive: list[Spoken]
    negative: Samples
    jarvis: list[Samples]


def collect(folder: Path) -> Collection:
    """Read all of it. What can't be read is left out and told. Raises `BenchError` where there is nothing."""
    positive = []
    for path in _files(folder / "real"):
        samples = _read(path)
        word = _word(path)
        if word is not None and samples is not None and len(trimmed(samples)):
            positive.append(Spoken(word, trimmed(samples)))
    others: list[Samples] = []
    jarvis: list[Samples] = []
    for path in _files(folder / "negative"):
        samples = _read(path)
        if samples is not None:
            (jarvis if path.parent.name.endswith("jarvis") else others).append(samples)
    if not positive or not others:
        raise BenchError(f"{folder} holds no recordings in real/*/ and negative/*/")
    pause = np.zeros(RATE, np.int16)
    return Collection(positive, np.concatenate([part for other in others for part in (other, pause)]), jarvis)


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.glob("*/*") if path.suffix in (".wav", ".flac"))


def _word(path: Path) -> str | None:
    """The word that a recording says, of those that are compared."""
    return next((word for word in SPELLINGS if path.stem.startswith(word) or path.parent.name.endswith(word)), None)


def _read(path: Path) -> Samples | None:
    try:
        if path.suffix == ".wav":
            return read_recording(path)
        import soundfile  # noqa: PLC0415 (the bench's set-up installs it)

        sound: Samples
        sound, rate = soundfile.read(path, dtype="int16")
    except (RecordingError, RuntimeError) as error:  # soundfile's errors are RuntimeErrors
        print(f"scripts/bench: left out: {error}", file=sys.stderr)
        return None
    if rate != RATE or sound.ndim != 1:
        print(f"scripts/bench: left out: {path} is not {RATE} Hz mono", file=sys.stderr)
        return None
    return sound
