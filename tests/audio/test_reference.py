import numpy as np
import pytest

from voiced.audio.frames import CAPTURE_RATE, PLAYBACK_RATE, Frame
from voiced.audio.reference import EchoReference, StreamClock

PERIOD, BLOCK = 240, 320


def lag_ms(mic, reference):
    """By how much the reference is late against the microphone."""
    size = 2 * len(mic)
    spectrum = np.fft.rfft(reference, size) * np.conj(np.fft.rfft(mic, size))
    correlation = np.fft.irfft(spectrum, size)
    best = int(np.argmax(correlation))
    return (best if best < size // 2 else best - size) / CAPTURE_RATE * 1000


def speechlike(seconds, rate, seed=3):
    """Noise below 3 kHz, the same at any rate."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * rate)) / rate
    tones = [(rng.uniform(200, 3000), rng.uniform(0, 6.28)) for _ in range(60)]
    return (sum(np.sin(2 * np.pi * hertz * time + phase) for hertz, phase in tones) * 400).astype(np.int16)


@pytest.mark.parametrize("jitter_ms", [0, 8])
@pytest.mark.parametrize("latency_ms", [10, 60])
def test_reference_stands_beside_what_the_microphone_heard_of_it(latency_ms, jitter_ms):
    """A room without delay: what is heard at a moment is captured at that moment."""
    rng = np.random.default_rng(5)
    played, air = speechlike(3, PLAYBACK_RATE), speechlike(3, CAPTURE_RATE)
    reference = EchoReference()
    heard, beside, next_play = [], [], 0
    for block in range(140):
        position = block * BLOCK
        end_at = 100 + (position + BLOCK) / CAPTURE_RATE  # frame 0 of both is in the air at 100 s
        now = end_at + rng.uniform(0, jitter_ms) / 1000
        while 100 + next_play / PLAYBACK_RATE - latency_ms / 1000 <= now:
            called = 100 + next_play / PLAYBACK_RATE - latency_ms / 1000 + rng.uniform(0, jitter_ms) / 1000
            reference.played(played[next_play : next_play + PERIOD].tobytes(), called + latency_ms / 1000)
            next_play += PERIOD
        frame = reference.beside(Frame(air[position : position + BLOCK].tobytes(), position, now))
        stereo = np.frombuffer(frame.data, np.int16).reshape(-1, 2)
        assert frame.channels == 2
        heard.append(stereo[:, 0])
        beside.append(stereo[:, 1])
    mic, ref = np.concatenate(heard)[16_000:], np.concatenate(beside)[16_000:]
    assert np.array_equal(np.concatenate(heard), air[: 140 * BLOCK]), "the microphone's channel is untouched"
    assert -5 - jitter_ms / 4 <= lag_ms(mic, ref) < 0, "early, never late"
    assert np.corrcoef(mic, np.roll(ref, -round(lag_ms(mic, ref) * 16)))[0, 1] > 0.9


def test_loudspeaker_that_stood_still_for_a_moment_is_aligned_anew_at_once():
    reference = EchoReference()
    sound = speechlike(2, PLAYBACK_RATE)
    for period in range(100):
        reference.played(
            sound[period * PERIOD : (period + 1) * PERIOD].tobytes(), 100 + period * PERIOD / PLAYBACK_RATE
        )
    reference.stood_still()  # for 200 ms: less than a gap shows by itself
    late = [100.2 + period * PERIOD / PLAYBACK_RATE for period in range(100, 120)]
    for period, at in enumerate(late, 100):
        reference.played(sound[period * PERIOD : (period + 1) * PERIOD].tobytes(), at)
    frame = reference.beside(Frame(bytes(BLOCK * 2), 0, late[0] + 0.1 + BLOCK / CAPTURE_RATE))
    beside = frame_channels(frame)[:, 1]
    expected = sound[100 * PERIOD + PLAYBACK_RATE // 10 :][: round(BLOCK * PLAYBACK_RATE / CAPTURE_RATE)]
    assert np.corrcoef(beside, np.interp(np.arange(BLOCK) * 1.5 + 96, np.arange(len(expected)), expected))[0, 1] > 0.8


def frame_channels(frame):
    return np.frombuffer(frame.data, np.int16).reshape(-1, 2)


def test_nothing_played_is_a_silent_reference():
    frame = EchoReference().beside(Frame(bytes(640), 0, 1.0))
    assert frame.data == bytes(1280)


def test_reference_goes_on_after_a_gap_in_the_microphone():
    reference = EchoReference()
    for index in range(0, 48_000, PERIOD):
        reference.played(speechlike(0.01, PLAYBACK_RATE).tobytes(), index / PLAYBACK_RATE)
    for position in (0, 320, 16_000):
        assert reference.beside(Frame(bytes(640), position, (position + 320) / CAPTURE_RATE)).frames == 320


def test_frames_that_are_only_marked_leave_the_alignment_as_it_is():
    played = speechlike(3.0, PLAYBACK_RATE)
    whole, parts = EchoReference(), EchoReference()
    for index in range(0, len(played) - PERIOD, PERIOD):
        for reference in (whole, parts):
            reference.played(played[index : index + PERIOD].tobytes(), index / PLAYBACK_RATE)
    for position in range(16_000, 40_000, 320):
        frame = Frame(bytes(640), position, (position + 320) / CAPTURE_RATE + 0.0005 * (position // 320 % 3))
        beside = whole.beside(frame)
        if position < 20_000 or position >= 30_000:
            assert parts.beside(frame).data == beside.data
        else:
            parts.mark(frame)


def test_clock_believes_the_earliest_of_its_latest_marks():
    clock = StreamClock(1000)
    for index, late in ((0, 0.005), (100, 0.001), (200, 0.009)):
        clock.mark(index, 50 + index / 1000 + late)
    assert clock.time_of(300) == pytest.approx(50.301)
    assert clock.index_at(50.301) == pytest.approx(300)
    assert StreamClock(1000).index_at(1.0) is None
