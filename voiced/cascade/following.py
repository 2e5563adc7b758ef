"""A turn recognised while it is spoken, so that its end can be known by what was said.

pocketsphinx decodes as the sound comes: the grammar on the recogniser's own decoder, the free loop of phones beside it.
A whole stretch's loudness and cepstral mean are not known yet; those of the turn's first second stand in for them. Of
60 commands, in quiet and at 10 dB over noise, 53 and 49 were rightly decoded 100 ms after their end, and as whole turns
56 and 49.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.decoding import (
    PHONE_LOOP,
    amplified,
    begin,
    dither,
    gain_for,
    words_of,
)
from voiced.cascade.grammar import Grammar, Phrases
from voiced.cascade.noise import NoiseRemover, clearness
from voiced.cascade.outputs import Follow
from voiced.cascade.recogniser import LEAST_CLEARNESS, NOTHING, Heard, Recogniser, spoken_by
from voiced.cascade.stages import Partial
from voiced.cascade.turns import RATE

SURE_BY_NOW = 1.5
"""The belief, as in `doubts`, from which a sentence is acted upon. Measured over 27 tools, in quiet and at 10 dB over
noise: of 98 commands that were rightly decoded by their end 96 lay above, of 3 wrongly decoded one, of 150 other turns
none (the most likely at 0.1)."""
_FIRST = RATE
"""Samples, padding included, before which too little is known about the loudness. A turn that pauses before is decoded
nevertheless, and again once it is longer; until then only `SURE_OF_LITTLE` will do."""
SURE_OF_LITTLE = 4.0
"""Of what may go on after a single word, "yes" was believed to be "next" by 3.4, "what" to be "watch" by 3.0 and "no"
to be "go" by 2.7; nearly all short commands in quiet are believed by 6 to 14. Most are longer than a second with what
is before them."""
_LONGEST = RATE * 12
"""Samples after which a turn is no command any more, and only waited for."""
_LONGEST_WHOLE = RATE * 16
"""Samples of a whole turn that are recognised: several commands in one breath take less. Other sessions wait for it."""
_PIECE = RATE // 10
"""Samples decoded at a time."""
_REMEMBERED = 64
"""Turns known to be older than the one that is followed; more than there are sessions."""


class Follower:
    """Follows the newest turn, on the recogniser's decoder. Not for two threads at a time.

    Args:
        recogniser: others may use it between two calls, after `suspend`.
    """

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self._sentences = recogniser.decoding.decoder
        self._phones = recogniser.decoding.phone_decoder
        self._dither = dither()
        self._turn = _Turn("")
        self._older: deque[str] = deque(maxlen=_REMEMBERED)
        self._decoded = 0
        self._known = 0
        self._gain = 0.0
        self._running = False

    def suspend(self) -> None:
        """Leave the recogniser's decoder to others; the turn is taken up again, from its beginning, when it goes on."""
        if self._running:
            self._running = False
            self._sentences.end_utt()
            self._phones.end_utt()

    def follow(self, grammar: Grammar, piece: Follow) -> Partial | None:
        """As in `stages.Recognition`; None, too, where no sentence fits well."""
        if piece.turn in self._older:
            return None
        if piece.turn != self._turn.name:
            self.suspend()
            self._older.append(self._turn.name)
            self._turn = _Turn(piece.turn)
        turn = self._turn
        if not turn.add(piece.samples):
            self.suspend()
            return None
        if self._known < _FIRST <= len(turn.sound) and not piece.quiet:
            self.suspend()
        enough = piece.quiet or len(turn.sound) >= _FIRST
        if not self._running and not (enough and self._start(grammar)):
            return None
        self._decode(turn.cleaned[self._decoded :])
        self._decoded = len(turn.cleaned)
        return self._partial(grammar) if piece.quiet else None

    def cleaned(self, samples: NDArray[np.int16]) -> NDArray[np.int16] | None:
        """A whole turn without its noise; None where it is not the one that is followed. Ends that."""
        return self._turn.end(samples)

    def _start(self, grammar: Grammar) -> bool:
        """Begin with the turn's first sample; impossible in perfect silence."""
        cleaned = self._turn.cleaned
        self._known = len(self._turn.sound)
        self._gain, self._dither, self._decoded = gain_for(cleaned), dither(), 0
        if not self._gain:
            return False
        mean = self._recogniser.decoding.cepstral_mean(cleaned, self._gain)
        self._sentences.activate_search(self._recogniser.search(grammar))
        self._phones.activate_search(PHONE_LOOP)
        for decoder in (self._sentences, self._phones):
            begin(decoder, mean)
        self._running = True
        return True

    def _decode(self, samples: NDArray[np.int16]) -> None:
        """In short pieces, because pocketsphinx holds Python's lock while it works."""
        for start in range(0, len(samples), _PIECE):
            piece = amplified(samples[start : start + _PIECE], self._gain, self._dither)
            self._sentences.process_raw(piece)
            self._phones.process_raw(piece)

    def _partial(self, grammar: Grammar) -> Partial | None:
        sentence = words_of(self._sentences)
        words = spoken_by(sentence)
        if not words or clearness(self._turn.sound) < LEAST_CLEARNESS:
            return None
        belief = self._recogniser.belief(sentence, words_of(self._phones))
        if belief < (SURE_BY_NOW if self._known >= _FIRST else SURE_OF_LITTLE):
            return None
        return Partial(grammar.standing(words), Heard(" ".join(words), grammar.understand(words), belief))


class _Turn:
    """The sound of a turn by now, as it was and without its noise, which lags a little behind."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sound = self.cleaned = np.zeros(0, np.int16)
        self._remover = NoiseRemover()
        self._over = False

    def add(self, samples: NDArray[np.int16]) -> bool:
        """False where it is over, or too long for a command."""
        self._over = self._over or len(self.sound) + len(samples) > _LONGEST
        if not self._over:
            self.sound = np.concatenate([self.sound, samples])
            self.cleaned = np.concatenate([self.cleaned, self._remover.process(samples)])
        return not self._over

    def end(self, samples: NDArray[np.int16]) -> NDArray[np.int16] | None:
        """All of it without its noise, and no more of it; None, and nothing ended, where the samples are not its."""
        known = len(self.sound)
        if self._over or not known or not np.array_equal(samples[:known], self.sound):
            return None
        self._over = True
        return np.concatenate([self.cleaned, self._remover.finish(samples[known:])])


class FollowingRecogniser:
    """pocketsphinx as the recognition stage: whole turns, and those under way. Not for two threads at a time.

    Args:
        wake_words: what a turn may begin with, whole or its end only.

    Raises:
        RecogniserError: pocketsphinx or its English model is missing.
    """

    name = "pocketsphinx"

    def __init__(self, wake_words: Iterable[str] = ()) -> None:
        self._recogniser = Recogniser(wake_words)
        self._follower = Follower(self._recogniser)

    def grammar(self, tools: Iterable[Mapping[str, Any]], phrases: Phrases) -> Grammar:
        """As in `stages.Recognition`; built, and warned about, once for equal tools."""
        self._follower.suspend()
        return self._recogniser.grammar(tools, phrases)

    def recognise(self, grammar: Grammar, samples: NDArray[np.int16]) -> Heard:
        """As in `stages.Recognition`; nothing at once where it was longer than any command."""
        if len(samples) > _LONGEST_WHOLE:
            return NOTHING
        self._follower.suspend()
        return self._recogniser.recognise(grammar, samples, self._follower.cleaned(samples))

    def follow(self, grammar: Grammar, piece: Follow) -> Partial | None:
        """As in `stages.Recognition`."""
        return self._follower.follow(grammar, piece)
