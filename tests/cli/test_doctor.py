import json
import re
import wave

import numpy as np
import pytest

from voiced.audio.cards import Holder
from voiced.audio.devices import BusyError
from voiced.audio.settings import AudioSettings
from voiced.cli import doctor_host, doctor_sound, doctor_wake, main
from voiced.cli.doctor_sound import SoundExamination, microphone_level_is_right
from voiced.cli.findings import Verdict
from voiced.paths import model_directories
from voiced.wakeword.settings import WakeWordSettings


@pytest.fixture
def room(tmp_path, monkeypatch):
    """A speaker made of files: what its microphone hears is for the test to say."""
    monkeypatch.setattr(doctor_sound, "RECORD_SECONDS", 0.2)

    def make(samples, **audio):
        with wave.open(str(tmp_path / "mic.wav"), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            file.writeframes(samples.tobytes())
        devices = {
            "input": {"device": f"file:{tmp_path}/mic.wav"},
            "output": {"device": f"file:{tmp_path}/speaker.wav"},
            **audio,
        }
        (tmp_path / "voiced.yaml").write_text(json.dumps({"audio": devices}))
        return tmp_path

    return make


def tone(amplitude):
    return np.round(amplitude * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)).astype(np.int16)


def examined(folder, capsys, *options):
    status = main(["doctor", "--json", *options, "--config", str(folder / "voiced.yaml")])
    report = json.loads(capsys.readouterr().out)
    return status, {finding["check"]: finding for finding in report["findings"]}


@pytest.fixture
def models(monkeypatch, tmp_path):
    """A machine of which only the sound is looked at."""
    monkeypatch.setattr(doctor_wake, "CHECKS", ())
    monkeypatch.setattr(doctor_host, "CHECKS", ())


def test_what_was_recorded_is_played_back(room, capsys, models):
    folder = room(tone(3_000))
    status, found = examined(folder, capsys)
    assert status == 0
    assert list(found) == [
        "microphone_hears",
        "microphone_level_is_right",
        "loudspeaker_plays",
    ]
    with wave.open(str(folder / "speaker.wav")) as file:
        played = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    assert np.abs(played).max() == pytest.approx(3_000, rel=0.05)
    assert np.count_nonzero(played) > 0.18 * 24_000


def test_silent_plays_nothing(room, capsys, models):
    folder = room(tone(3_000))
    _, found = examined(folder, capsys, "--silent")
    assert "loudspeaker_plays" not in found
    assert not (folder / "speaker.wav").exists()


def test_a_device_that_can_not_be_opened_fails_with_its_key(room, capsys, models):
    folder = room(tone(3_000), input={"device": "file:/nowhere.wav"})
    status, found = examined(folder, capsys)
    assert status == 69
    assert found["microphone_hears"]["verdict"] == "fail"
    assert "set audio.input.device" in found["microphone_hears"]["fix"]
    assert "microphone_level_is_right" not in found
    assert found["loudspeaker_plays"]["verdict"] == "ok"


def test_missing_wake_models_fail_with_their_names_and_the_command(room, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("VOICED_MODELS", str(tmp_path / "none"))
    status, found = examined(room(tone(3_000)), capsys, "--silent")
    assert status == 69
    assert found["wake_models_are_there"]["what"] == (
        "missing wake models: melspectrogram.onnx, embedding_model.onnx, hey_jarvis_v0.1.onnx"
    )
    assert "voiced wake fetch" in found["wake_models_are_there"]["fix"]
    assert "wake_engine_hears" not in found


def test_own_wake_model_that_is_not_there_is_no_matter_of_fetching(tmp_path):
    wake = doctor_wake.WakeExamination((WakeWordSettings(model=str(tmp_path / "hey_house.onnx")),))
    finding = doctor_wake.wake_models_are_there(wake)
    assert finding.verdict is Verdict.FAIL
    assert "hey_house.onnx" in finding.what
    assert "fetch" not in finding.fix


def test_wake_models_that_are_not_the_published_ones_are_doubtful_and_may_not_load(monkeypatch, tmp_path):
    for folder in model_directories():
        for file in folder.glob("*.onnx"):
            (tmp_path / file.name).symlink_to(file)
    head = tmp_path / "hey_jarvis_v0.1.onnx"
    head.unlink()
    head.write_bytes(b"cut off")
    monkeypatch.setenv("VOICED_MODELS", str(tmp_path))
    wake = doctor_wake.WakeExamination((WakeWordSettings(),))
    assert doctor_wake.wake_models_are_there(wake).verdict is Verdict.OK
    published = doctor_wake.wake_models_are_the_published_ones(wake)
    assert (published.verdict, published.fix) == (Verdict.WARN, "voiced wake fetch")
    assert "hey_jarvis_v0.1.onnx" in published.what
    assert doctor_wake.wake_engine_hears(wake).verdict is Verdict.FAIL


def test_findings_are_printed_with_their_fix(room, capsys):
    folder = room(tone(0))
    assert main(["doctor", "--silent", "--config", str(folder / "voiced.yaml")]) == 69
    out = capsys.readouterr().out
    assert "FAIL level -96 dBFS, peak -96, noise floor -96: all zeros\n     -> unmute the microphone" in out
    assert "ok   wake words: hey_jarvis" in out
    assert re.search(r"ok   the wake engine hears hey_jarvis \((0\.9|1\.0)", out)


@pytest.mark.parametrize(
    ("samples", "verdict", "what"),
    [
        (tone(3_000), Verdict.WARN, "noise floor"),  # as loud all the time: nothing stands out of it
        (np.concatenate([tone(100), tone(3_000)]), Verdict.OK, "level"),
        (np.full(16_000, 32_767, np.int16), Verdict.WARN, "clipped"),
        (tone(0), Verdict.FAIL, "all zeros"),
    ],
)
def test_the_level_is_judged(samples, verdict, what):
    sound = SoundExamination(AudioSettings(), samples)
    finding = microphone_level_is_right(sound)
    assert finding is not None
    assert (finding.verdict, what in finding.what) == (verdict, True)


@pytest.mark.parametrize(("holder", "verdict"), [("voiced", Verdict.WARN), ("pipewire", Verdict.FAIL)])
def test_the_running_daemon_may_hold_the_card_and_others_may_not(holder, verdict):
    error = BusyError(f"input device 'x' is busy: held by {holder} (process 7)", [Holder(7, holder)])
    finding = doctor_sound._refused("microphone", "audio.input.device", error)
    assert finding.verdict is verdict
    assert "voiced" in finding.fix
