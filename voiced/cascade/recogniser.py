"""What was said in a turn, if it is one of a session's sentences: pocketsphinx, once per turn, with its own doubts."""

import json
import logging
import math
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.decoding import (
    FILLERS,
    Decoding,
    RecogniserError,
    Word,
)
from voiced.cascade.doubts import compare
from voiced.cascade.grammar import END, START, Arc, Grammar, Meaning, Phrases, build_grammar
from voiced.cascade.noise import clearness, without_noise
from voiced.cascade.pronunciation import letter_to_sound

_log = logging.getLogger(__name__)

SURE = 0.7
"""The belief, as in `doubts`, from which a sentence is taken to have been said. Of 150 other sentences at 10 dB over
noise three are obeyed from 0.4 on, and one from 0.7 on."""
LEAST_CLEARNESS = 6.5
"""Decibels by which loud moments must stand out: white noise had 0.8 and pink 6.3 at most, speech at 5 dB over noise
at least 7.6."""
_RESUMED_MARGIN = 1.0
"""What stands behind another turn has already been none of the sentences that stand alone. "I left the light on in the
bedroom" was believed to be "and on living room" by -0.2."""
_GRAMMARS_KEPT = 32
_SEARCHES_KEPT = 32
_WAKE = "<wake>"
_SHORTEST_REMAINDER = 2


@dataclass(frozen=True, slots=True)
class Heard:
    """The outcome of a turn.

    Attributes:
        transcript: the sentence, empty where the sound was none of the grammar's.
        meaning: what it asks for; None where it was none.
        belief: the logarithm of the odds that it was said, or was the best sentence's where that was not believed.
        failure: why nothing could be recognised at all; None where it could.
    """

    transcript: str
    meaning: Meaning | None
    belief: float = -math.inf
    failure: str | None = None


NOTHING = Heard("", None)


class Recogniser:
    """Grammar recognition over whole turns. Not for two threads at a time.

    Args:
        wake_words: what a turn may begin with, whole or its end only.

    Raises:
        RecogniserError: pocketsphinx or its English model is missing.
    """

    def __init__(self, wake_words: Iterable[str] = ()) -> None:
        self.decoding = Decoding()
        self._decoder = self.decoding.decoder
        self._searches: OrderedDict[int, str] = OrderedDict()
        self._built: OrderedDict[str, Grammar] = OrderedDict()
        self._made = 0
        self._has_wake = self._add_wake_words(wake_words)

    def knows(self, word: str) -> bool:
        """Whether a word can be recognised; one that the dictionary lacks is pronounced by flite's rules."""
        if self._decoder.lookup_word(word) is not None:
            return True
        phones = letter_to_sound(word)
        if phones is None:
            return False
        self._decoder.add_word(word, phones, False)  # noqa: FBT003 (positional only)
        return True

    def grammar(self, tools: Iterable[Mapping[str, Any]], phrases: Phrases) -> Grammar:
        """The grammar of a session's tools, ready to be recognised; built, and warned about, once for equal tools."""
        tools = list(tools)
        key = json.dumps([tools, dict(phrases)])
        grammar = self._built.get(key)
        if grammar is None:
            grammar = self._built[key] = build_grammar(tools, phrases, self.knows)
            if len(self._built) > _GRAMMARS_KEPT:
                self._built.popitem(last=False)
        self._built.move_to_end(key)
        self.search(grammar)
        return grammar

    def recognise(
        self, grammar: Grammar, samples: NDArray[np.int16], cleaned: NDArray[np.int16] | None = None
    ) -> Heard:
        """Decode a whole turn, shape (frames,) at 16 kHz, with some silence at its edges.

        `cleaned` is the turn without its noise, where that is known already.
        """
        if clearness(samples) < LEAST_CLEARNESS:
            return NOTHING
        stretch = self.decoding.prepare(without_noise(samples) if cleaned is None else cleaned)
        if stretch is None:
            return NOTHING
        phones: list[Word] = []
        heard = NOTHING
        for arcs, wanted in ((grammar.arcs, SURE), (grammar.resumed, SURE + _RESUMED_MARGIN)):
            sentence = self.decoding.decode(self._search(arcs), stretch)
            words = spoken_by(sentence)
            meaning = grammar.understand(words) if words else None
            if meaning is None:
                continue
            phones = phones or self.decoding.phones(stretch)
            belief = self.belief(sentence, phones)
            if belief >= wanted:
                return Heard(" ".join(words), meaning, belief)
            _log.debug("%r is not believed: %.2f, not %.2f", " ".join(words), belief, wanted)
            heard = max(heard, Heard("", None, belief), key=lambda each: each.belief)
        return heard

    def belief(self, sentence: Sequence[Word], phones: Sequence[Word]) -> float:
        """Of a sentence that was decoded beside free phones, as in `doubts`."""
        return compare(sentence, phones, self._decoder.lookup_word).belief()

    def search(self, grammar: Grammar) -> str:
        """The name of the decoder's search for a grammar's turns that stand alone, made where it is new."""
        return self._search(grammar.arcs)

    def _search(self, arcs: Sequence[Arc]) -> str:
        key = hash(tuple(arcs))
        if key in self._searches:
            self._searches.move_to_end(key)
            return self._searches[key]
        self._made += 1
        name = f"grammar{self._made}"
        start = 1 + max(max(source, target) for source, target, _, _ in arcs)
        transitions: list[tuple[int, int, float] | tuple[int, int, float, str]] = [(start, START, 1.0)]
        if self._has_wake:
            transitions.append((start, START, 1.0, _WAKE))
        for source, target, word, probability in arcs:
            by_word = () if word is None else (word,)
            transitions.append((source, target, probability, *by_word))
        self._decoder.add_fsg(name, self._decoder.create_fsg(name, start, END, transitions))
        self._searches[key] = name
        if len(self._searches) > _SEARCHES_KEPT:
            self._decoder.remove_search(self._searches.popitem(last=False)[1])
        return name

    def _add_wake_words(self, wake_words: Iterable[str]) -> bool:
        """Every ending of every wake word, as pronunciations of one word."""
        endings: dict[str, None] = {}
        for wake_word in wake_words:
            phones: list[str] = []
            for word in wake_word.lower().split():
                spoken = self._decoder.lookup_word(word) or letter_to_sound(word)
                if spoken is None:
                    _log.warning("No pronunciation is known for the wake word %r: its end may spoil a command", word)
                    continue
                phones += spoken.split()
            for first in range(len(phones) - _SHORTEST_REMAINDER + 1):
                endings[" ".join(phones[first:])] = None
        for index, ending in enumerate(endings):
            self._decoder.add_word(f"{_WAKE}({index + 1})" if index else _WAKE, ending, False)  # noqa: FBT003
        return bool(endings)


def spoken_by(sentence: Iterable[Word]) -> list[str]:
    """The words of a sentence as it was decoded, without what stands for silence or for a wake word."""
    words = [word.text.partition("(")[0] for word in sentence if word.text not in FILLERS]
    return [word for word in words if word != _WAKE]


__all__ = ["NOTHING", "Heard", "Recogniser", "RecogniserError", "spoken_by"]
