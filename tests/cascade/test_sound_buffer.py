import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voiced.cascade.sound_buffer import SoundBuffer

LONGEST = 50
STEPS = st.lists(st.tuples(st.sampled_from(["add", "forget", "between"]), st.integers(0, 60), st.integers(0, 60)))


@given(STEPS)
def test_a_stretch_is_what_a_plain_list_would_give_of_it(steps):
    buffer, plain, first = SoundBuffer(LONGEST), [], 0
    for kind, one, other in steps:
        if kind == "add":
            piece = list(range(len(plain) + first, len(plain) + first + one))
            buffer.add(np.array(piece, np.int16))
            plain += piece
            drop = max(0, len(plain) - LONGEST)
        elif kind == "forget":
            before = first + one
            buffer.forget(before)
            drop = min(one, len(plain))
        else:
            found = buffer.between(first + one - 5, first + other)
            assert found.tolist() == [sample for sample in plain if first + one - 5 <= sample < first + other]
            drop = 0
        plain, first = plain[drop:], first + drop
        assert (buffer.held, buffer.end) == (len(plain), first + len(plain))


def test_what_is_kept_stays_bounded_in_an_endless_stream():
    buffer = SoundBuffer(1000)
    for _ in range(1000):
        buffer.add(np.ones(300, np.int16))
    assert (buffer.held, buffer.end) == (1000, 300_000)
    assert buffer._store.size <= 4 * 1300
