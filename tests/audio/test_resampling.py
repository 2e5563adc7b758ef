import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiced.audio.resampling import CaptureConverter, PlaybackConverter

CAPTURED, PLAYED = 16_000, 24_000
CARD_RATES = [48_000, 44_100, 32_000, 96_000, 22_050, 8_000]


def tone(hertz, rate, seconds, amplitude=16_000):
    return np.round(amplitude * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)).astype(np.int16)


def captured(samples, rate, offered=1, channels=1, period=320, chunk=None):
    periods = []
    converter = CaptureConverter(rate, offered, channels, period, periods.append)
    chunk = chunk or round(period * rate / CAPTURED)
    for begin in range(0, len(samples), chunk):
        converter.feed(samples[begin : begin + chunk].tobytes())
    assert {len(data) for data in periods} == {period * channels * 2}
    return np.frombuffer(b"".join(periods), np.int16).reshape(-1, channels)


def played(samples, rate, channels=1, period=240):
    position = 0

    def give(frames):
        nonlocal position
        assert frames == period
        data = samples[position : position + frames]
        position += frames
        return data.tobytes().ljust(2 * frames, b"\0")

    converter = PlaybackConverter(rate, channels, period, give)
    chunk = round(period * rate / PLAYED)
    out = [converter.fill(chunk) for _ in range(len(samples) // period)]
    assert {len(data) for data in out} == {2 * chunk * channels}
    return np.frombuffer(b"".join(out), np.int16).reshape(-1, channels), converter


def decibels(samples, amplitude=16_000):
    return 20 * np.log10(np.sqrt(np.mean(samples.astype(float) ** 2)) * np.sqrt(2) / amplitude + 1e-9)


def residue(samples, hertz, rate):
    """What is left when the best-fitting sine is taken away, in dB below it; a lost or doubled sample shows."""
    time = np.arange(len(samples)) / rate
    basis = np.column_stack([np.sin(2 * np.pi * hertz * time), np.cos(2 * np.pi * hertz * time)])
    fit, *_ = np.linalg.lstsq(basis, samples.astype(float), rcond=None)
    return 10 * np.log10(np.mean((samples - basis @ fit) ** 2) / np.mean((basis @ fit) ** 2))


@pytest.mark.parametrize("hertz", [9_000, 12_000, 20_000])
@pytest.mark.parametrize("rate", [48_000, 44_100, 96_000])
def test_a_tone_too_high_for_us_does_not_alias(hertz, rate):
    assert decibels(captured(tone(hertz, rate, 1), rate)[4_000:, 0]) < -60


@pytest.mark.parametrize("hertz", [100, 1_000, 7_000])
@pytest.mark.parametrize("rate", [48_000, 44_100, 32_000, 96_000, 22_050])
def test_speech_keeps_its_loudness(hertz, rate):
    assert decibels(captured(tone(hertz, rate, 1), rate)[4_000:, 0]) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("rate", CARD_RATES)
def test_minutes_of_a_tone_lose_and_double_no_sample(rate):
    heard = captured(tone(440, rate, 120), rate)[:, 0]
    assert abs(len(heard) - 120 * CAPTURED) < 0.05 * CAPTURED
    assert residue(heard[4_000:], 440, CAPTURED) < -60


@pytest.mark.parametrize("rate", [48_000, 44_100, 32_000, 96_000, 16_000])
def test_minutes_of_a_played_tone_lose_and_double_no_sample(rate):
    heard, converter = played(tone(440, PLAYED, 120), rate)
    assert residue(heard[rate // 4 :, 0], 440, rate) < -60
    assert decibels(heard[rate // 4 :, 0]) == pytest.approx(0, abs=0.1)
    assert 0.005 < converter.latency < 0.015


@pytest.mark.parametrize("rate", [48_000, 44_100])
def test_a_played_tone_has_no_images(rate):
    heard, _ = played(tone(5_000, PLAYED, 2), rate)
    assert residue(heard[rate // 2 :, 0], 5_000, rate) < -60


def test_every_sample_of_a_card_that_only_refuses_mono_arrives_once():
    ramp = np.arange(-30_000, 30_000, dtype=np.int16)
    stereo = np.column_stack([ramp, -ramp])
    np.testing.assert_array_equal(captured(stereo, CAPTURED, offered=2)[:, 0], ramp[: len(ramp) // 320 * 320])


@given(st.lists(st.integers(1, 2_000), min_size=1, max_size=20), st.integers(1, 700), st.integers(1, 3))
@settings(deadline=None, max_examples=50)
def test_any_division_of_the_sound_gives_the_same_periods(lengths, period, channels):
    samples = np.arange(sum(lengths) * channels, dtype=np.int16).reshape(-1, channels)
    periods = []
    converter = CaptureConverter(CAPTURED, channels, channels, period, periods.append)
    for begin, length in zip(np.cumsum([0, *lengths[:-1]]), lengths, strict=True):
        converter.feed(samples[begin : begin + length].tobytes())
    whole = len(samples) // period * period
    assert b"".join(periods) == samples[:whole].tobytes()


def test_the_channels_of_an_array_stay_apart():
    sound = np.column_stack([tone(440, 48_000, 1), tone(880, 48_000, 1), np.zeros(48_000, np.int16)])
    heard = captured(sound, 48_000, offered=3, channels=2)[4_000:]
    assert residue(heard[:, 0], 440, CAPTURED) < -60
    assert residue(heard[:, 1], 880, CAPTURED) < -60


def test_one_channel_serves_where_two_were_asked_for():
    heard = captured(tone(440, 48_000, 1), 48_000, channels=2)
    np.testing.assert_array_equal(heard[:, 0], heard[:, 1])


def test_mono_is_played_in_both_channels():
    heard, _ = played(tone(440, PLAYED, 1), 48_000, channels=2)
    assert heard.any()
    np.testing.assert_array_equal(heard[:, 0], heard[:, 1])


def test_digital_silence_stays_digital_silence():
    assert not captured(np.zeros(48_000, np.int16), 48_000).any()
    assert not played(np.zeros(24_000, np.int16), 44_100)[0].any()


def test_full_scale_is_limited_and_does_not_wrap():
    square = np.where(np.arange(48_000) // 60 % 2, 32_767, -32_768).astype(np.int16)
    heard = captured(square, 48_000)[4_000:, 0].astype(int)
    assert heard.max() == 32_767
    assert heard.min() == -32_768
    assert np.abs(np.diff(np.sign(heard))).sum() / 2 == pytest.approx(len(heard) / 20, rel=0.01)


@pytest.mark.parametrize("rate", [48_000, 44_100])
def test_capture_tells_how_late_its_sound_is(rate):
    converter = CaptureConverter(rate, 1, 1, 320, lambda _: None)
    for _ in range(100):
        converter.feed(bytes(2 * rate // 50))
    assert 0.005 < converter.latency < 0.020
