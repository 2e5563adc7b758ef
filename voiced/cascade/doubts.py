"""Whether a sentence that a grammar forced upon a sound was said at all: a sum of evidence, learnt from examples.

The same sound decoded as free phones shows what it is like without a grammar. The sentence should explain it nearly as
well, nowhere much worse, and be made of much the same phones.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from voiced.cascade.decoding import FILLERS, Word, gains_between

_STRETCH = 40
"""Moments of 10 ms that are looked at together for the worst of a sentence: a word of average length."""
_KINDS = (
    ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"),
    ("P", "T", "K", "B", "D", "G"),
    ("F", "TH", "S", "SH", "HH", "V", "DH", "Z", "ZH", "CH", "JH"),
    ("M", "N", "NG"),
    ("L", "R", "W", "Y"),
)
_KIND = {phone: kind for kind, phones in enumerate(_KINDS) for phone in phones}
_LEFT_OUT, _ALIKE, _UNLIKE = 0.7, 0.5, 1.0
"""What it costs to have a phone in one of two sequences only, and to have another one: of the same kind, or not."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What each piece of `Evidence` counts, as a logistic regression learns it.

    Attributes:
        bias: the belief without any evidence.
    """

    fit: float
    worst: float
    strangeness: float
    bias: float


WEIGHTS = Weights(fit=2.45, worst=1.72, strangeness=-4.58, bias=14.1)
"""Of a logistic regression over seven voices that no bench of the cascade has, in quiet and at 10 dB over noise: of
commands rightly decoded, and of what other sentences were taken for, of which half are near to a command.

Learnt by `scripts/train-doubts` from 210 commands and 280 others. Each voice judged by the others': from 0.4 on, 174 of
183 commands are believed in quiet and none of 280 others, at 10 dB 181 of 188 and 4; of what was wrongly decoded 13 of
27 and 14 of 22. With the phones' decoding as thorough as the sentence's, 99.7 and 99.4 % of pairs were in order, not
99.9 and 99.6. How much speech stands out of its room told nothing beside these.
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """How a sentence compares to free phones.

    Attributes:
        fit: by how much a moment of speech is explained better, in thousandths of pocketsphinx's shifted units; below 0
            where worse.
        worst: the same within the worst 400 ms.
        strangeness: how far the phones are from the sentence's, in phones for each that it has.
    """

    fit: float
    worst: float
    strangeness: float

    def belief(self, weights: Weights = WEIGHTS) -> float:
        """The logarithm of the odds that the sentence was said; minus infinity without speech.

        Args:
            weights: others than the shipped ones are to be measured.
        """
        if math.isinf(self.fit):
            return -math.inf
        explained = weights.fit * self.fit + weights.worst * self.worst
        return explained + weights.strangeness * self.strangeness + weights.bias


def compare(sentence: Sequence[Word], phones: Sequence[Word], spelling: Callable[[str], str | None]) -> Evidence:
    """Hold a sentence against free phones.

    Args:
        sentence: as it was decoded.
        phones: the same sound as phones, each named as "+AA+".
        spelling: the phones of a word as it was decoded.
    """
    gain, speech = gains_between(sentence, phones)
    if not speech.any():
        return Evidence(-math.inf, -math.inf, math.inf)
    fit = worst = float(gain[speech].mean())
    if len(gain) >= _STRETCH:
        window = np.full(_STRETCH, 1 / _STRETCH)
        worst = float(np.convolve(np.where(speech, gain, 0.0), window, "valid").min())
    expected = [phone for word in sentence if word.text not in FILLERS for phone in (spelling(word.text) or "").split()]
    heard = [word.text.strip("+") for word in phones if word.text not in FILLERS]
    return Evidence(fit, worst, distance(expected, heard) / max(1, len(expected)))


def distance(first: Sequence[str], second: Sequence[str]) -> float:
    """What it takes to make one sequence of phones the other."""
    before = [_LEFT_OUT * each for each in range(len(second) + 1)]
    for here in first:
        row = [before[0] + _LEFT_OUT]
        for index, there in enumerate(second):
            changed = 0.0 if here == there else _ALIKE if _KIND.get(here) == _KIND.get(there) else _UNLIKE
            row.append(min(before[index] + changed, before[index + 1] + _LEFT_OUT, row[index] + _LEFT_OUT))
        before = row
    return before[-1]
