"""Phrases in rooms: with speech before them, echoes, noise, other people talking, music. Random, by a generator."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from opinion.phrases import RATE, Kind, Phrase, Sound
from voiced.audio.frames import Samples
from voiced.wakeword.engine import STEP

LEAD_SECONDS = 1.3
"""Before each phrase; all that the window holds of what was before."""
TAIL_SECONDS = 0.4
_PEAK = 9000.0
_HISS = 8.0
_SCALE = (0, 2, 4, 5, 7, 9, 11, 12, 16, 19)
_THROATS = (0.8, 0.87, 0.94, 1.0, 1.07, 1.15, 1.24)
"""How the voices that read the prose become more."""
_SHARES = (0.22, 0.22, 0.4, 0.16)
"""Of quiet, pink noise, babble and music."""
_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """A phrase in a room, in whole steps; `begin` and `end` are the steps in which the phrase does.

    `right` says whether it is the wake word.
    """

    samples: Samples
    begin: int
    end: int
    right: bool


class Rooms:
    """Furnishes phrases; `prose` is what the other people talk of."""

    def __init__(self, rng: np.random.Generator, phrases: Sequence[Phrase], prose: Samples) -> None:
        self._rng = rng
        self._phrases = {kind: [phrase.sound for phrase in phrases if phrase.kind is kind] for kind in Kind}
        talked = prose.astype(np.float32)
        self._talkers = [soxr.resample(talked, RATE, round(RATE * throat)) for throat in _THROATS]

    def cases(self) -> list[Case]:
        """Every phrase once, and as many that are joined from two voices; in random order."""
        found = [
            self._furnish(sound, right=kind is Kind.WHOLE)
            for kind in (Kind.WHOLE, Kind.BARE, Kind.PRECEDED, Kind.SIMILAR)
            for sound in self._phrases[kind]
        ]
        for sound in self._phrases[Kind.BARE]:
            found.append(self._furnish(self._join(self._any(Kind.HEY), sound, 0.09), right=True))
            found.append(self._furnish(self._join(self._any(Kind.WORD), sound, 0.15), right=False))
        return [found[index] for index in self._rng.permutation(len(found))]

    def _any(self, kind: Kind) -> Sound:
        return self._phrases[kind][self._rng.integers(len(self._phrases[kind]))]

    def _join(self, first: Sound, second: Sound, longest_pause: float) -> Sound:
        pause = round(self._rng.uniform(-0.02, longest_pause) * RATE)
        whole = np.zeros(max(len(first) + pause, 0) + len(second), np.float32)
        whole[: len(first)] += first * np.float32(self._rng.uniform(0.5, 1.2))
        whole[len(whole) - len(second) :] += second
        return whole

    def _furnish(self, sound: Sound, *, right: bool) -> Case:
        rng = self._rng
        said = sound.astype(np.float64) * _PEAK
        loudness = float(np.sqrt((said**2).mean()))
        lead = np.zeros(round(LEAD_SECONDS * RATE) + int(rng.integers(STEP)))
        if rng.random() < 0.25:
            pause = round(rng.uniform(0.1, 0.8) * RATE)
            before = self._talk(len(lead) - pause)
            lead[: len(before)] = before / max(float(np.abs(before).max()), 1.0) * _PEAK
        whole = np.concatenate([lead, said, np.zeros(round(TAIL_SECONDS * RATE))])
        if rng.random() < 0.4:
            whole = self._echo(whole)
        noise = self._noise(len(whole))
        if noise is not None:
            whole += noise * (loudness * 10 ** (-rng.uniform(3, 22) / 20) / max(float(noise.std()), 1e-9))
        whole = whole * rng.uniform(0.05, 1.6) + rng.normal(0, _HISS, len(whole))
        samples = np.clip(whole, -32768, 32767).astype(np.int16)
        end = len(lead) + len(said)
        return Case(samples[: len(samples) // STEP * STEP], len(lead) // STEP, end // STEP, right)

    def _noise(self, length: int) -> _Floats | None:
        """Nothing, or one kind of noise."""
        match self._rng.choice(4, p=_SHARES):
            case 1:
                return self._pink(length)
            case 2:
                babble = np.zeros(length)
                for _ in range(self._rng.integers(2, 9)):
                    voice = self._talk(length)
                    babble += voice / max(float(voice.std()), 1.0)
                return babble
            case 3:
                return self._music(length)
        return None

    def _talk(self, length: int) -> _Floats:
        talker = self._talkers[self._rng.integers(len(self._talkers))]
        begin = int(self._rng.integers(len(talker) - length))
        said: _Floats = talker[begin : begin + length].astype(np.float64)
        return said

    def _pink(self, length: int) -> _Floats:
        spectrum = np.fft.rfft(self._rng.normal(0, 1, length))
        return np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), length)

    def _music(self, length: int) -> _Floats:
        """Chords of plucked strings over a drum, on a beat."""
        rng = self._rng
        sound = np.zeros(length)
        beat, root, at = rng.uniform(0.3, 0.6), rng.uniform(110, 220), 0
        while at < length:
            count = min(round(beat * RATE * rng.choice((0.5, 1, 1, 2))), length - at)
            times = np.arange(count) / RATE
            for tone in rng.choice(_SCALE, 3):
                pitch = root * 2 ** (tone / 12)
                strings = sum(np.sin(2 * np.pi * pitch * part * times) / part**1.2 for part in range(1, 9))
                sound[at : at + count] += strings * np.exp(-times * rng.uniform(1, 4))
            sound[at : at + count] += 1.5 * rng.normal(0, 1, count) * np.exp(-40 * times)
            at += count
        return sound

    def _echo(self, sound: _Floats) -> _Floats:
        seconds = self._rng.uniform(0.15, 0.8)
        times = np.arange(round(seconds * RATE)) / RATE
        echoes = self._rng.normal(0, 1, len(times)) * 10 ** (-3 * times / seconds)
        echoes[:40] = 0.0
        echoes *= self._rng.uniform(0.2, 0.7) / np.sqrt((echoes**2).sum())
        echoes[0] = 1.0
        size = len(sound) + len(echoes) - 1
        return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(echoes, size), size)[: len(sound)]
