"""pocketsphinx over whole stretches of sound, with its own doubts.

A grammar forces every sound into one of its sentences, so a second decoding with a free loop of phones tells how
well the sound could be explained at all. Where the sentence explains it much worse, it was something else. Both use
the whole stretch's cepstral mean: a running one, learnt in quiet, broke down at 30 dB of signal to noise.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.pronunciation import PHONES
from voiced.installing import command

FILLERS = frozenset({"<sil>", "<s>", "</s>", "(NULL)", "[NOISE]", "[SPEECH]"})
"""What is no word."""
_LOUDNESS = 0.1
"""Root mean square, of full scale, that a stretch is brought to."""
_LOUDEST_GAIN = 30.0
_DITHER = 0.001
"""Noise added, root mean square of full scale: the model never met perfect silence, and distrusts what is near it."""
_DITHER_SEED = 5
_PIECE = 3200
"""Bytes decoded at a time, 100 ms."""
PHONE_LOOP = "phones"
_PHONE_PROBABILITY = 0.02
_WORD_COST, _PHONE_COST = 0.1, 0.4
_THOROUGH = {
    "beam": 1e-64, "wbeam": 1e-40, "pbeam": 1e-64, "lw": 5.0, "wip": _WORD_COST, "pip": _PHONE_COST, "topn": 8,
}  # fmt: skip
"""How unlikely a way may be that is still followed, what the grammar's probabilities weigh, what a word and a phone
cost, and how many Gaussians of each codebook count.

Of 60 commands, in quiet and at 10 dB over noise, 56 and 49 were rightly decoded with the beams and the weight, for
0.066 s of CPU a second; with pocketsphinx's own beams 52 and 45 for 0.057 s, with its own weight as well 50 and 45.
Without the costs a short word is taken for many in as little time, "noon" for "two to eight": of 126 other commands 7
and 11 were missed without the costs and with its own 4 Gaussians, 5 and 8 so, for about 1.3 times the CPU.
"""


class RecogniserError(RuntimeError):
    """Recognition is not possible here; the message names the fix."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sound ready to be decoded: PCM16 at 16 kHz and a usual loudness, and the cepstral mean to be taken off it."""

    sound: bytes
    mean: str


@dataclass(frozen=True, slots=True)
class Word:
    """A word that was heard: its first and last frame of 10 ms, and its log likelihood."""

    text: str
    first: int
    last: int
    score: float


class Decoding:
    """Searches over stretches of sound. Not for two threads at a time.

    Args:
        pronunciations: phones by word, of the only words there are; without it the whole English dictionary is loaded.

    Raises:
        RecogniserError: pocketsphinx or its English model is missing.
    """

    def __init__(self, pronunciations: Mapping[str, str] | None = None) -> None:
        try:
            from pocketsphinx import Decoder  # noqa: PLC0415 (heavy, and only the service needs it)

            with NamedTemporaryFile("w", suffix=".dict") as dictionary:
                dictionary.write("a AH\n")
                dictionary.flush()
                # all senones: scores are relative to a frame's best senone, and must mean the same in both decodings
                few = _THOROUGH if pronunciations is None else {"dict": dictionary.name}
                self.decoder: Any = Decoder(lm=None, loglevel="FATAL", bestpath=False, compallsen=True, **few)
                # a second one of one word, because only a decoding tells a mean, and this costs next to nothing
                self._mean = Decoder(lm=None, dict=dictionary.name, loglevel="FATAL", bestpath=False)
            self._mean.add_fsg("a", self._mean.create_fsg("a", 0, 1, [(0, 1, 1.0, "a")]))
            self._mean.activate_search("a")
        except (ImportError, RuntimeError) as error:
            raise RecogniserError(
                f"no speech recogniser ({error}): install it with `{command('pocketsphinx')}`, whose package "
                "carries the English model"
            ) from error
        for word, phones in (pronunciations or {}).items():
            self.decoder.add_word(word, phones, False)  # noqa: FBT003 (positional only)
        self.phone_decoder: Any = self.decoder if pronunciations is not None else _phone_decoder()
        """Has the free loop of phones, and is not as thorough: of what is no command it makes more phones."""
        _add_phone_loop(self.phone_decoder)

    def prepare(self, samples: NDArray[np.int16]) -> Stretch | None:
        """Samples, shape (frames,) at 16 kHz, with some silence at their edges; None of what is all silence."""
        gain = gain_for(samples)
        return Stretch(amplified(samples, gain, dither()), self.cepstral_mean(samples, gain)) if gain else None

    def decode(self, search: str, stretch: Stretch) -> list[Word]:
        """What one of the decoder's searches makes of it."""
        return _decoded(self.decoder, search, stretch)

    def phones(self, stretch: Stretch) -> list[Word]:
        """It as free phones, each named as "+AA+"."""
        return _decoded(self.phone_decoder, PHONE_LOOP, stretch)

    def fit(self, sentence: Sequence[Word], stretch: Stretch) -> float:
        """How much better a frame of speech is explained by the sentence than by free phones; negative where worse."""
        return fit_between(sentence, self.phones(stretch))

    def cepstral_mean(self, samples: NDArray[np.int16], gain: float) -> str:
        """The mean of the features of sound that is so amplified."""
        begin(self._mean)
        try:
            self._mean.process_raw(amplified(samples, gain, dither()), full_utt=True)
        finally:
            self._mean.end_utt()
        return str(self._mean.get_cmn())


def english_dictionary() -> Path:
    """The dictionary that pocketsphinx's package carries: a word and its phones a line. Raises `RecogniserError`."""
    try:
        from pocketsphinx import get_model_path  # noqa: PLC0415 (as above)
    except ImportError as error:
        raise RecogniserError(f"no speech recogniser ({error}): {command('pocketsphinx')}") from error
    return Path(get_model_path("en-us")) / "cmudict-en-us.dict"


def begin(decoder: Any, mean: str | None = None) -> None:  # noqa: ANN401 (pocketsphinx has no types)
    """Begin a stretch of which a decoder knows the cepstral mean, and nothing of what it decoded before.

    Without that the same sound's mean differed by 1.2 in its first coefficient, by what was before.
    """
    decoder.reinit_feat()
    if mean is not None:
        decoder.set_cmn(mean)
    decoder.start_utt()


def _phone_decoder() -> Any:  # noqa: ANN401 (pocketsphinx has no types)
    """A decoder of its own for the free loop of phones, a few MB: the two decode at once while a turn is spoken."""
    from pocketsphinx import Decoder  # noqa: PLC0415 (as above)

    with NamedTemporaryFile("w", suffix=".dict") as dictionary:
        dictionary.write("a AH\n")
        dictionary.flush()
        same = {"compallsen": True, "topn": _THOROUGH["topn"]}
        return Decoder(lm=None, dict=dictionary.name, loglevel="FATAL", bestpath=False, **same)


def _add_phone_loop(decoder: Any) -> None:  # noqa: ANN401 (as above)
    for phone in PHONES:
        decoder.add_word(f"+{phone}+", phone, phone == PHONES[-1])
    loop = [(0, 0, _PHONE_PROBABILITY, f"+{phone}+") for phone in PHONES]
    decoder.add_fsg(PHONE_LOOP, decoder.create_fsg(PHONE_LOOP, 0, 1, [*loop, (0, 1, 1.0)]))


def _decoded(decoder: Any, search: str, stretch: Stretch) -> list[Word]:  # noqa: ANN401 (as above)
    """In short pieces, because pocketsphinx holds Python's lock while it works, and the event loop has to run, too."""
    decoder.activate_search(search)
    begin(decoder, stretch.mean)
    try:
        for start in range(0, len(stretch.sound), _PIECE):
            decoder.process_raw(stretch.sound[start : start + _PIECE])
    finally:
        decoder.end_utt()
    return words_of(decoder)


def words_of(decoder: Any) -> list[Word]:  # noqa: ANN401 (as above)
    """What a decoder has made of its sound, also while that goes on."""
    if decoder.hyp() is None:
        return []
    return [
        Word(part.word, part.start_frame, part.end_frame, math.log(part.ascore) if part.ascore > 0 else -math.inf)
        for part in decoder.seg()
    ]


def gain_for(samples: NDArray[np.int16]) -> float:
    """What brings samples to a usual loudness, because the model was trained on close speech; 0 for silence."""
    power = float(np.sqrt(np.mean(np.square(samples.astype(np.float64))))) / 32768 if len(samples) else 0.0
    return min(_LOUDEST_GAIN, _LOUDNESS / power) if power else 0.0


def amplified(samples: NDArray[np.int16], gain: float, noise: np.random.Generator) -> bytes:
    """The samples as PCM16 at that loudness, with some noise."""
    added = noise.normal(0.0, _DITHER * 32768, len(samples))
    return bytes(np.clip(samples * gain + added, -32768, 32767).astype("<i2").tobytes())


def dither() -> np.random.Generator:
    """The source of the noise, always the same."""
    return np.random.default_rng(_DITHER_SEED)


def fit_between(sentence: Sequence[Word], phones: Sequence[Word]) -> float:
    """How much better a frame of speech is explained by the one than by the other."""
    gain, speech = gains_between(sentence, phones)
    return float(gain[speech].mean()) if speech.any() else -math.inf


def gains_between(sentence: Sequence[Word], phones: Sequence[Word]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """For each frame of 10 ms how much better the sentence explains it, and whether there is speech."""
    frames = max((word.last for word in (*sentence, *phones)), default=-1) + 1
    speech = np.zeros(frames, bool)
    gain = np.zeros(frames)
    for sign, words in ((1.0, sentence), (-1.0, phones)):
        for word in words:
            if word.last < word.first:
                continue
            gain[word.first : word.last + 1] += sign * 1000 * word.score / (word.last - word.first + 1)
            if word.text not in FILLERS:
                speech[word.first : word.last + 1] = True
    return gain, speech
