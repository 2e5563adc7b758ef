import json
import os
import re
import subprocess
import wave

import numpy as np
import pytest
import yaml

from voiced.audio.cards import Holder
from voiced.audio.devices import BusyError
from voiced.audio.settings import InputSettings
from voiced.cli import main, wake_calibrate
from voiced.cli.wake_ear import Ear
from voiced.cli.wake_recordings import bars


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """What is said, by name, as files."""
    folder = tmp_path_factory.mktemp("recordings")
    for name, text in (("jarvis", "hey jarvis"), ("light", "turn on the kitchen light")):
        subprocess.run(["flite", "-voice", "kal16", "-t", text, "-o", str(folder / f"{name}.wav")], check=True)
    with wave.open(str(folder / "short.wav"), "wb") as file:
        file.setparams((2, 2, 48_000, 0, "NONE", ""))
        file.writeframes(bytes(4_000))
    return folder


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "voiced.yaml"
    words = [{"model": "hey_jarvis", "refractory_seconds": 3}, {"model": "alexa", "threshold": 0.7, "frames": 3}]
    path.write_text(json.dumps({"wake_words": words}))
    return str(path)


def run(capsys, *arguments):
    status = main([str(argument) for argument in ("wake", *arguments)])
    told = capsys.readouterr()
    return status, told.out, told.err


def test_word_in_a_recording_is_heard_with_its_place_and_thresholds(recordings, config, capsys):
    status, out, _ = run(capsys, "test", recordings / "jarvis.wav", "--config", config)
    assert status == os.EX_OK
    told = out.splitlines()
    assert told[0].endswith("jarvis.wav: 1.2 s")
    assert told[1].strip() == "hey_jarvis"
    assert "@@@@" in told[2]
    assert told[2].isascii()
    assert "heard at" in told[3]
    assert "threshold 0.5, 2 in a row; caught up to threshold 0.9" in told[3]
    assert told[4].strip() == "alexa"
    assert "not heard with threshold 0.7, 3 in a row" in told[6]


def test_recording_without_the_word_fails_unless_it_is_meant_to_be_one(recordings, config, capsys):
    light = recordings / "light.wav"
    assert run(capsys, "test", light, "--config", config)[0] == 1
    status, out, _ = run(capsys, "test", light, "--negative", "--config", config)
    assert status == os.EX_OK
    assert "silent from threshold 0.0" in out
    assert run(capsys, "test", recordings / "jarvis.wav", "--negative", "--config", config)[0] == 1


def test_programs_get_every_score(recordings, config, capsys):
    status, out, _ = run(
        capsys, "test", recordings / "jarvis.wav", "--word", "hey_jarvis", "--json", "--config", config
    )
    (told,) = [json.loads(line) for line in out.splitlines()]
    assert status == os.EX_OK
    assert told["word"] == "hey_jarvis"
    assert told["refractory_seconds"] == 3
    assert told["peak"]["score"] == max(told["scores"])
    assert len(told["heard"]) == 1
    held = [min(pair) for pair in zip(told["scores"], told["scores"][1:], strict=False)]
    assert told["catching_threshold"] <= max(held) < told["catching_threshold"] + 0.011


def test_word_that_is_not_configured_is_judged_by_the_defaults(recordings, config, capsys):
    _, out, _ = run(capsys, "test", recordings / "light.wav", "--word", "hey_mycroft", "--config", config)
    assert "hey_mycroft" in out
    assert "threshold 0.5, 2 in a row" in out


def test_stereo_at_48_khz_and_too_short_is_scored_with_silence_around_it(recordings, config, capsys):
    status, out, _ = run(capsys, "test", recordings / "short.wav", "--config", config)
    assert status == 1
    assert "no threshold catches it" in out


def test_scores_are_drawn(recordings, config, capsys, tmp_path):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "scores.png"
    files = (recordings / "jarvis.wav", recordings / "light.wav")
    run(capsys, "test", *files, "--plot", picture, "--config", config)
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["gone.wav"], "gone.wav can't be read: No such file"),
        ([__file__], "is not a WAV file"),
        (["x.wav", "--word", "hey_jarvs"], "did you mean hey_jarvis?"),
        (["x.wav", "--word", "own.onnx"], "own.onnx"),
    ],
)
def test_what_can_not_be_tested_is_told_in_one_line(arguments, told, config, capsys):
    status, _, err = run(capsys, "test", *arguments, "--config", config)
    assert status == os.EX_UNAVAILABLE
    assert told in err
    assert len(err.splitlines()) == 1


def test_bars_show_each_stretchs_highest_score():
    scores = np.array([0, 0, 0.02, 0, 1, 0, 0.5, 0.5], np.float32)
    assert bars(scores, 4, plain=True) == " .@+"
    assert bars(scores, 100, plain=False) == "  ▁ █ ▄▄"


def test_calibration_from_files_recommends_and_shows_the_whole_list_to_paste(recordings, config, capsys):
    jarvis, light = recordings / "jarvis.wav", recordings / "light.wav"
    status, out, _ = run(capsys, "calibrate", "--positive", jarvis, jarvis, "--room", light, light, "--config", config)
    assert status == os.EX_OK
    assert "missed wakes: 0 of the samples, 0%; at most 78%" in out
    assert "false wakes: 0 in" in out
    listed = yaml.safe_load(out[out.index("wake_words:") :])["wake_words"]
    assert [word["model"] for word in listed] == ["hey_jarvis", "alexa"]
    assert listed[1] == {"model": "alexa", "threshold": 0.7, "frames": 3}
    assert listed[0]["refractory_seconds"] == 3
    assert 0.3 <= listed[0]["threshold"] <= 0.8


def test_calibration_for_programs(recordings, config, capsys):
    files = (recordings / "jarvis.wav", recordings / "light.wav")
    _, out, _ = run(capsys, "calibrate", "--positive", *files, "--word", "alexa", "--json", "--config", config)
    told = json.loads(out)
    assert told["word"] == "alexa"
    assert told["best"]["missed"]["times"] == 2
    assert told["best"]["false_wakes"] is None
    assert told["present"]["threshold"] == 0.7


def test_room_without_the_word_is_wrong_usage(recordings, config, capsys):
    status, _, err = run(capsys, "calibrate", "--room", recordings / "light.wav", "--config", config)
    assert status == os.EX_USAGE
    assert "--positive" in err


@pytest.mark.parametrize("wrong", [["--samples", "0"], ["--minutes", "-1"], ["--minutes", "nan"]])
def test_numbers_that_make_no_sense_are_wrong_usage(wrong, config, capsys):
    assert run(capsys, "calibrate", *wrong, "--config", config)[0] == os.EX_USAGE


class Microphone:
    """Gives a recording as fast as it is read, then silence."""

    def __init__(self, samples):
        self._blocks = iter(samples[: len(samples) // 1280 * 1280].reshape(-1, 1280))

    def block(self):
        return next(self._blocks, np.zeros(1280, np.int16))


@pytest.fixture
def at_the_microphone(monkeypatch):
    def say(samples):
        class Fake(Ear):
            @classmethod
            def listening(cls, settings):
                class Context:
                    def __enter__(self):
                        return Microphone(samples)

                    def __exit__(self, *_):
                        return None

                return Context()

        monkeypatch.setattr(wake_calibrate, "Ear", Fake)

    return say


def said(recordings, *pauses):
    with wave.open(str(recordings / "jarvis.wav")) as file:
        phrase = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    rng = np.random.default_rng(1)
    parts = [part for pause in pauses for part in (np.zeros(int(pause * 16_000), np.int16), phrase)]
    whole = np.concatenate([*parts, np.zeros(8_000, np.int16)])
    return np.clip(whole + rng.normal(0, 16, len(whole)), -32768, 32767).astype(np.int16)


def test_words_spoken_at_the_microphone_are_scored_one_by_one(recordings, config, capsys, at_the_microphone):
    at_the_microphone(said(recordings, 2, 2))
    status, out, _ = run(capsys, "calibrate", "--samples", 2, "--minutes", 0.1, "--config", config)
    assert status == os.EX_OK
    assert re.search(r'1 of 2: say "hey jarvis" now\n  scored (0\.9|1\.0)', out)
    assert re.search(r'2 of 2: say "hey jarvis" now\n  scored (0\.9|1\.0)', out)
    assert "0.1 minutes of the room" in out
    assert "missed wakes: 0 of the samples" in out


def test_nobody_speaking_is_asked_again_and_then_told(config, capsys, at_the_microphone):
    at_the_microphone(np.zeros(0, np.int16))
    status, out, err = run(capsys, "calibrate", "--config", config)
    assert status == os.EX_UNAVAILABLE
    assert out.count("nobody was heard to speak") == 3
    assert "voiced devices --meter" in err


def test_microphone_that_the_daemon_holds_is_told_with_the_command(monkeypatch, config, capsys):
    class Busy:
        shareable = False

        def open_capture(self, device, channels, period, callback):
            raise BusyError("held", [Holder(7, "voiced")])

    monkeypatch.setattr("voiced.cli.wake_ear.driver_for", lambda device: Busy())
    status, _, err = run(capsys, "calibrate", "--config", config)
    assert status == os.EX_UNAVAILABLE
    assert "sudo systemctl stop voiced" in err


def test_ear_gives_blocks_of_80_ms_of_the_microphones_channel(tmp_path):
    with wave.open(str(tmp_path / "mic.wav"), "wb") as file:
        file.setparams((2, 2, 16_000, 0, "NONE", ""))
        file.writeframes(np.stack([np.zeros(3_000, np.int16), np.arange(3_000, dtype=np.int16)], axis=1).tobytes())
    with Ear.listening(InputSettings(device=f"file:{tmp_path}/mic.wav", channels=2, channel=1)) as ear:
        assert ear.block().tolist() == list(range(1_280))
        assert ear.block()[0] == 1_280
        assert ear.lost == 0


def test_damaged_model_is_listed_as_such(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("VOICED_MODELS", str(tmp_path))
    (tmp_path / "alexa_v0.1.onnx").write_bytes(b"x")
    _, out, _ = run(capsys, "list")
    alexa, jarvis = (next(line for line in out.splitlines() if line.startswith(word)) for word in ("alexa", "hey_j"))
    assert "damaged" in alexa
    assert "missing" in jarvis
    _, out, _ = run(capsys, "list", "--json")
    assert {"name": "alexa", "path": str(tmp_path / "alexa_v0.1.onnx"), "good": False} in json.loads(out)["wake_words"]
