import wave

import numpy as np
import pytest

from voiced.audio.chimes import SCORES, chime, load_chimes, load_wake_chimes
from voiced.audio.frames import PLAYBACK_RATE
from voiced.audio.settings import ChimeSettings


@pytest.mark.parametrize("name", SCORES)
def test_chime_is_short_quiet_and_begins_and_ends_at_silence(name):
    samples = np.frombuffer(chime(name), np.int16).astype(int)
    assert 0.05 < len(samples) / PLAYBACK_RATE < 0.4
    assert 0.05 < np.abs(samples).max() / 32768 < 0.3
    assert abs(samples[0]) < 50
    assert abs(samples[-1]) < 50
    assert np.abs(np.diff(samples)).max() < 3000, "no click between the notes"


def write(path, frames, rate=24_000, channels=1):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(frames * 2 * channels))


def test_own_chime_is_taken_and_a_switched_off_one_is_silent(tmp_path):
    path = tmp_path / "gong.wav"
    write(path, 2400)
    chimes = load_chimes(ChimeSettings(wake=path, done=False))
    assert chimes == {name: chime(name) for name in SCORES} | {"wake": bytes(4800), "done": b""}


def broken_header(path):
    write(path, 2400)
    data = bytearray(path.read_bytes())
    data[40:44] = (0x7FFFFFFF).to_bytes(4, "little")  # "an hour and more" in a file of a tenth of a second
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda path: None, "can't be read"),
        (lambda path: path.write_bytes(b"RIFFxxxx"), "not a WAV file"),
        (lambda path: write(path, 2400, rate=44_100), "is not 24000 Hz"),
        (lambda path: write(path, 2400, channels=2), "is not 24000 Hz"),
        (lambda path: write(path, 24_000 * 3600), "lasts 3600 s"),
        (lambda path: write(path, 0), "holds no sound"),
        (broken_header, "lasts"),
    ],
)
def test_file_that_is_no_chime_is_one_warning_and_the_built_in_sound(tmp_path, caplog, make, problem):
    path = tmp_path / "gong.wav"
    make(path)
    assert load_chimes(ChimeSettings(wake=path))["wake"] == chime("wake")
    (record,) = caplog.records
    assert problem in record.message


def test_wake_word_has_the_usual_chime_its_own_or_none(tmp_path):
    path = tmp_path / "gong.wav"
    write(path, 2400)
    assert load_wake_chimes({"alexa": True, "hey_jarvis": False, "mine": path}, b"usual") == {
        "alexa": b"usual",
        "hey_jarvis": b"",
        "mine": bytes(4800),
    }


def test_wake_words_file_that_is_no_chime_is_one_warning_and_the_usual_chime(tmp_path, caplog):
    assert load_wake_chimes({"alexa": tmp_path / "gong.wav"}, b"usual") == {"alexa": b"usual"}
    (record,) = caplog.records
    assert "chime of alexa" in record.message
    assert "the usual wake chime is used" in record.message
