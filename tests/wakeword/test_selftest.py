import wave
from pathlib import Path

import numpy as np
import pytest

import voiced.wakeword.selftest
from voiced.wakeword.engine import STEP, Engine
from voiced.wakeword.models import WakeModels, manifest
from voiced.wakeword.selftest import self_test
from voiced.wakeword.settings import WakeWordSettings

CLIPS = Path(voiced.wakeword.selftest.__file__).parent / "rehearsals"


class Rehearsed:
    """An engine whose words score what they are told, over features that follow the sound unless told otherwise."""

    def __init__(self, scores, features=None):
        self.names = list(scores)
        self._scores = list(scores.values())
        self._features = features

    def rehearse(self, samples):
        found = np.tile(np.array(self._scores, np.float32), (len(samples) // STEP, 1))
        if self._features is not None:
            return found, np.full((1, 16, 96), self._features, np.float32)
        return found, np.resize(samples[::7].astype(np.float32), (1, 16, 96))


def words(*names, threshold=0.5):
    return {name: WakeWordSettings(model=name, threshold=threshold) for name in names}


@pytest.fixture(scope="module")
def engine(wake_models, tmp_path_factory):
    return Engine(wake_models, tmp_path_factory.mktemp("graphs"))


def test_every_known_word_hears_its_own_clip(engine):
    tested = self_test(engine, words(*engine.names))
    assert set(tested.scores) == set(manifest().words)
    assert min(tested.scores.values()) > 0.9
    assert (tested.deaf, tested.fault) == ((), None)


def test_clips_are_16_khz_16_bit_one_channel_and_about_a_second():
    for name in manifest().words:
        with wave.open(str(CLIPS / f"{name}.wav")) as file:
            assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (16_000, 2, 1)
            assert 0.4 < file.getnframes() / 16_000 < 1.2


def test_running_stream_is_not_disturbed(wake_models, speech, tmp_path):
    alexa = WakeModels(wake_models.melspectrogram, wake_models.embedding, {"alexa": wake_models.heads["alexa"]})
    tested, untested = Engine(alexa, tmp_path), Engine(alexa, tmp_path)
    for index, block in enumerate(speech.reshape(-1, STEP)[:120]):
        if index % 40 == 20:
            self_test(tested, words("alexa"))
        assert np.array_equal(tested.step(block), untested.step(block))


def test_word_that_does_not_hear_its_clip_is_a_fault(caplog):
    tested = self_test(Rehearsed({"alexa": 0.02}), words("alexa"))
    assert tested.deaf == ("alexa",)
    assert tested.fault is not None
    assert "alexa (0.02 for its own clip)" in tested.fault
    assert "voiced wake fetch" in tested.fault
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_one_deaf_word_of_several_is_a_warning_and_the_others_go_on(caplog):
    tested = self_test(Rehearsed({"alexa": 0.02, "hey_jarvis": 0.99}), words("alexa", "hey_jarvis"))
    assert (tested.deaf, tested.fault) == (("alexa",), None)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.parametrize("features", [0.0, float("nan"), 3.0])
def test_features_that_tell_nothing_are_a_fault_of_every_word(features, caplog):
    tested = self_test(Rehearsed({"own": 0.0, "alexa": 0.99}, features), words("alexa") | own("own"))
    assert tested.deaf == ("alexa", "own")
    assert "features" in tested.fault


def own(name):
    return {name: WakeWordSettings(model=f"/models/{name}.onnx")}


def test_score_that_is_no_number_is_deaf():
    assert self_test(Rehearsed({"alexa": float("nan")}), words("alexa")).deaf == ("alexa",)


def test_model_of_ones_own_is_told_to_be_untested_and_is_not_deaf(caplog):
    caplog.set_level("INFO")
    tested = self_test(Rehearsed({"alexa": 0.0}), own("alexa"))
    assert (tested.scores, tested.deaf, tested.fault) == ({}, (), None)
    assert "no clip for a model of your own" in caplog.text


def test_threshold_no_clear_voice_reaches_is_told_but_is_no_deafness(caplog):
    tested = self_test(Rehearsed({"alexa": 0.95}), words("alexa", threshold=0.99))
    assert tested.deaf == ()
    assert "not even a clear voice reaches the threshold 0.99" in caplog.text


def test_low_threshold_of_the_owner_is_what_counts():
    assert self_test(Rehearsed({"alexa": 0.35}), words("alexa", threshold=0.3)).deaf == ()
