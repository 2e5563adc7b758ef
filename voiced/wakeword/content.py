"""What a model file holds, by its content: what is no model is refused before anything tries to load it."""

import io
import zipfile
from pathlib import Path

from voiced.wakeword.models import WakeWordError

_ONNX = b"\x08"
"""The tag of a model's first field, which is no operation of a pickle."""
_TFLITE = b"TFL3"
"""The file identifier of TFLite's flatbuffer, after an offset of four bytes."""
_NO_MODELS = (
    (b"version https://git-lfs", "is Git LFS's pointer to a model, not the model: git lfs pull"),
    (b"<", "is a web page, not a model: the download went wrong"),
    (b"\x89HDF", "is a Keras model: convert it to .tflite"),
)


def read_model(path: Path) -> bytes:
    """The content of an .onnx or .tflite file. Raises `WakeWordError` where it is something else, with the reason.

    A pickle is never loaded: that would run the code in it.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WakeWordError(f"{path} can't be read: {error.strerror}") from error
    if not data:
        raise WakeWordError(f"{path} is empty: the download went wrong")
    if _is_pickle(data):
        raise WakeWordError(f"{path} is a Python pickle, which would run the code in it: refused; export it as .onnx")
    for beginning, what in _NO_MODELS:
        if data.startswith(beginning):
            raise WakeWordError(f"{path} {what}")
    if data.startswith(b"PK\x03\x04"):
        raise WakeWordError(f"{path} is a zip archive, not a model: unpack it")
    tflite = data[4:8] == _TFLITE
    if tflite and path.suffix != ".tflite":
        raise WakeWordError(f"{path} is a TFLite model: name it {path.stem}.tflite")
    if not tflite and path.suffix == ".tflite":
        raise WakeWordError(f"{path} is not a TFLite model")
    return data


def _is_pickle(data: bytes) -> bool:
    """Whether it is one, of any protocol, or a PyTorch checkpoint: a zip archive with one inside."""
    if data.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return any(name.endswith(".pkl") for name in archive.namelist())
        except zipfile.BadZipFile:
            return False
    if data[:1] == b"\x80" and data[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return True
    if data[:1] == _ONNX:
        return False
    import pickletools  # noqa: PLC0415 (only for who gives it something strange)

    try:
        for _ in pickletools.genops(data):  # reads the operations, carries out none
            pass
    except (ValueError, IndexError, UnicodeError):
        return False
    return True
