import io
import os
import pickle
import zipfile

import pytest

from voiced.wakeword.content import read_model
from voiced.wakeword.models import WakeWordError


class Trap:
    """Whoever unpickles it makes a folder."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def checkpoint(data):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("model/data.pkl", data)
    return file.getvalue()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("wrapped", [bytes, checkpoint])
@pytest.mark.parametrize("name", ["trap.onnx", "trap.tflite"])
def test_pickle_under_any_name_is_refused_and_never_loaded(tmp_path, protocol, wrapped, name):
    path = tmp_path / name
    path.write_bytes(wrapped(pickle.dumps(Trap(tmp_path / "sprung"), protocol)))
    with pytest.raises(WakeWordError, match=rf"{name} is a Python pickle"):
        read_model(path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("word.onnx", b"", "is empty"),
        ("word.onnx", b"<!DOCTYPE html><html>", "web page"),
        ("word.onnx", b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
        ("word.onnx", b"\x89HDF\r\n\x1a\n", "Keras"),
        ("word.onnx", b"\x1c\0\0\0TFL3\x14\0", r"name it word\.tflite"),
        ("word.tflite", b"\x08\x07\x12\x07pytorch", "is not a TFLite model"),
        ("word.onnx", b"PK\x03\x04 cut off", "zip archive"),
    ],
)
def test_file_of_another_kind_is_refused_by_its_content(tmp_path, name, content, reason):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(WakeWordError, match=reason):
        read_model(path)


def test_file_that_is_missing_or_a_folder_is_refused_with_its_name(tmp_path):
    for path in (tmp_path / "gone.onnx", tmp_path):
        with pytest.raises(WakeWordError, match=f"{path} can't be read"):
            read_model(path)


def test_every_fetched_model_is_taken(wake_models):
    for path in (wake_models.melspectrogram, wake_models.embedding, *wake_models.heads.values()):
        assert read_model(path) == path.read_bytes()
