"""When each word of a spoken sentence is said, and how the mouth looks meanwhile: guessed from its letters.

The synthesisers here don't tell; so a sentence's time is shared out among its letters, evenly.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

SILENCE = 0
"""The viseme of a closed mouth at rest."""
_VISEMES = {
    "sh": 16, "ch": 16, "th": 17, "ph": 18, "oo": 7, "ee": 6, "ou": 9, "ow": 9, "oi": 10, "oy": 10, "ng": 20,
    "a": 1, "e": 4, "i": 6, "o": 8, "u": 7, "y": 6, "w": 7, "h": 12, "r": 13, "l": 14, "s": 15, "z": 15, "x": 15,
    "j": 16, "f": 18, "v": 18, "d": 19, "t": 19, "n": 19, "c": 20, "k": 20, "g": 20, "q": 20, "p": 21, "b": 21,
    "m": 21,
}  # fmt: skip
"""The service's 22 mouth shapes by the English letters that most often sound so."""
_LETTERS = re.compile("|".join(sorted(_VISEMES, key=len, reverse=True)))
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it stands in the text, and when in the sound it is said."""

    text: str
    offset_ms: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Viseme:
    """A mouth shape, and when in the sound it begins."""

    viseme_id: int
    offset_ms: int


def words_in(text: str, start_ms: float, duration_ms: float) -> Iterator[Word]:
    """The words of a text that is said within a stretch of sound, in order and without a gap."""
    found = _WORD.findall(text)
    weight = sum(map(len, found))
    spoken = 0
    for word in found:
        begin, spoken = spoken, spoken + len(word)
        offset, end = (round(start_ms + duration_ms * at / weight) for at in (begin, spoken))
        yield Word(word, offset, end - offset)


def visemes_of(word: Word) -> Iterator[Viseme]:
    """The mouth shapes of a word, evenly within it; at rest for one without letters."""
    shapes = [_VISEMES[each] for each in _LETTERS.findall(word.text.lower())] or [SILENCE]
    for index, shape in enumerate(shapes):
        yield Viseme(shape, word.offset_ms + word.duration_ms * index // len(shapes))
