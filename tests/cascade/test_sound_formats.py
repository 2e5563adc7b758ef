import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiced.cascade.resampling import resample
from voiced.cascade.sound_formats import OUTPUT_FORMATS, Encoder, input_format

TONE = (np.sin(np.arange(24_000) * 2 * np.pi * 440 / 24_000) * 12_000).astype(np.int16)


@pytest.mark.parametrize("name", OUTPUT_FORMATS)
def test_speech_comes_out_in_the_rate_and_size_of_its_format(name):
    form = OUTPUT_FORMATS[name]
    encoded = Encoder(form).encode(TONE.tobytes(), last=True)
    assert len(encoded) == form.rate * form.sample_bytes
    tone = (np.sin(np.arange(form.rate) * 2 * np.pi * 440 / form.rate) * 12_000)[200:-200]
    error = form.decode(encoded)[200:-200] - tone
    assert np.square(error).mean() < np.square(tone).mean() / 1000


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(OUTPUT_FORMATS)), st.lists(st.integers(0, 4000), min_size=1, max_size=8))
def test_pieces_sound_like_the_whole(name, cuts):
    form, encoder = OUTPUT_FORMATS[name], Encoder(OUTPUT_FORMATS[name])
    pieces = np.split(TONE[: sum(cuts)], np.cumsum(cuts)[:-1])
    encoded = [encoder.encode(piece.tobytes(), last=at == len(pieces) - 1) for at, piece in enumerate(pieces)]
    assert b"".join(encoded) == form.encode(resample(TONE[: sum(cuts)], 24_000, form.rate))


def test_g711_has_a_rate_of_its_own():
    assert input_format("g711_alaw", 24_000).rate == 8000
    assert input_format("pcm16", 44_100).rate == 44_100
