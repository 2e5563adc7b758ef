import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from voiced.audio.splicing import Splice

RNG = np.random.default_rng(7)
SOUND = RNG.integers(-2000, 2000, 16_000 * 4).astype(np.int16)
COARSE, FINE = 1280, 320


class Microphone:
    """Feeds a splice from one recording through both streams and keeps what it delivers."""

    def __init__(self, sound=SOUND):
        self.sound = sound
        self.splice = Splice()
        self.coarse_at = 0
        self.fine_at = None
        self.heard = []
        self.expected = 0

    def keep(self, delivered):
        for position, data in delivered:
            assert position == self.expected, "in order, without a gap or a repetition"
            samples = np.frombuffer(data, np.int16)
            self.heard.append(samples)
            self.expected = position + len(samples)

    def coarse(self):
        self.keep(self.splice.coarse(self.sound[self.coarse_at : self.coarse_at + COARSE].tobytes()))
        self.coarse_at += COARSE

    def open_fine(self, offset=0):
        self.splice.open_fine()
        self.fine_at = self.coarse_at + offset

    def fine(self):
        self.keep(self.splice.fine(self.sound[self.fine_at : self.fine_at + FINE].tobytes()))
        self.fine_at += FINE

    def close_fine(self):
        self.splice.close_fine()
        self.fine_at = None

    @property
    def whole(self):
        return np.concatenate([*self.heard, np.zeros(0, np.int16)])


def test_fine_stream_delivers_ahead_of_the_coarse_one_once_it_is_found():
    mic = Microphone()
    mic.coarse()
    mic.open_fine(offset=100)
    for _ in range(4):
        mic.fine()
    mic.coarse()
    assert mic.splice.aligned
    for _ in range(3):
        mic.fine()
    assert mic.expected == mic.fine_at > mic.coarse_at
    mic.coarse()
    mic.close_fine()
    mic.coarse()
    assert np.array_equal(mic.whole, SOUND[: mic.expected])


def test_silence_is_no_place_and_the_coarse_stream_delivers_it():
    mic = Microphone(np.concatenate([np.zeros(16_000, np.int16), SOUND]))
    mic.open_fine()
    while mic.coarse_at < 16_000:
        for _ in range(4):
            mic.fine()
        mic.coarse()
    assert not mic.splice.aligned or mic.expected > 15_000
    while mic.coarse_at < 24_000:
        for _ in range(4):
            mic.fine()
        mic.coarse()
    assert mic.splice.aligned
    assert np.array_equal(mic.whole, mic.sound[: mic.expected])


def test_fine_stream_that_skips_is_left_alone_until_it_is_found_again():
    mic = Microphone()
    mic.open_fine()
    for _ in range(6):
        mic.fine()
        mic.fine()
        mic.fine()
        mic.fine()
        mic.coarse()
    mic.fine_at += 777  # lost by the driver
    for _ in range(10):
        mic.coarse()
        mic.splice_ahead = mic.expected
        while mic.fine_at < mic.coarse_at:
            mic.fine()
    assert np.array_equal(mic.whole, SOUND[: mic.expected])


def test_lost_coarse_frames_show_as_a_gap_in_the_positions():
    splice = Splice()
    list(splice.coarse(SOUND[:1280].tobytes()))
    splice.skip(1280)
    ((position, _),) = splice.coarse(SOUND[2560:3840].tobytes())
    assert position == 2560


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.sampled_from(["coarse", "fine", "fine", "fine", "fine", "open", "close"]), max_size=150),
    st.integers(0, 700),
)
def test_any_interleaving_delivers_every_sample_once_in_order(steps, offset):
    mic = Microphone()
    for step in steps:
        match step:
            case "coarse" if mic.coarse_at + COARSE < len(SOUND):
                mic.coarse()
            case "fine" if mic.fine_at is not None and mic.fine_at < mic.coarse_at + 2 * COARSE:
                mic.fine()
            case "open" if mic.fine_at is None:
                mic.open_fine(offset)
            case "close" if mic.fine_at is not None:
                mic.close_fine()
    assert np.array_equal(mic.whole, SOUND[: mic.expected])
    assert mic.expected >= mic.coarse_at
