"""openWakeWord's three networks as one graph that takes 80 ms of sound and its own state.

openWakeWord runs its embedding network over the last 76 mel frames at every 8 new ones and so repeats nine tenths of
the work. All its convolutions are valid in time (kernel 3, padding only in frequency) and its poolings step by 8 frames
in all, which is the hop: where each convolution keeps its last 2 input rows, a step needs the 8 new frames only, and
gives the same bits.

The result is a derived work of the models: built on the owner's machine from the installed files, never shipped.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import (
    ModelProto,
    NodeProto,
    TensorProto,
    ValueInfoProto,
    helper,
    numpy_helper,
    shape_inference,
    version_converter,
)

from voiced.wakeword.blocks import STEP
from voiced.wakeword.forms import BINS, HOP, TAIL
from voiced.wakeword.heads import WINDOW_SHAPE

_, WINDOW, EMBEDDING = WINDOW_SHAPE
_OLDEST_OPSET = 13
"""Of the nodes that are added here; the published models have 13 and 14, PyTorch's exporters of today 18."""
Renaming = Callable[[str], str]


class GraphError(Exception):
    """A model does not have the shape openWakeWord's models have; the message says where."""


def build(mel: ModelProto, embedding: ModelProto, heads: Mapping[str, ModelProto]) -> ModelProto:
    """One graph from the three kinds of model. Raises `GraphError`.

    Inputs: `samples` int16 (1280,), and the state `tail`, `state0`…, `window`. Outputs: the next state under the same
    names with `next_` before, and `scores` float32 (heads,) in the order given, where there are heads.
    """
    opset = max(_OLDEST_OPSET, *(_opset(model) for model in (mel, embedding, *heads.values())))
    mel, embedding = _at_opset(mel, opset), _at_opset(embedding, opset)
    heads = {name: _at_opset(head, opset) for name, head in heads.items()}
    parts = _Parts()
    frames = _add_mel(parts, mel)
    latest = _add_embedding(parts, embedding, frames)
    window = _add_window(parts, latest)
    _add_heads(parts, heads, window)
    graph = helper.make_graph(parts.nodes, "voiced_wake", parts.inputs, parts.outputs, parts.initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = max(model.ir_version for model in (mel, embedding, *heads.values()))
    onnx.checker.check_model(model)
    return model


def _opset(model: ModelProto) -> int:
    return max((opset.version for opset in model.opset_import if not opset.domain), default=_OLDEST_OPSET)


def _at_opset(model: ModelProto, opset: int) -> ModelProto:
    """A model in the language of the newest: a word trained today beside those of 2023 (they keep their bits)."""
    return model if _opset(model) == opset else version_converter.convert_version(model, opset)


def build_bytes(mel: bytes, embedding: bytes, heads: Mapping[str, bytes]) -> bytes:
    """`build` over the contents of .onnx files. Raises `GraphError` also where one of them is no ONNX model."""
    try:
        models = {name: onnx.load_model_from_string(data) for name, data in heads.items()}
        built = build(onnx.load_model_from_string(mel), onnx.load_model_from_string(embedding), models)
    except (
        *(DecodeError, onnx.checker.ValidationError, shape_inference.InferenceError, version_converter.ConvertError),
        *(IndexError, KeyError, RuntimeError, ValueError),  # RuntimeError: what the converter can't even parse
    ) as error:
        raise GraphError(f"the models are not built as openWakeWord's are: {error!r}") from error
    graph: bytes = built.SerializeToString()
    return graph


class _Parts:
    """The pieces of the graph under construction."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.inputs: list[ValueInfoProto] = [helper.make_tensor_value_info("samples", TensorProto.INT16, [STEP])]
        self.outputs: list[ValueInfoProto] = []
        self.initializers: list[TensorProto] = []

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:  # noqa: ANN401 (onnx takes any)
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, name: str, values: object, dtype: type = np.int64) -> str:
        self.initializers.append(numpy_helper.from_array(np.array(values, dtype), name))
        return name

    def state(self, name: str, shape: list[int], successor: str) -> None:
        """Declare a state: `name` comes in, `next_name`, a copy of `successor`, goes out."""
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        self.outputs.append(helper.make_tensor_value_info(f"next_{name}", TensorProto.FLOAT, shape))
        self.node("Identity", [successor], f"next_{name}")

    def slice(self, source: str, start: int, end: int, axis: int, output: str) -> str:
        names = [
            self.constant(f"{output}_{part}", [value]) for part, value in (("from", start), ("to", end), ("on", axis))
        ]
        return self.node("Slice", [source, *names], output)

    def adopt(self, weights: Iterable[TensorProto], renamed: Renaming) -> None:
        for weight in weights:
            copy = TensorProto()
            copy.CopyFrom(weight)
            copy.name = renamed(weight.name)
            self.initializers.append(copy)

    def graft(self, model: ModelProto, prefix: str, feeds: Mapping[str, str]) -> list[str]:
        """Add a whole model under a prefix with its inputs connected; return its outputs' new names."""

        def renamed(name: str) -> str:
            return feeds.get(name) or (f"{prefix}/{name}" if name else name)

        self.adopt(model.graph.initializer, renamed)
        self.nodes.extend(_rename(node, renamed) for node in model.graph.node)
        return [renamed(output.name) for output in model.graph.output]


def _rename(node: NodeProto, renamed: Renaming) -> NodeProto:
    copy = NodeProto()
    copy.CopyFrom(node)
    copy.name = ""
    copy.input[:] = [renamed(name) for name in node.input]
    copy.output[:] = [renamed(name) for name in node.output]
    for attribute in copy.attribute:
        if attribute.HasField("g"):  # the branches of an If
            inner = [_rename(child, renamed) for child in attribute.g.node]
            del attribute.g.node[:]
            attribute.g.node.extend(inner)
            for output in attribute.g.output:
                output.name = renamed(output.name)
    return copy


def _add_mel(parts: _Parts, model: ModelProto) -> str:
    """Sound to 8 mel frames, scaled as openWakeWord scales them."""
    parts.node("Cast", ["samples"], "loud", to=TensorProto.FLOAT)
    parts.node("Concat", ["tail", "loud"], "heard", axis=0)
    parts.state("tail", [TAIL], parts.slice("heard", STEP, STEP + TAIL, 0, "new_tail"))
    parts.node("Unsqueeze", ["heard", parts.constant("batch", [0])], "heard_batch")
    (spectrum,) = parts.graft(model, "mel", {model.graph.input[0].name: "heard_batch"})
    parts.node("Div", [spectrum, parts.constant("ten", 10.0, np.float32)], "scaled")
    parts.node("Add", ["scaled", parts.constant("two", 2.0, np.float32)], "lifted")
    return parts.node("Reshape", ["lifted", parts.constant("frames_shape", [1, 1, HOP, BINS])], "frames")


def _add_embedding(parts: _Parts, model: ModelProto, frames: str) -> str:
    """8 mel frames to one embedding; every convolution over time keeps its last 2 rows."""
    graph = model.graph
    weights = {weight.name: weight for weight in graph.initializer}
    shapes = {
        value.name: [size.dim_value for size in value.type.tensor_type.shape.dim]
        for value in shape_inference.infer_shapes(model).graph.value_info
    }
    ours = {graph.input[0].name: frames}

    def renamed(name: str) -> str:
        return ours.get(name) or f"embedding/{name}"

    states = 0
    for node in graph.node:
        if node.op_type == "Reshape":  # both ends of the window form: inside, the layout is ours already
            ours[node.output[0]] = renamed(node.input[0])
            continue
        copy = _rename(node, renamed)
        if node.op_type == "Conv" and _time_kernel(node) == 3:
            joined = parts.node("Concat", [f"state{states}", copy.input[0]], f"joined{states}", axis=2)
            shape = [1, weights[node.input[1]].dims[1], 2, shapes[node.input[0]][3]]
            parts.state(f"state{states}", shape, parts.slice(joined, -2, 2**31, 2, f"last{states}"))
            copy.input[0] = joined
            states += 1
        parts.nodes.append(copy)
    if not states:
        raise GraphError("the embedding model has no convolution over time")
    used = {name for node in graph.node if node.op_type != "Reshape" for name in node.input}
    parts.adopt([weight for weight in graph.initializer if weight.name in used], renamed)
    return renamed(graph.output[0].name)


def _time_kernel(node: NodeProto) -> int:
    return next((attribute.ints[0] for attribute in node.attribute if attribute.name == "kernel_shape"), 0)


def _add_window(parts: _Parts, latest: str) -> str:
    """The last 16 embeddings."""
    parts.node("Reshape", [latest, parts.constant("latest_shape", [1, 1, EMBEDDING])], "latest")
    parts.slice("window", 1, WINDOW, 1, "recent")
    parts.node("Concat", ["recent", "latest"], "new_window", axis=1)
    parts.state("window", [1, WINDOW, EMBEDDING], "new_window")
    return "new_window"


def _add_heads(parts: _Parts, heads: Mapping[str, ModelProto], window: str) -> None:
    scores = []
    for index, (name, model) in enumerate(heads.items()):
        if any(weight.data_location == TensorProto.EXTERNAL for weight in model.graph.initializer):
            raise GraphError(f"the model of {name} keeps its weights in another file")
        (score,) = parts.graft(model, f"head{index}", {model.graph.input[0].name: window})
        parts.node("Reshape", [score, parts.constant(f"head{index}_shape", [1])], f"score{index}")
        scores.append(f"score{index}")
    if scores:
        parts.node("Concat", scores, "scores", axis=0)
        parts.outputs.append(helper.make_tensor_value_info("scores", TensorProto.FLOAT, [len(scores)]))
