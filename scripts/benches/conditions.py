"""What a room does to speech: noise, other people talking, reverberation. And clips in it as one long stream."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from benches.signals import Samples
from benches.speech import RATE, Spoken

LOUDNESS = 1500.0
"""RMS that a clip is brought to."""
HISS = 16.0
LEAD_SECONDS = 2.6
"""Before each clip: longer than the refractory time, so that no clip suffers from the one before it."""
TAIL_SECONDS = 0.8
"""After each clip; within it a wake still counts for the clip."""
TALKERS = 6
REVERBERATION_SECONDS = 0.6
"""To -60 dB: a bathroom."""
_Sound = NDArray[np.float64]


class Room(StrEnum):
    """A kind of room."""

    CLEAN = "clean"
    PINK_10 = "pink noise 10 dB"
    PINK_5 = "pink noise 5 dB"
    PINK_0 = "pink noise 0 dB"
    BABBLE_10 = "babble 10 dB"
    BABBLE_5 = "babble 5 dB"
    BABBLE_0 = "babble 0 dB"
    REVERB = "reverb"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a stream a wake word may be heard, in samples."""

    word: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Stream:
    """Sound and the wake words in it."""

    samples: Samples
    places: Sequence[Place]

    @property
    def hours(self) -> float:
        """How long it is."""
        return len(self.samples) / RATE / 3600


def furnish(room: Room, clips: Sequence[Spoken], prose: Samples) -> Stream:
    """Clips one after the other in a room; `prose` is what its other people talk of."""
    parts: list[_Sound] = []
    places: list[Place] = []
    position = 0
    for clip in clips:
        sound = clip.samples.astype(np.float64)
        if room is Room.REVERB:
            sound = _reverberated(sound)
        lead, tail = np.zeros(round(LEAD_SECONDS * RATE)), np.zeros(round(TAIL_SECONDS * RATE))
        begin = position + len(lead)
        places.append(Place(clip.word, begin, begin + len(sound) + len(tail)))
        parts += [lead, sound * LOUDNESS / max(_active_rms(clip.samples), 1.0), tail]
        position += len(lead) + len(sound) + len(tail)
    whole = np.concatenate(parts)
    whole += np.random.default_rng(1).normal(0, HISS, len(whole))
    kind, _, decibels = room.value.removesuffix(" dB").rpartition(" ")
    if kind:
        noise = _pink(len(whole)) if kind == "pink noise" else _babble(len(whole), prose)
        whole += noise * LOUDNESS / 10 ** (float(decibels) / 20) / noise.std()
    return Stream(_integers(whole), places)


def quiet(samples: Samples) -> Stream:
    """A long recording without a wake word, with the hiss of a room."""
    noisy = samples + np.random.default_rng(1).normal(0, HISS, len(samples))
    return Stream(_integers(noisy), [])


def blocks(samples: Samples, step: int = 1280) -> Iterator[Samples]:
    """Sound in whole blocks; the rest is left out."""
    yield from samples[: len(samples) // step * step].reshape(-1, step)


def _integers(sound: _Sound) -> Samples:
    return np.clip(np.rint(sound), -32768, 32767).astype(np.int16)


def _active_rms(samples: Samples) -> float:
    """Of the half of a clip that is loudest: pauses say nothing of how loud somebody speaks."""
    frames = samples[: len(samples) // 320 * 320].reshape(-1, 320).astype(np.float64)
    powers = np.sort((frames**2).mean(axis=1)) if len(frames) else np.zeros(1)
    return float(np.sqrt(powers[len(powers) // 2 :].mean()))


def _pink(length: int) -> _Sound:
    spectrum = np.fft.rfft(np.random.default_rng(2).normal(0, 1, length))
    return np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), length)


def _babble(length: int, prose: Samples) -> _Sound:
    talking = np.zeros(length)
    for talker in range(TALKERS):
        begin = talker * len(prose) // TALKERS
        talking += np.resize(np.roll(prose, -begin), length)
    return talking


def _reverberated(sound: _Sound) -> _Sound:
    times = np.arange(round(REVERBERATION_SECONDS * RATE)) / RATE
    echoes = np.random.default_rng(3).normal(0, 1, len(times)) * 10 ** (-3 * times / REVERBERATION_SECONDS)
    echoes *= 0.9 / np.sqrt((echoes**2).sum())  # nearly as much energy as comes straight
    echoes[0] = 1.0
    size = len(sound) + len(echoes) - 1
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(echoes, size), size)
