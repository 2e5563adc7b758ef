"""G.711, the telephone's sound: 8 bits a sample, spaced as loudness is heard (ITU-T G.711, µ-law and A-law)."""

from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Law = Literal["g711_ulaw", "g711_alaw"]
RATE = 8000
"""Hz."""
_BIAS, _CLIP = 132, 32_635
"""What µ-law adds so that every segment begins with a 1, and the loudest it can say then."""
_EVEN_BITS, _ALL_BITS = 0x55, 0xFF
"""Which bits a line carries inverted: A-law every other one, µ-law all."""


def encode(samples: NDArray[np.int16], law: Law) -> bytes:
    """PCM16 at 8 kHz as G.711, one byte a sample."""
    return _codes(law)[samples.astype(np.int32) + 32_768].tobytes()


def decode(data: bytes, law: Law) -> NDArray[np.int16]:
    """G.711 as PCM16 at 8 kHz."""
    return _samples(law)[np.frombuffer(data, np.uint8)]


@cache
def _codes(law: Law) -> NDArray[np.uint8]:
    """The code of each sample from -32768 on."""
    samples = np.arange(-32_768, 32_768)
    if law == "g711_ulaw":
        sign = np.where(samples < 0, 0x80, 0)
        loud = np.minimum(np.abs(samples), _CLIP) + _BIAS
        segment = np.log2(loud).astype(int) - 7
        step, inverted = loud >> (segment + 3), _ALL_BITS
    else:
        sign = np.where(samples < 0, 0, 0x80)
        loud = np.where(samples < 0, ~samples, samples) >> 4  # the standard's 12 bits without the one it never sends
        segment = np.maximum(np.log2(np.maximum(loud, 1)).astype(int) - 3, 0)
        step, inverted = loud >> np.maximum(segment - 1, 0), _EVEN_BITS
    codes: NDArray[np.uint8] = ((sign | segment << 4 | step & 0x0F) ^ inverted).astype(np.uint8)
    return codes


@cache
def _samples(law: Law) -> NDArray[np.int16]:
    """What each code stands for: the middle of its step."""
    codes = np.arange(256) ^ (_ALL_BITS if law == "g711_ulaw" else _EVEN_BITS)
    segment, step = codes >> 4 & 0x07, codes & 0x0F
    if law == "g711_ulaw":
        loud = ((step << 3) + _BIAS << segment) - _BIAS
        return np.where(codes & 0x80, -loud, loud).astype(np.int16)
    loud = np.where(segment == 0, (step << 4) + 8, (step << 4) + 264 << np.maximum(segment - 1, 0))
    return np.where(codes & 0x80, loud, -loud).astype(np.int16)
