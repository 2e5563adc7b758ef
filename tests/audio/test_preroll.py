import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voiced.audio.frames import CAPTURE_RATE, Frame
from voiced.audio.preroll import PreRoll


def numbered(position, frames, channels=1):
    mono = np.arange(position, position + frames, dtype=np.int16)
    return Frame(np.repeat(mono, channels).tobytes(), position, 0.0, channels)


def test_everything_since_a_position_comes_once_in_order_cut_to_the_sample():
    ring = PreRoll(10)
    for position in range(0, 3200, 320):
        ring.append(numbered(position, 320))
    found = ring.since(1000)
    assert found[0].position == 1000
    assert np.array_equal(np.concatenate([frame.samples for frame in found]), np.arange(1000, 3200, dtype=np.int16))


def test_two_channels_are_cut_between_samples():
    ring = PreRoll(10)
    ring.append(numbered(0, 320, channels=2))
    assert ring.since(319)[0].data == np.array([319, 319], np.int16).tobytes()


def test_position_in_the_future_gives_nothing():
    ring = PreRoll(10)
    ring.append(numbered(0, 320))
    assert ring.since(320) == []


@given(st.lists(st.integers(1, 2000), max_size=60), st.floats(0.01, 1.0))
def test_ring_holds_the_configured_time_and_not_much_more(sizes, seconds):
    ring = PreRoll(seconds)
    position = 0
    for size in sizes:
        ring.append(numbered(position % 1000, size))
        position += size
    held = sum(frame.frames for frame in ring.since(-10_000_000))
    limit = int(seconds * CAPTURE_RATE)
    assert held >= min(limit, position)
    assert held < limit + 2000


def test_cleared_ring_gives_nothing():
    ring = PreRoll(1)
    ring.append(numbered(0, 320))
    ring.clear()
    assert ring.since(0) == []


def test_what_it_was_to_be_deaf_for_is_sent_as_silence_and_kept_as_it_was_heard():
    ring = PreRoll(10)
    ring.append(numbered(0, 320))
    ring.append(numbered(320, 320), deaf=True)
    ring.append(numbered(640, 320))
    sent = np.concatenate([frame.samples for frame in ring.since(400)])
    assert not sent[:240].any()
    assert np.array_equal(sent[240:], np.arange(640, 960, dtype=np.int16))
    heard = np.concatenate([frame.samples for frame in ring.heard_since(400)])
    assert np.array_equal(heard, np.arange(400, 960, dtype=np.int16))


def test_silence_in_place_of_two_channels_is_as_long():
    ring = PreRoll(10)
    ring.append(numbered(0, 320, channels=2), deaf=True)
    (frame,) = ring.since(100)
    assert (frame.position, frame.frames, frame.channels, any(frame.data)) == (100, 220, 2, False)
