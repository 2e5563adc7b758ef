import pytest

from voiced.wakeword.models import WakeWordError, find_models, manifest


@pytest.fixture
def empty(monkeypatch, tmp_path):
    monkeypatch.setenv("VOICED_MODELS", str(tmp_path))
    return tmp_path


def test_unknown_word_lists_the_known_ones_and_the_nearest(wake_models):
    with pytest.raises(WakeWordError, match=r"did you mean hey_jarvis\?.*known: alexa, hey_jarvis"):
        find_models(["hey_jarvs"])


def test_missing_model_says_how_to_get_it(empty):
    with pytest.raises(WakeWordError, match="voiced wake fetch"):
        find_models(["hey_jarvis"])


def test_own_model_is_taken_by_path_and_named_after_its_file(wake_models, tmp_path):
    own = tmp_path / "hey_house.onnx"
    own.write_bytes(b"x")
    assert find_models([str(own)]).heads == {"hey_house": own}


def test_own_model_that_does_not_exist_is_refused(wake_models):
    with pytest.raises(WakeWordError, match="does not exist"):
        find_models(["/nowhere/hey_house.onnx"])


def test_manifest_names_a_checksum_for_every_model():
    assert all(len(entry.sha256) == 64 for entry in manifest().entries)
    assert {"hey_jarvis", "okay_nabu", "hey_mycroft", "alexa"} <= set(manifest().words)
