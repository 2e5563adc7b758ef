import struct
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.audio.recordings import RecordingError, read_recording

RATE = 16_000


def tone(rate=RATE, seconds=0.5, amplitude=0.5):
    return amplitude * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)


def write(path, kind, bits, rate, channels, payload, *, extensible=False, announced=None):
    form = struct.pack("<HHIIHH", 0xFFFE if extensible else kind, channels, rate, 0, channels * bits // 8, bits)
    if extensible:
        form += struct.pack("<HHIH14s", 22, bits, 0, kind, b"\0" * 14)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"LIST" + struct.pack("<I", 3) + b"odd\0"
    chunks += b"data" + struct.pack("<I", len(payload) if announced is None else announced) + payload
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    return path


def three_bytes(sound):
    return np.round(sound * 2**23).astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


@pytest.mark.parametrize(
    ("kind", "bits", "encode", "tolerance"),
    [
        (1, 8, lambda sound: np.round(sound * 128 + 128).astype(np.uint8).tobytes(), 2**8),
        (1, 16, lambda sound: np.round(sound * 2**15).astype("<i2").tobytes(), 1),
        (1, 24, three_bytes, 1),
        (1, 32, lambda sound: np.round(sound * 2**31).astype("<i4").tobytes(), 1),
        (3, 32, lambda sound: sound.astype("<f4").tobytes(), 1),
        (3, 64, lambda sound: sound.astype("<f8").tobytes(), 1),
    ],
)
@pytest.mark.parametrize("extensible", [False, True])
def test_every_common_kind_of_sample_is_read(tmp_path, kind, bits, encode, tolerance, extensible):
    path = write(tmp_path / "x.wav", kind, bits, RATE, 1, encode(tone()), extensible=extensible)
    read = read_recording(path)
    assert read.dtype == np.int16
    assert np.abs(read - tone() * 2**15).max() <= tolerance


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_another_rate_is_resampled(tmp_path, rate):
    path = write(tmp_path / "x.wav", 3, 32, rate, 1, tone(rate).astype("<f4").tobytes())
    read = read_recording(path)
    assert len(read) == pytest.approx(8_000, abs=2)
    inside = slice(500, 7_500)
    assert np.abs(read[inside] / 2**15 - tone()[: len(read)][inside]).max() < 0.01


def test_the_microphones_channel_is_taken_where_there_are_as_many(tmp_path):
    both = np.stack([np.zeros(100), np.full(100, 0.5)], axis=1)
    path = write(tmp_path / "x.wav", 3, 32, RATE, 2, both.astype("<f4").tobytes())
    assert read_recording(path, 1, 2)[0] == 2**14
    assert read_recording(path, 0, 2)[0] == 0
    assert read_recording(path, 1, 6)[0] == 2**13
    assert read_recording(path)[0] == 2**13


@pytest.mark.parametrize("announced", [0, 0xFFFF_FFFF])
def test_recording_that_was_never_ended_is_read_to_its_last_sample(tmp_path, announced):
    payload = np.arange(100, dtype="<i2").tobytes() + b"\1"
    path = write(tmp_path / "x.wav", 1, 16, RATE, 1, payload, announced=announced)
    assert read_recording(path).tolist() == list(range(100))


def test_what_the_standard_library_writes_is_read(tmp_path):
    with wave.open(str(tmp_path / "x.wav"), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(np.arange(5, dtype=np.int16).tobytes())
    assert read_recording(tmp_path / "x.wav").tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a WAV file"),
        (b"fLaC" + bytes(40), "not a WAV file"),
        (b"RIFF\0\0\0\0WAVE", "holds no sound"),
    ],
)
def test_what_is_no_recording_is_refused_with_the_reason(tmp_path, content, reason):
    (tmp_path / "x.wav").write_bytes(content)
    with pytest.raises(RecordingError, match=f"x.wav.*{reason}"):
        read_recording(tmp_path / "x.wav")


def test_compressed_wav_is_refused_with_the_way_out(tmp_path):
    path = write(tmp_path / "x.wav", 7, 8, 8_000, 1, bytes(100))
    with pytest.raises(RecordingError, match="sox"):
        read_recording(path)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(RecordingError, match=r"gone\.wav can't be read: No such file"):
        read_recording(tmp_path / "gone.wav")


@given(st.binary(max_size=80), st.integers(0, 80))
def test_damaged_files_are_refused_or_read_but_never_crash(tmp_path_factory, noise, at):
    path = tmp_path_factory.mktemp("fuzz") / "x.wav"
    write(path, 1, 16, RATE, 1, bytes(20))
    whole = path.read_bytes()
    path.write_bytes(whole[:at] + noise + whole[at:])
    try:
        assert read_recording(path).ndim == 1
    except RecordingError as error:
        assert str(path) in str(error)  # noqa: PT017 (either outcome is right)
