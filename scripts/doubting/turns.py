"""What the recogniser makes of commands and of other sentences, before it doubts."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle, product

from benches.cascade_corpus import TOOLS, household
from benches.cascade_voices import Noise, Utterance, in_a_room

from doubting.corpus import commands, others
from doubting.regression import Example
from doubting.voices import SLOWNESS, VOICES
from voiced.cascade.doubts import compare
from voiced.cascade.grammar import Call, Grammar, Meaning, Several
from voiced.cascade.noise import clearness, without_noise
from voiced.cascade.recogniser import LEAST_CLEARNESS, Recogniser, spoken_by
from voiced.cascade.settings import CascadeSettings

RATIOS = (None, 10.0)
"""Decibels of speech over noise that every sentence is heard at; None is a quiet room."""
_NOISES: tuple[Noise, ...] = ("pink", "pink", "white")


class Kind(StrEnum):
    """What a turn was."""

    RIGHT = "commands rightly decoded"
    WRONG = "commands wrongly decoded"
    OTHER = "other sentences"


@dataclass(frozen=True, slots=True)
class Turn:
    """A sentence that was heard; `example` is None where the recogniser made nothing of it that it could act upon."""

    kind: Kind
    ratio: float | None
    example: Example | None


class Ear:
    """Hears turns as the recogniser does, with the household of the benches."""

    def __init__(self) -> None:
        self._recogniser = Recogniser(CascadeSettings().wake_words)
        self._grammar: Grammar = self._recogniser.grammar(*household(len(TOOLS)))

    def turns(self, commanding: int, other: int, seed: int) -> Iterator[Turn]:
        """So many sentences, each by the next voice, in quiet and in noise."""
        said: list[tuple[str, Meaning | None]] = [
            (text, self._grammar.understand(text.split())) for text in commands(self._grammar, commanding, seed)
        ]
        said += [(text, None) for text in others(other, seed)]
        ways = cycle(product(SLOWNESS, VOICES))
        for index, ((text, meaning), (slowness, voice)) in enumerate(zip(said, ways, strict=False)):
            utterance = voice.say(text, slowness)
            for ratio in RATIOS:
                yield self._turn(utterance, meaning, ratio, index)

    def _turn(self, utterance: Utterance, meaning: Meaning | None, ratio: float | None, index: int) -> Turn:
        samples = in_a_room(utterance, ratio, _NOISES[index % len(_NOISES)], index)
        decoding = self._recogniser.decoding
        clear = clearness(samples) >= LEAST_CLEARNESS
        stretch = decoding.prepare(without_noise(samples)) if clear else None
        sentence = decoding.decode(self._recogniser.search(self._grammar), stretch) if stretch else []
        words = spoken_by(sentence)
        found = self._grammar.understand(words) if words else None
        kind = Kind.OTHER if meaning is None else Kind.RIGHT if found == meaning else Kind.WRONG
        # an other sentence that a plain answer is given to has nothing done
        if stretch is None or found is None or (kind is Kind.OTHER and not isinstance(found, Call | Several)):
            return Turn(kind, ratio, None)
        phones = decoding.phones(stretch)
        evidence = compare(sentence, phones, decoding.decoder.lookup_word)
        return Turn(kind, ratio, Example(utterance.voice, ratio, kind is Kind.RIGHT, evidence))
