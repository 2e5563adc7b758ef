"""Stop words in what the microphone hears while the speaker itself sounds.

A stop word counts where it is said alone: a burst of sound, louder than what is left of the speaker's own voice, with
quiet before and after, that is explained as one of the phrases about as well as by free phones. pocketsphinx's keyword
spotting in the running sound was tried, too: where half of the words were found it also found some in sentences.
"""

import math
import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voiced.audio.echo import BLOCK, EchoFilter
from voiced.cascade.decoding import FILLERS, Decoding, english_dictionary
from voiced.cascade.pronunciation import letter_to_sound
from voiced.cascade.turns import RATE, Edge, TurnDetector, TurnRules

WORST_FIT = -1.8
"""Mean log likelihood a frame (see `voiced.cascade.decoding`) by which a phrase may be worse than free phones."""
OWN_FIT = -2.5
"""The same of what was played meanwhile, from which it is the speaker itself who says the phrase."""
_LEAST_PHONE = 6
"""Frames of 10 ms that a phone takes at least, on average: nobody who means it says it faster."""
RULES = TurnRules(threshold=0.5, prefix_padding_ms=120, silence_duration_ms=150, speech_duration_ms=150)
"""What a burst is: 9 dB over the noise and the rest of the echo; the quiet after it is most of a stop word's delay."""
LONGEST = 3 * RATE // 2
"""Samples of the longest burst that can be a phrase; longer ones are somebody talking."""
_SCALE = 32_768.0
_TRAIL = 8
"""Blocks for which an echo rings: 128 ms."""
_LEAKS = 125
"""Blocks of playback whose echo tells how much of it is left: 2 s, after which a filter that lost its way is found."""
_FEW = 20
_LEAK_SHARE = 75
"""Percentile of them that a word must be louder than: somebody's words are among them, too."""
_LEAST_LEAK = -20.0
"""dB that are left of an echo at least: loudspeakers distort, and a linear filter can't know how."""
_AUDIBLE = -60.0
_SILENCE = 1e-12
_SEARCH = "stop"
_NOTHING = ("", -math.inf)
_WORDS = re.compile(r"[a-z']+")


class StopWordError(ValueError):
    """A phrase that can't be recognised; the message says which word and what to do."""


@dataclass(frozen=True, slots=True)
class Spotted:
    """A stop word.

    Attributes:
        phrase: as configured.
        position: capture frame index of the end of the burst that it was.
        fit: how well it explains the sound, `WORST_FIT` and above.
    """

    phrase: str
    position: int
    fit: float


def pronunciations(phrases: Iterable[str]) -> dict[str, str]:
    """The phones of every word of some phrases, other pronunciations as `word(2)`.

    One that pocketsphinx's dictionary lacks is pronounced by flite's rules. Raises `StopWordError`, `RecogniserError`.
    """
    words = {word for phrase in phrases for word in _words(phrase)}
    found: dict[str, str] = {}
    with english_dictionary().open(encoding="utf-8") as dictionary:
        for line in dictionary:
            entry, _, phones = line.strip().partition(" ")
            if entry.partition("(")[0] in words:
                found[entry] = phones.strip()
    for word in sorted(words - found.keys()):
        phones = letter_to_sound(word) or ""
        if not phones:
            raise StopWordError(f"the stop word {word!r} is not in the recogniser's dictionary; use another one")
        found[word] = phones
    return found


def _words(phrase: str) -> list[str]:
    words = phrase.lower().split()
    if not words or not all(_WORDS.fullmatch(word) for word in words):
        raise StopWordError(f"the stop word {phrase!r} is not one or more English words; write them with letters only")
    return words


class Residue:
    """How loud what is left of the speaker's own voice may be, from how loud it has been."""

    def __init__(self) -> None:
        self._echoes: deque[float] = deque(maxlen=_TRAIL)
        self._leaks: deque[float] = deque(maxlen=_LEAKS)

    def level(self, rest: NDArray[np.float64], echo: NDArray[np.float64]) -> float:
        """The dBFS of one block's residue; takes the block as an example of it, too."""
        self._echoes.append(_level(echo))
        loudest = max(self._echoes)
        if loudest > _AUDIBLE:
            self._leaks.append(_level(rest) - loudest)
        leak = float(np.percentile(self._leaks, _LEAK_SHARE)) if len(self._leaks) > _FEW else 0.0
        return loudest + max(leak, _LEAST_LEAK)


class StopWords:
    """Finds stop words in a stream of two channels: the microphone, and what the speaker played meanwhile.

    Raises `StopWordError`, `RecogniserError`.
    """

    def __init__(self, phrases: Sequence[str]) -> None:
        self._phrases: Mapping[tuple[str, ...], str] = {tuple(_words(phrase)): phrase for phrase in phrases}
        spoken = pronunciations(phrases)
        self._phones = {word: len(phones.split()) for word, phones in spoken.items()}
        self._decoding = Decoding(spoken)
        decoder = self._decoding.decoder
        states, arcs = 2, []
        for words in self._phrases:
            path = [0, *range(states, states + len(words) - 1), 1]
            states += len(words) - 1
            arcs += [(here, there, 1.0, word) for here, there, word in zip(path, path[1:], words, strict=False)]
        decoder.add_fsg(_SEARCH, decoder.create_fsg(_SEARCH, 0, 1, arcs))
        self._filter = EchoFilter()
        self._residue = Residue()
        self._expected = -1
        self._rest = np.zeros((0, 2), np.int16)
        self._begin_anew(0)

    def _begin_anew(self, position: int) -> None:
        self._filter.pause()
        self._rest = self._rest[:0]
        self._before = np.zeros(BLOCK, np.int16)
        self._turns = TurnDetector(RULES, position - BLOCK)
        self._sound: deque[NDArray[np.int16]] = deque(maxlen=(LONGEST + RATE) // BLOCK)
        self._played: deque[NDArray[np.int16]] = deque(maxlen=self._sound.maxlen)
        self._began: int | None = None
        self._end = position - BLOCK

    def hear(self, stereo: NDArray[np.int16], position: int) -> list[Spotted]:
        """Take more sound, shape (frames, 2) at 16 kHz, from a capture frame index on; the stop words that end in it.

        Where it does not follow the sound before, a new stretch begins.
        """
        if position != self._expected:
            self._begin_anew(position)
        self._expected = position + len(stereo)
        sound = np.concatenate([self._rest, stereo])
        whole = len(sound) // BLOCK * BLOCK
        self._rest = sound[whole:]
        spotted: list[Spotted] = []
        for start in range(0, whole, BLOCK):
            spotted += self._block(sound[start : start + BLOCK])
        return spotted

    def _block(self, block: NDArray[np.int16]) -> list[Spotted]:
        # the microphone's sound waits a block, because clocks err, and no filter finds an echo before its cause
        heard, self._before = self._before, block[:, 0]
        rest, echo = self._filter.clean(heard / _SCALE, block[:, 1] / _SCALE)
        self._turns.masking = self._residue.level(rest, echo)
        samples = np.clip(rest * _SCALE, -_SCALE, _SCALE - 1).astype(np.int16)
        self._sound.append(samples)
        self._played.append(block[:, 1])
        self._end += BLOCK
        spotted: list[Spotted] = []
        for edge in self._turns.process(samples):
            if edge.edge is Edge.STARTED:
                self._began = edge.at
            elif edge.edge is Edge.STOPPED and self._began is not None:
                began, self._began = self._began, None
                found = self._judge(began, edge.at) if edge.at - began <= LONGEST else None
                spotted += [found] if found else []
        return spotted

    def _judge(self, began: int, ended: int) -> Spotted | None:
        phrase, fit = self._phrase(self._held(self._sound, began, ended))
        if fit < WORST_FIT:
            return None
        own, own_fit = self._phrase(self._held(self._played, began, ended))
        return None if own == phrase and own_fit >= OWN_FIT else Spotted(phrase, ended, fit)

    def _held(self, blocks: Sequence[NDArray[np.int16]], began: int, ended: int) -> NDArray[np.int16]:
        held = np.concatenate(blocks)
        first = self._end - len(held)
        return held[max(0, began - first) : ended - first]

    def _phrase(self, samples: NDArray[np.int16]) -> tuple[str, float]:
        """The phrase that some sound is most like, and how well it explains it."""
        stretch = self._decoding.prepare(samples)
        if stretch is None:
            return _NOTHING
        sentence = self._decoding.decode(_SEARCH, stretch)
        words = [word for word in sentence if word.text not in FILLERS]
        phrase = self._phrases.get(tuple(word.text.partition("(")[0] for word in words))
        if phrase is None:
            return _NOTHING
        if words[-1].last - words[0].first + 1 < _LEAST_PHONE * sum(self._phones[word.text] for word in words):
            return _NOTHING
        return phrase, self._decoding.fit(sentence, stretch)


def _level(sound: NDArray[np.float64]) -> float:
    return float(10 * np.log10(np.square(sound).mean() + _SILENCE))
