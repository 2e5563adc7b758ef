"""From scores to wake words: thresholds, blocks in a row, refractory time. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from voiced.audio.frames import CAPTURE_RATE
from voiced.wakeword.heads import Window
from voiced.wakeword.settings import WakeWordSettings
from voiced.wakeword.statistics import WordStatistics

IGNORED_STEPS = 16
"""Steps after the start whose scores still rest on the silence the engine was primed with."""
SUSPICIOUS = 0.5
"""The share of a word's threshold from which it is suspected, and from which a block supports its neighbours: a word's
score may rise over one block only. While the speaker itself sounds, each block must reach the threshold."""
ASKED_BLOCKS = 6
"""Blocks at which a second opinion is asked for, from the one at which the word would be certain without it."""


class Opinion(Protocol):
    """Says whether a word's whole phrase was heard."""

    def agrees(self, window: Window) -> bool:
        """Judge the embeddings of the block that is certain."""
        ...


@dataclass(frozen=True, slots=True)
class Detection:
    """A wake word was heard.

    Attributes:
        word: its name.
        persona: who answers to it.
        score: of the deciding block, 0 to 1.
        position: capture frame index at which that block ended.
        captured_at: monotonic seconds at which its last sample was taken.
    """

    word: str
    persona: str
    score: float
    position: int
    captured_at: float


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A wake word may be beginning: its score rises, and nothing is certain."""

    word: str
    persona: str
    score: float


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A word was suspected and its score fell again.

    Attributes:
        word: its name.
        score: the highest, 0 to 1.
        position: capture frame index at which that step ended.
        refused: whether it would have been a detection, had the second opinion agreed.
    """

    word: str
    score: float
    position: int
    refused: bool = False


Judgement = Detection | Suspicion | NearMiss


class Detector:
    """Judges the scores of one stream, step by step; `words` in the order of the scores, with the scores' names.

    A word that has one of the `opinions` is heard only where that agrees. It is asked at the first blocks at which the
    word would be heard, as long as they follow on each other; where it refuses, the next rise is judged afresh, without
    any refractory time: the whole phrase may well follow at once.
    """

    def __init__(
        self, words: Sequence[tuple[str, WakeWordSettings]], opinions: Mapping[str, Opinion] | None = None
    ) -> None:
        self._words = words
        self._opinions = opinions or {}
        self._rises = [_Rise() for _ in words]
        self._silent_until = [0] * len(words)
        self._steps = 0
        self.statistics = {name: WordStatistics() for name, _ in words}
        """Counts by word."""
        self.playing = False
        """Whether the speaker itself sounds now; set by the caller, from any thread."""

    def judge(
        self, scores: Sequence[float], position: int, captured_at: float, window: Window | None = None
    ) -> Judgement | None:
        """The word heard, suspected or just missed at this step; `position` is where the step ended.

        `window` holds the embeddings that the scores are of; without it no second opinion is asked for.
        Of several that are heard the one with the highest score counts; the others keep silent as if they did.
        """
        self._steps += 1
        found: Detection | None = None
        suspected: Suspicion | None = None
        missed: NearMiss | None = None
        playing = self.playing
        for index, ((name, word), score) in enumerate(zip(self._words, scores, strict=True)):
            threshold, frames = _limits(word, playing=playing)
            rise = self._rises[index]
            rise.step(score, threshold, frames, threshold if playing else threshold * SUSPICIOUS)
            if self._steps <= IGNORED_STEPS:
                continue
            may_wake = position >= self._silent_until[index]
            suspicious = may_wake and score >= threshold * SUSPICIOUS
            peak = self.statistics[name].step(score, position, suspicious=suspicious)
            if peak is not None and (missed is None or peak[0] > missed.score):
                missed = NearMiss(name, *peak)
            if suspicious and (suspected is None or score > suspected.score):
                suspected = Suspicion(name, word.persona, float(score))
            if not may_wake or not rise.certain or self._refused(name, rise.certain, window):
                continue
            self._rises[index] = _Rise()
            self._silent_until[index] = position + round(word.refractory_seconds * CAPTURE_RATE)
            if found is None or score > found.score:
                found = Detection(name, word.persona, float(score), position, captured_at)
        if found is not None:
            for statistics in self.statistics.values():
                statistics.decide()
        return found or suspected or missed

    def _refused(self, name: str, certain_blocks: int, window: Window | None) -> bool:
        """Whether the second opinion, if there is one, keeps a word from being heard; counts what it does."""
        opinion = self._opinions.get(name)
        if opinion is None or window is None:
            return False
        if certain_blocks > ASKED_BLOCKS or not opinion.agrees(window):
            self.statistics[name].doubt()
            return True
        self.statistics[name].held_blocks += certain_blocks - 1
        return False

    def interrupt(self) -> None:
        """Take note that the next scores don't follow on the last: no blocks in a row reach across that."""
        self._rises = [_Rise() for _ in self._words]
        for statistics in self.statistics.values():
            statistics.interrupt()


@dataclass(slots=True)
class _Rise:
    """Blocks in a row that support a word: how many, whether one reached the threshold, and since when both suffice."""

    blocks: int = 0
    reached: bool = False
    certain: int = 0

    def step(self, score: float, threshold: float, frames: int, support: float) -> None:
        if score < support:
            self.blocks, self.reached, self.certain = 0, False, 0
            return
        self.blocks += 1
        self.reached = self.reached or score >= threshold
        if self.reached and self.blocks >= frames:
            self.certain += 1


def _limits(word: WakeWordSettings, *, playing: bool) -> tuple[float, int]:
    """The threshold and the number of blocks in a row that count now."""
    if not playing:
        return word.threshold, word.frames
    return max(word.threshold, word.threshold_while_playing), max(word.frames, word.frames_while_playing)
