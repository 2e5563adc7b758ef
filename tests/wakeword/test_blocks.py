import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiced.audio.frames import Frame
from voiced.wakeword.blocks import STEP, Cutter


@settings(deadline=None)
@given(st.lists(st.integers(1, 4000), max_size=30), st.integers(1, 2))
def test_any_chunking_gives_the_same_blocks_with_their_places(sizes, channels):
    total = np.arange(sum(sizes), dtype=np.int16)
    cutter, found, at = Cutter(), [], 1000
    for size in sizes:
        mono = total[at - 1000 : at - 1000 + size]
        heard = mono if channels == 1 else np.stack([mono, mono + 1], axis=1)
        found += cutter.cut(Frame(heard.tobytes(), at, at / 16_000, channels))
        at += size
    whole = len(total) // STEP
    assert [block.position for block in found] == [1000 + (index + 1) * STEP for index in range(whole)]
    assert all(block.samples.shape == (STEP,) for block in found)
    heard = np.concatenate([np.zeros(0, np.int16), *(block.samples for block in found)])
    assert np.array_equal(heard, total[: whole * STEP])


def test_block_in_a_frame_of_its_own_is_not_copied():
    frame = Frame(np.arange(STEP, dtype=np.int16).tobytes(), 0, 0.0)
    (block,) = Cutter().cut(frame)
    assert np.shares_memory(block.samples, frame.samples)


def test_half_a_sample_is_refused():
    with pytest.raises(ValueError, match="multiple"):
        list(Cutter().cut(Frame(b"\0" * 641, 0, 0.0)))
