import base64
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.cascade.intake import Intake
from voiced.cascade.protocol import ProtocolError
from voiced.cascade.sound_formats import SoundFormat
from voiced.cascade.turns import RATE

PCM = SoundFormat(RATE)
NOISE = (np.random.default_rng(1).normal(size=2 * RATE) * 3000).astype(np.int16)


def text(samples):
    return base64.b64encode(np.asarray(samples, "<i2").tobytes()).decode()


def take(intake, samples):
    return np.concatenate([np.zeros(0, np.int16), *intake.append(text(samples))])


def test_sound_comes_in_pieces_of_a_tenth_of_a_second_and_is_kept():
    intake = Intake(PCM)
    pieces = list(intake.append(text(NOISE[:4000])))
    assert [len(piece) for piece in pieces] == [1600, 1600, 800]
    assert np.array_equal(np.concatenate(pieces), NOISE[:4000])
    assert (intake.end, intake.held) == (4000, 4000)
    assert np.array_equal(intake.between(100, 3000), NOISE[100:3000])


def test_piece_is_kept_before_it_is_told_and_the_next_one_is_not():
    intake = Intake(PCM)
    next(iter(intake.append(text(NOISE[:4000]))))
    assert intake.end == 1600


def test_what_is_forgotten_leaves_the_clock_as_it_was():
    intake = Intake(PCM)
    take(intake, NOISE[:4000])
    intake.forget(3000)
    assert (intake.end, intake.held) == (4000, 1000)
    assert np.array_equal(intake.between(0, 4000), NOISE[3000:4000])


def test_turn_without_end_is_kept_for_two_minutes():
    intake = Intake(PCM)
    for _ in range(61):
        take(intake, NOISE)
    assert (intake.end, intake.held) == (122 * RATE, 120 * RATE)


def test_sound_at_another_rate_is_kept_at_16_khz():
    intake = Intake(SoundFormat(24_000))
    take(intake, NOISE[:24_000])
    assert intake.end == pytest.approx(RATE, abs=50)
    intake.reformat(SoundFormat(8000, "g711_ulaw"), 1)
    before = intake.end
    list(intake.append(base64.b64encode(bytes(8000)).decode()))
    assert intake.end - before == pytest.approx(RATE, abs=50)


STRETCH = 1 << 20
NO_SOUND = {
    "none": None,
    "bytes": b"AAAA",
    "a list": ["AAAA"],
    "a short group": "AAA",
    "a space": "A A=",
    "other letters": "Ä" * 4,
    "padding in the middle": "AA==AAAA",
    "half a sample": base64.b64encode(b"odd").decode(),
    "too much": "A" * (20 * 1024 * 1024 + 8),
    "a fault at its end": text(NOISE[:24_000]) * 20 + "*",
    "padding in an early stretch": "AA==" + "A" * STRETCH,
    "padding between two stretches": "A" * (STRETCH - 4) + "AAA=" + "AA==",
}


@pytest.mark.parametrize("audio", NO_SOUND.values(), ids=NO_SOUND)
def test_what_is_no_sound_is_an_error_and_nothing_of_it_is_kept(audio):
    intake = Intake(PCM)
    with pytest.raises(ProtocolError) as fault:
        list(intake.append(audio))
    assert fault.value.param == "audio"
    assert intake.end == 0


def test_half_a_sample_of_two_channels_is_an_error():
    intake = Intake(PCM, 2)
    with pytest.raises(ProtocolError, match="whole number"):
        list(intake.append(text([1, 2, 3])))


def test_largest_event_is_taken_between_whose_stretches_others_may_work():
    intake = Intake(PCM)
    pieces = list(intake.append(text(np.zeros((2 << 20) * 3 // 8, np.int16))))
    assert len(pieces[0]) == 0
    assert intake.end == (2 << 20) * 3 // 8


def test_echo_masks_what_is_25_db_below_it_for_as_long_as_it_may_sound():
    intake = Intake(PCM, 2)
    assert intake.masking < -100
    played = np.column_stack([np.zeros(RATE, np.int16), np.full(RATE, 16384, np.int16)])
    take(intake, played.ravel())
    assert intake.masking == pytest.approx(-6 - 25, abs=0.1)
    take(intake, np.zeros(2 * RATE // 5, np.int16))
    assert intake.masking == pytest.approx(-6 - 25, abs=0.1)
    take(intake, np.zeros(2 * RATE // 4, np.int16))
    assert intake.masking < -100


@given(st.lists(st.integers(0, 5000), max_size=6), st.sampled_from([8000, 16_000, 24_000, 44_100]))
def test_sound_is_the_same_however_it_is_cut_into_events(lengths, rate):
    whole, cut = Intake(SoundFormat(rate)), Intake(SoundFormat(rate))
    sound = NOISE[: sum(lengths)]
    expected = take(whole, sound)
    ends = np.cumsum([0, *lengths])
    parts = [take(cut, sound[start:end]) for start, end in itertools.pairwise(ends)]
    assert np.array_equal(np.concatenate([np.zeros(0, np.int16), *parts]), expected)
    assert cut.end == len(expected)
