import importlib
import sys
import warnings

import numpy as np
import pytest

from voiced.audio.g711 import decode, encode

LAWS = ["g711_ulaw", "g711_alaw"]


@pytest.mark.parametrize(
    ("law", "sample", "code", "heard"),
    [  # ITU-T G.711, tables 1a to 2b
        ("g711_ulaw", 0, 0xFF, 0),
        ("g711_ulaw", -1, 0x7F, 0),
        ("g711_ulaw", 32_767, 0x80, 32_124),
        ("g711_ulaw", -32_768, 0x00, -32_124),
        ("g711_ulaw", 1000, 0xCE, 988),
        ("g711_alaw", 0, 0xD5, 8),
        ("g711_alaw", -1, 0x55, -8),
        ("g711_alaw", 32_767, 0xAA, 32_256),
        ("g711_alaw", -32_768, 0x2A, -32_256),
        ("g711_alaw", 1000, 0xFA, 1008),
    ],
)
def test_sample_has_the_standards_code(law, sample, code, heard):
    assert encode(np.array([sample], np.int16), law) == bytes([code])
    assert decode(bytes([code]), law)[0] == heard


@pytest.mark.parametrize("law", LAWS)
def test_what_was_decoded_encodes_to_the_same_code(law):
    codes = bytes(code for code in range(256) if (law, code) != ("g711_ulaw", 0x7F))  # µ-law has two zeros
    assert encode(decode(codes, law), law) == codes


@pytest.mark.parametrize("law", LAWS)
def test_every_sample_is_heard_within_its_step(law):
    samples = np.arange(-32_768, 32_768).astype(np.int16)
    off = np.abs(decode(encode(samples, law), law).astype(int) - samples)
    assert np.all(off <= np.maximum(np.abs(samples.astype(int)) // 16, 16) + 132 * (law == "g711_ulaw") // 8)


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="audioop, the second opinion, is gone")
@pytest.mark.parametrize(
    ("law", "to_codes", "to_sound"), [("g711_ulaw", "lin2ulaw", "ulaw2lin"), ("g711_alaw", "lin2alaw", "alaw2lin")]
)
def test_python_was_of_the_same_opinion(law, to_codes, to_sound):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        audioop = importlib.import_module("audioop")
    codes = bytes(range(256))
    assert decode(codes, law).tobytes() == getattr(audioop, to_sound)(codes, 2)
    samples = np.arange(-32_768, 32_768, 16).astype(np.int16)  # 12 bits, which nobody has to round
    assert encode(samples, law) == getattr(audioop, to_codes)(samples.tobytes(), 2)
