"""What an ONNX file tells of itself, read without its weights: the onnx package would hold them in memory, twice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from voiced.cascade.engines.models import EngineError

_NUMBER, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
"""The kinds of field that Protocol Buffers have; a field's key is its number in onnx.proto with its kind."""
_NAME = 1 << 3 | _BYTES
_TENSOR_NAME = 8 << 3 | _BYTES
_GRAPH, _METADATA, _ENTRY_VALUE = 7 << 3 | _BYTES, 14 << 3 | _BYTES, 2 << 3 | _BYTES
_INITIALIZER, _INPUT = 5 << 3 | _BYTES, 11 << 3 | _BYTES
_ELEMENT_TYPE = (2 << 3 | _BYTES, 1 << 3 | _BYTES, 1 << 3 | _NUMBER)
"""The way to it from an input: its type, which is a tensor's, and that of the elements."""
_LONGEST_NUMBER = 10
"""Bytes."""
_POINTER = b"version https://git-lfs"


@dataclass(frozen=True, slots=True)
class OnnxFile:
    """What a file tells of itself.

    Attributes:
        metadata: what its makers wrote into it.
        inputs: what it has to be given, in order: the type of each one's elements, as `onnx.TensorProto` counts them.
    """

    metadata: Mapping[str, str]
    inputs: tuple[int, ...]


def read_onnx(path: Path) -> OnnxFile:
    """Read it. Raises `EngineError` where it can't be read, is cut short or is something else."""
    try:
        with path.open("rb") as file:
            if file.read(len(_POINTER)) == _POINTER:
                raise EngineError(f"{path} is only Git's pointer to the file: run `git lfs pull` beside it")
            file.seek(0)
            return _model(file, path.stat().st_size)
    except OSError as error:
        raise EngineError(f"{path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise EngineError(f"{path} is damaged: unpack the model anew ({error})") from error


def _model(file: BinaryIO, size: int) -> OnnxFile:
    metadata: dict[str, str] = {}
    inputs: tuple[int, ...] | None = None
    for key, value in _fields(file, size):
        if key == _METADATA:
            metadata[_text(file, value, _NAME)] = _text(file, value, _ENTRY_VALUE)
        elif key == _GRAPH:
            inputs = _inputs(file, value)
    if inputs is None:
        raise ValueError("there is no network in it")
    return OnnxFile(metadata, inputs)


def _inputs(file: BinaryIO, graph: int) -> tuple[int, ...]:
    """Old files list their weights among the inputs."""
    inputs: dict[str, int] = {}
    weights: set[str] = set()
    for key, value in _fields(file, graph):
        if key == _INPUT:
            name = _text(file, value, _NAME)
            inputs[name] = next(_follow(file, value, *_ELEMENT_TYPE), 0)
        elif key == _INITIALIZER:
            weights.add(_text(file, value, _TENSOR_NAME))
    return tuple(kind for name, kind in inputs.items() if name not in weights)


def _text(file: BinaryIO, end: int, key: int) -> str:
    """A message's text of that key, empty where there is none; the file's place stays."""
    start = file.tell()
    text = next((file.read(stop - file.tell()) for stop in _follow(file, end, key)), b"").decode()
    file.seek(start)
    return text


def _follow(file: BinaryIO, end: int, key: int, *further: int) -> Iterator[int]:
    """Each field that these keys lead to, as `_fields` tells of it."""
    for found, value in _fields(file, end):
        if found == key and further:
            yield from _follow(file, value, *further)
        elif found == key:
            yield value


def _fields(file: BinaryIO, end: int) -> Iterator[tuple[int, int]]:
    """A message's fields: key, and a number's value or else where it ends, with the file's place at its start."""
    while file.tell() < end:
        key = _number(file)
        if not key >> 3:  # what a file has whose end was never written
            raise ValueError("a field has no number")
        match key & 7:
            case 0:
                value = _number(file)
                stop = file.tell()
            case 1 | 2 | 5 as kind:
                length = _number(file) if kind == _BYTES else {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}[kind]
                value = stop = file.tell() + length
            case kind:
                raise ValueError(f"no field is of the kind {kind}")
        if stop > end:
            raise ValueError(f"it ends at byte {end} within a field that goes to {stop}")
        yield key, value
        file.seek(stop)


def _number(file: BinaryIO) -> int:
    number = 0
    for place in range(_LONGEST_NUMBER):
        byte = file.read(1)
        if not byte:
            raise ValueError("it ends within a number")
        number |= (byte[0] & 127) << 7 * place
        if byte[0] < 128:
            return number
    raise ValueError("a number in it has no end")
