"""What was said in a turn, if it is one of a session's sentences: pocketsphinx, once per turn, with its own doubts.

A grammar forces every sound into one of its sentences, so a second decoding with a free loop of phones tells how
well the sound could be explained at all. Where the sentence explains it much worse, it was something else. Both use
the whole turn's cepstral mean: a running one, learnt in quiet, broke down at 30 dB of signal to noise.
"""

import json
import logging
import math
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.grammar import Call, Grammar, Plain, build_grammar
from voiced.cascade.pronunciation import PHONES, letter_to_sound

_log = logging.getLogger(__name__)

WORST_FIT = -1.5
"""Mean log likelihood a frame (in thousandths of pocketsphinx's shifted units) that a sentence may be worse than the
phone loop. Measured over flite kal16, slt, rms and espeak-ng, 30 sentences inside a grammar of nine tools and 30
outside: above 35 dB of signal to white noise all inside lie above -1.45, all outside below -1.6."""
_LOUDNESS = 0.1
"""Root mean square, of full scale, that a turn is brought to."""
_LOUDEST_GAIN = 30.0
_DITHER = 0.001
"""Noise added, root mean square of full scale: the model never met perfect silence, and distrusts what is near it."""
_DITHER_SEED = 5
_FILLERS = frozenset({"<sil>", "<s>", "</s>", "(NULL)", "[NOISE]", "[SPEECH]"})
_PIECE = 3200
"""Bytes decoded at a time, 100 ms."""
_GRAMMARS_KEPT = 32
_PHONE_PROBABILITY = 0.02
_WAKE = "<wake>"
_SHORTEST_REMAINDER = 2


class RecogniserError(RuntimeError):
    """Recognition is not possible here; the message names the fix."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The outcome of a turn.

    Attributes:
        transcript: the sentence, empty where the sound was none of the grammar's.
        meaning: what it asks for; None where it was none.
        fit: how well the best sentence explained the sound, `WORST_FIT` and above is accepted.
    """

    transcript: str
    meaning: Call | Plain | None
    fit: float = -math.inf


NOTHING = Heard("", None)


class Recogniser:
    """Grammar recognition over whole turns. Not for two threads at a time.

    Args:
        wake_words: what a turn may begin with, whole or its end only.

    Raises:
        RecogniserError: pocketsphinx or its English model is missing.
    """

    def __init__(self, wake_words: Iterable[str] = ()) -> None:
        try:
            from pocketsphinx import Decoder  # noqa: PLC0415 (heavy, and only the service needs it)

            # all senones: scores are relative to the best senone of a frame, and must mean the same in both decodings
            self._decoder = Decoder(lm=None, loglevel="FATAL", bestpath=False, compallsen=True)
            # a second one of one word, because only a decoding tells a turn's mean, and this costs next to nothing
            with NamedTemporaryFile("w", suffix=".dict") as dictionary:
                dictionary.write("a AH\n")
                dictionary.flush()
                self._mean = Decoder(lm=None, dict=dictionary.name, loglevel="FATAL", bestpath=False)
            self._mean.add_fsg("a", self._mean.create_fsg("a", 0, 1, [(0, 1, 1.0, "a")]))
            self._mean.activate_search("a")
        except (ImportError, RuntimeError) as error:
            raise RecogniserError(
                f"no speech recogniser ({error}): install it with `pip install pocketsphinx`, whose package "
                "carries the English model"
            ) from error
        self._grammars: OrderedDict[tuple[object, ...], str] = OrderedDict()
        self._built: OrderedDict[str, Grammar] = OrderedDict()
        self._made = 0
        self._has_wake = self._add_wake_words(wake_words)
        for phone in PHONES:
            self._decoder.add_word(f"+{phone}+", phone, phone == PHONES[-1])
        loop = [(0, 0, _PHONE_PROBABILITY, f"+{phone}+") for phone in PHONES]
        self._decoder.add_fsg("phones", self._decoder.create_fsg("phones", 0, 1, [*loop, (0, 1, 1.0)]))

    def knows(self, word: str) -> bool:
        """Whether a word can be recognised; one that the dictionary lacks is pronounced by flite's rules."""
        if self._decoder.lookup_word(word) is not None:
            return True
        phones = letter_to_sound(word)
        if phones is None:
            return False
        self._decoder.add_word(word, phones, False)  # noqa: FBT003 (positional only)
        return True

    def grammar(self, tools: Iterable[Mapping[str, Any]], phrases: Mapping[str, Sequence[str]]) -> Grammar:
        """The grammar of a session's tools, ready to be recognised; built, and warned about, once for equal tools."""
        tools = list(tools)
        key = json.dumps([tools, {name: list(texts) for name, texts in phrases.items()}])
        grammar = self._built.get(key)
        if grammar is None:
            grammar = self._built[key] = build_grammar(tools, phrases, self.knows)
            if len(self._built) > _GRAMMARS_KEPT:
                self._built.popitem(last=False)
        self._built.move_to_end(key)
        self._search(grammar)
        return grammar

    def recognise(self, grammar: Grammar, samples: NDArray[np.int16]) -> Heard:
        """Decode a whole turn, shape (frames,) at 16 kHz, with some silence at its edges."""
        sound = _levelled(samples)
        if not len(sound):
            return NOTHING
        mean = self._cepstral_mean(sound)
        sentence = self._decode(self._search(grammar), sound, mean)
        words = [word.partition("(")[0] for word, *_ in sentence if word not in _FILLERS]
        words = [word for word in words if word != _WAKE]
        meaning = grammar.understand(words) if words else None
        if meaning is None:
            return NOTHING
        fit = _fit(sentence, self._decode("phones", sound, mean))
        transcript = " ".join(words)
        if fit < WORST_FIT:
            _log.debug("Rejected as %r: it fits by %.2f only", transcript, fit)
            return Heard("", None, fit)
        return Heard(transcript, meaning, fit)

    def _cepstral_mean(self, sound: bytes) -> str:
        """The mean that the features of the whole turn are to be freed from."""
        self._mean.start_utt()
        try:
            self._mean.process_raw(sound, full_utt=True)
        finally:
            self._mean.end_utt()
        return str(self._mean.get_cmn())

    def _decode(self, search: str, sound: bytes, mean: str) -> list[tuple[str, int, int, float]]:
        """Words with first frame, last frame and log likelihood.

        In short pieces, because pocketsphinx holds Python's lock while it works, and the event loop has to run, too.
        """
        self._decoder.activate_search(search)
        self._decoder.set_cmn(mean)
        self._decoder.start_utt()
        try:
            for start in range(0, len(sound), _PIECE):
                self._decoder.process_raw(sound[start : start + _PIECE])
        finally:
            self._decoder.end_utt()
        if self._decoder.hyp() is None:
            return []
        return [
            (part.word, part.start_frame, part.end_frame, math.log(part.ascore) if part.ascore > 0 else -math.inf)
            for part in self._decoder.seg()
        ]

    def _search(self, grammar: Grammar) -> str:
        if grammar.key in self._grammars:
            self._grammars.move_to_end(grammar.key)
            return self._grammars[grammar.key]
        self._made += 1
        name = f"grammar{self._made}"
        end = len(grammar.steps)
        start = end + 1
        arcs: list[tuple[int, int, float] | tuple[int, int, float, str]] = [(start, 0, 1.0)]
        if self._has_wake:
            arcs.append((start, 0, 1.0, _WAKE))
        for state, steps in enumerate(grammar.steps):
            arcs += [(state, target, 1.0, word) for word, target in steps.items()]
        arcs += [(state, end, 1.0) for state in grammar.ends]
        self._decoder.add_fsg(name, self._decoder.create_fsg(name, start, end, arcs))
        self._grammars[grammar.key] = name
        if len(self._grammars) > _GRAMMARS_KEPT:
            self._decoder.remove_search(self._grammars.popitem(last=False)[1])
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


def _levelled(samples: NDArray[np.int16]) -> bytes:
    """The samples at a usual loudness, because the model was trained on close speech."""
    sound = samples.astype(np.float64)
    power = float(np.sqrt(np.mean(np.square(sound)))) / 32768 if len(sound) else 0.0
    if not power:
        return b""
    gain = min(_LOUDEST_GAIN, _LOUDNESS / power)
    dither = np.random.default_rng(_DITHER_SEED).normal(0.0, _DITHER * 32768, len(sound))
    return bytes(np.clip(sound * gain + dither, -32768, 32767).astype("<i2").tobytes())


def _fit(sentence: Sequence[tuple[str, int, int, float]], phones: Sequence[tuple[str, int, int, float]]) -> float:
    """How much better a frame of speech is explained by the sentence than by free phones; negative where worse."""
    frames = max((last for _, _, last, _ in (*sentence, *phones)), default=-1) + 1
    speech = np.zeros(frames, bool)
    gain = np.zeros(frames)
    for sign, parts in ((1.0, sentence), (-1.0, phones)):
        for word, first, last, score in parts:
            if last < first:
                continue
            gain[first : last + 1] += sign * 1000 * score / (last - first + 1)
            if word not in _FILLERS:
                speech[first : last + 1] = True
    return float(gain[speech].mean()) if speech.any() else -math.inf
