import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiced.wakeword.gate import FLOOR_PERCENTILE, QUIETEST, Gate

STEP = 1280
HANG = 15


def noise(rms, blocks, seed=1, offset=0.0):
    """White noise; blocks of it differ by a few per cent, as in a room."""
    return np.rint(np.random.default_rng(seed).normal(offset, rms, (blocks, STEP))).clip(-32768, 32767).astype(np.int16)


def hear(gate, blocks):
    return [gate.hear(block) for block in blocks]


@pytest.fixture
def settled():
    """A gate that knows a room with 16 LSB of hiss, -66 dBFS."""
    gate = Gate(STEP)
    assert not any(hear(gate, noise(16, 200))[40:])
    return gate


def test_gate_is_open_at_first_and_closes_in_a_room_with_hiss():
    opened = hear(Gate(STEP), noise(16, 100))
    assert all(opened[: HANG + 10])
    assert not any(opened[2 * HANG :])


@pytest.mark.parametrize("rms", [0, 0.4, 16, 300, 3000])
def test_steady_noise_of_any_level_keeps_it_closed(rms):
    assert not any(hear(Gate(STEP), noise(rms, 1000))[2 * HANG :])


def test_one_loud_block_opens_it_at_once_for_the_block_and_the_hang(settled):
    assert hear(settled, [*noise(40, 1), *noise(16, 40, seed=2)]) == [True] * (1 + HANG) + [False] * (40 - HANG)


def test_pause_shorter_than_the_hang_does_not_close_it(settled):
    assert all(hear(settled, [*noise(40, 1), *noise(16, HANG - 1), *noise(40, 1), *noise(16, HANG - 1)]))


def test_sound_no_louder_than_the_room_does_not_open_it(settled):
    assert not any(hear(settled, noise(20, 60)))


def test_room_that_becomes_louder_is_the_new_normal_within_10_seconds(settled):
    opened = hear(settled, noise(500, 200))
    assert opened[0]
    assert not any(opened[125 + HANG :])
    assert settled.floor == pytest.approx(500, rel=0.1)


def test_room_that_falls_quiet_is_heard_in_its_quiet_at_once():
    gate = Gate(STEP)
    hear(gate, noise(500, 200))
    hear(gate, noise(16, 5))
    assert gate.floor < 20
    assert gate.hear(noise(60, 1)[0]), "far below the noise that was, far above the quiet that is"


def test_offset_of_a_cheap_microphone_is_no_sound(settled):
    gate = Gate(STEP)
    hear(gate, noise(16, 100, offset=3000))
    assert gate.floor == pytest.approx(settled.floor, rel=0.05)
    assert gate.hear(noise(40, 1, offset=3000)[0])


@pytest.mark.parametrize("room", [0, 16, 300])
def test_level_that_would_open_it_is_told_while_it_is_closed(room):
    gate = Gate(STEP)
    hear(gate, noise(room, 100))
    level = gate.opens_at
    assert level > room
    assert not gate.hear(noise(0.95 * level, 1)[0])
    assert gate.hear(noise(1.05 * level, 1)[0])
    assert gate.opens_at == 0


def test_full_scale_does_not_overflow():
    gate = Gate(STEP)
    square = np.resize(np.array([32767, -32768], np.int16), STEP)
    gate.hear(square)
    assert gate.floor == pytest.approx(32767.5)


def test_last_bit_of_a_converter_in_digital_silence_does_not_open_it():
    gate = Gate(STEP)
    hear(gate, np.zeros((100, STEP), np.int16))
    assert not any(hear(gate, noise(0.5, 50)))
    assert gate.hear(noise(3 * QUIETEST, 1)[0])


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 4000), min_size=1, max_size=400))
def test_floor_is_the_quietest_fifth_of_10_seconds_or_the_last_blocks(levels):
    gate = Gate(STEP)
    for level in levels:
        gate.hear(np.resize(np.array([level, -level], np.int16), STEP))
    latest = sorted(levels[-125:])
    assert gate.floor == pytest.approx(min(latest[int(FLOOR_PERCENTILE * len(latest))], max(levels[-4:])), abs=1e-6)
