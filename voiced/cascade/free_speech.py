"""Any words, not only a grammar's: an engine writes down what was said, and the grammar says what it means."""

import json
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.fillers import hesitates, without_hesitations
from voiced.cascade.grammar import Grammar, Phrases, Standing, build_grammar
from voiced.cascade.outputs import Follow
from voiced.cascade.recogniser import NOTHING, Heard
from voiced.cascade.spoken import spoken_words
from voiced.cascade.stages import Partial

_GRAMMARS_KEPT = 8
_REMEMBERED = 64
"""Turns known to be older than the one that is followed."""


class Dictation(Protocol):
    """One stretch of speech that is written down."""

    def feed(self, samples: NDArray[np.int16]) -> None:
        """More of it, at 16 kHz."""

    def text(self) -> str:
        """What was said so far; empty where that is not known before the end."""

    def finish(self) -> str:
        """What was said."""


class Engine(Protocol):
    """Writes down speech."""

    @property
    def name(self) -> str:
        """What it is called."""

    def begin(self) -> Dictation:
        """Listen to a stretch."""


class FreeSpeech:
    """An engine as the recognition stage. Not for two threads at a time.

    Args:
        engine: writes down what was said.
        wake_words: left out at a turn's beginning, whole or their last words only.
    """

    def __init__(self, engine: Engine, wake_words: Iterable[str] = ()) -> None:
        self._engine = engine
        self._wake_words = [spoken_words(wake_word) for wake_word in wake_words]
        self._grammars: OrderedDict[str, Grammar] = OrderedDict()
        self._turn = ""
        self._older: deque[str] = deque(maxlen=_REMEMBERED)
        self._dictation: Dictation | None = None

    @property
    def name(self) -> str:
        """As in `stages.Recognition`."""
        return self._engine.name

    def grammar(self, tools: Iterable[Mapping[str, Any]], phrases: Phrases) -> Grammar:
        """As in `stages.Recognition`; built once for equal tools."""
        tools = list(tools)
        key = json.dumps([tools, dict(phrases)])
        if key not in self._grammars:
            self._grammars[key] = build_grammar(tools, phrases, bool)
            if len(self._grammars) > _GRAMMARS_KEPT:
                self._grammars.popitem(last=False)
        self._grammars.move_to_end(key)
        return self._grammars[key]

    def recognise(self, grammar: Grammar, samples: NDArray[np.int16]) -> Heard:
        """As in `stages.Recognition`; what is no sentence keeps its words, for a reply that can do with any."""
        dictation = self._engine.begin()
        dictation.feed(samples)
        return self._understood(grammar, dictation.finish())

    def follow(self, grammar: Grammar, piece: Follow) -> Partial | None:
        """As in `stages.Recognition`."""
        if piece.turn in self._older:
            return None
        if piece.turn != self._turn or self._dictation is None:
            self._older.append(self._turn)
            self._turn, self._dictation = piece.turn, None
            self._dictation = self._engine.begin()
        self._dictation.feed(piece.samples)
        heard = self._understood(grammar, self._dictation.text()) if piece.quiet else NOTHING
        if not heard.transcript:
            return None
        words = spoken_words(heard.transcript)
        standing = grammar.standing(words)
        if standing is Standing.FOREIGN:  # in German "um sieben" is at seven, and no hesitation
            standing = grammar.standing(without_hesitations(words))
            if standing is Standing.COMPLETE and hesitates(words):
                standing = Standing.CONTINUABLE
        return Partial(standing, heard)

    def _understood(self, grammar: Grammar, text: str) -> Heard:
        words = text.split()
        drop = max((self._wake_length(wake_word, words) for wake_word in self._wake_words), default=0)
        transcript = " ".join(words[drop:])
        said = spoken_words(transcript)
        meaning = grammar.understand(said) or grammar.understand(without_hesitations(said))
        return Heard(transcript, meaning, 0.0) if transcript else NOTHING

    @staticmethod
    def _wake_length(wake_word: Sequence[str], words: Sequence[str]) -> int:
        """How many words at the beginning are the end of a wake word."""
        said = [" ".join(spoken_words(word)) for word in words[: len(wake_word)]]
        fitting = (length for length in range(len(wake_word), 0, -1) if said[:length] == list(wake_word[-length:]))
        return next(fitting, 0)
