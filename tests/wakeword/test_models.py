import pytest

from voiced.wakeword.models import WakeWordError, check_name, find_model, find_models, manifest, word_name


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


def test_two_files_of_one_name_are_refused_not_merged(wake_models, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "house.onnx").write_bytes(b"x")
    words = [str(tmp_path / folder / "house.onnx") for folder in ("a", "b")]
    with pytest.raises(WakeWordError, match=r"two wake words are called house: .*a/house\.onnx and .*b/house\.onnx"):
        find_models(words)


def test_path_may_begin_with_the_home_folder(wake_models, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "house.tflite").write_bytes(b"x")
    assert find_model("~/house.tflite") == tmp_path / "house.tflite"


def test_home_of_nobody_is_refused(wake_models):
    with pytest.raises(WakeWordError, match="nobody-here"):
        find_model("~nobody-here/house.onnx")


def test_relative_path_is_looked_for_where_models_are_kept_then_here(empty, tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    with pytest.raises(WakeWordError, match=rf"{empty}/own\.onnx, {here}/own\.onnx"):
        find_model("own.onnx")
    (here / "own.onnx").write_bytes(b"x")
    assert find_model("own.onnx") == here / "own.onnx"
    (empty / "own.onnx").write_bytes(b"x")
    assert find_model("own.onnx") == empty / "own.onnx"


@pytest.mark.parametrize("word", ["own.pkl", "own.pt", "/models/own", "own.onnx.bin"])
def test_file_of_another_kind_is_refused_by_its_name(word):
    with pytest.raises(ValueError, match=r"neither an \.onnx nor a \.tflite"):
        check_name(word)


@pytest.mark.parametrize(("word", "name"), [("alexa", "alexa"), ("~/a/own.onnx", "own"), ("own.v2.tflite", "own.v2")])
def test_word_is_called_after_its_file(word, name):
    assert word_name(word) == name
