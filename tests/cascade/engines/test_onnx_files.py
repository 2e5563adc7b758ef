import contextlib
import tracemalloc

import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from voiced.cascade.engines.models import EngineError
from voiced.cascade.engines.onnx_files import OnnxFile, read_onnx


def read_by_onnx(path):
    model = onnx.load(path)
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value.type.tensor_type.elem_type for value in model.graph.input if value.name not in weights]
    return OnnxFile({entry.key: entry.value for entry in model.metadata_props}, tuple(inputs))


def length(number):
    """As Protocol Buffers write it, in four bytes."""
    return bytes([number >> shift & 127 | 128 for shift in (0, 7, 14)] + [number >> 21])


def test_what_a_file_tells_is_what_the_onnx_package_reads(streaming_model, whole_model, whisper_model):
    paths = [path for folder in (streaming_model, whole_model, whisper_model) for path in folder.glob("*.onnx")]
    assert len(paths) == 8
    for path in paths:
        assert read_onnx(path) == read_by_onnx(path)


def test_weights_that_an_old_file_lists_among_its_inputs_are_none(tmp_path):
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "weight", "y")]
    weight = helper.make_tensor("weight", TensorProto.FLOAT, [1], [2.0])
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "weight"], ["y"])], "old", values[:2], values[2:], [weight]
    )
    onnx.save(helper.make_model(graph, ir_version=3), tmp_path / "old.onnx")
    assert read_onnx(tmp_path / "old.onnx") == read_by_onnx(tmp_path / "old.onnx") == OnnxFile({}, (1,))


def test_weights_are_passed_over(tmp_path):
    path, weights = tmp_path / "large.onnx", 64 << 20
    data = b"\x4a" + length(weights)
    tensor = b"\x2a" + length(len(data) + weights) + data
    model = b"\x3a" + length(len(tensor) + weights) + tensor
    path.write_bytes(model)
    with path.open("r+b") as file:
        file.truncate(len(model) + weights)
    tracemalloc.start()
    try:
        assert read_onnx(path) == OnnxFile({}, ())
        assert tracemalloc.get_traced_memory()[1] < weights / 10
    finally:
        tracemalloc.stop()


def test_a_file_cut_short_anywhere_is_a_clear_error_or_tells_less(streaming_model):
    path = streaming_model / "encoder.onnx"
    whole, told = path.read_bytes(), read_onnx(path)
    less = []
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with contextlib.suppress(EngineError):
            less.append(read_onnx(path))
    assert len(less) == len(told.metadata) + 1  # nothing is amiss only where a field ends: the network, its version, …
    assert all(each.metadata.items() < told.metadata.items() for each in less)


@settings(max_examples=50)
@given(data=st.binary(max_size=200))
def test_anything_else_is_a_clear_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "any.onnx"
    path.write_bytes(data)
    with contextlib.suppress(EngineError):
        read_onnx(path)


def test_what_git_lfs_left_in_its_place_is_told(tmp_path):
    path = tmp_path / "encoder.onnx"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 71000000\n")
    with pytest.raises(EngineError, match="is only Git's pointer to the file: run `git lfs pull` beside it"):
        read_onnx(path)


def test_a_file_that_can_not_be_read_is_a_clear_error(tmp_path):
    with pytest.raises(EngineError, match="can't be read: Is a directory"):
        read_onnx(tmp_path)
