import threading
import wave

import pytest

from voiced.audio.devices import DeviceError
from voiced.audio.wav import WavDriver


def write(path, frames, rate=16_000, channels=1):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(frames)


def test_file_is_read_in_periods_and_followed_by_silence(tmp_path):
    path = tmp_path / "mic.wav"
    write(path, b"\1\0" * 400)
    got, enough = [], threading.Event()

    def take(data):
        got.append(data)
        if len(got) == 3:
            enough.set()

    stream = WavDriver().open_capture(f"file:{path}", 1, 320, take)
    assert enough.wait(5)
    stream.close()
    assert b"".join(got[:3]) == b"\1\0" * 400 + bytes(2 * 560)


def test_what_is_played_is_in_the_file_after_closing(tmp_path):
    path = tmp_path / "speaker.wav"
    asked = threading.Event()

    def fill(frames):
        asked.set()
        return b"\2\0" * frames

    stream = WavDriver().open_playback(f"file:{path}", 240, fill)
    assert asked.wait(5)
    stream.close()
    with wave.open(str(path)) as file:
        assert file.getframerate() == 24_000
        assert set(file.readframes(240)) == {0, 2}


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda path: None, "No such file"),
        (lambda path: path.write_bytes(b"not a wav"), "not a WAV file"),
        (lambda path: path.write_bytes(b""), "not a WAV file"),
        (lambda path: write(path, bytes(64), rate=48_000), "48000 Hz"),
        (lambda path: write(path, bytes(64), channels=2), "2 channel"),
    ],
)
def test_unusable_file_is_refused_with_the_reason(tmp_path, make, problem):
    path = tmp_path / "mic.wav"
    make(path)
    with pytest.raises(DeviceError, match=problem):
        WavDriver().open_capture(f"file:{path}", 1, 320, lambda data: None)


def test_unwritable_file_is_refused_with_the_reason(tmp_path):
    with pytest.raises(DeviceError, match="can't be written"):
        WavDriver().open_playback(f"file:{tmp_path / 'no' / 'out.wav'}", 240, bytes)
