"""From scores to wake words: thresholds, blocks in a row, refractory time. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from voiced.audio.frames import CAPTURE_RATE
from voiced.wakeword.settings import WakeWordSettings

IGNORED_STEPS = 16
"""Steps after the start whose scores still rest on the silence the engine was primed with."""
SUSPICIOUS = 0.5
"""The share of a word's threshold from which it is suspected."""


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


class Detector:
    """Judges the scores of one stream, step by step; `words` in the order of the scores, with the scores' names."""

    def __init__(self, words: Sequence[tuple[str, WakeWordSettings]]) -> None:
        self._words = words
        self._in_a_row = [0] * len(words)
        self._silent_until = [0] * len(words)
        self._steps = 0
        self.playing = False
        """Whether the speaker itself sounds now; set by the caller, from any thread."""

    def judge(self, scores: Sequence[float], position: int, captured_at: float) -> Detection | Suspicion | None:
        """The word heard or suspected at this step, of several the highest; `position` is where the step ended."""
        self._steps += 1
        found: Detection | None = None
        suspected: Suspicion | None = None
        playing = self.playing
        for index, ((name, word), score) in enumerate(zip(self._words, scores, strict=True)):
            threshold, frames = _limits(word, playing=playing)
            self._in_a_row[index] = self._in_a_row[index] + 1 if score >= threshold else 0
            if self._steps <= IGNORED_STEPS or position < self._silent_until[index]:
                continue
            if score >= threshold * SUSPICIOUS and (suspected is None or score > suspected.score):
                suspected = Suspicion(name, word.persona, float(score))
            if self._in_a_row[index] < frames:
                continue
            self._in_a_row[index] = 0
            self._silent_until[index] = position + round(word.refractory_seconds * CAPTURE_RATE)
            if found is None or score > found.score:
                found = Detection(name, word.persona, float(score), position, captured_at)
        return found or suspected


def _limits(word: WakeWordSettings, *, playing: bool) -> tuple[float, int]:
    """The threshold and the number of blocks in a row that count now."""
    if not playing:
        return word.threshold, word.frames
    return max(word.threshold, word.threshold_while_playing), max(word.frames, word.frames_while_playing)
