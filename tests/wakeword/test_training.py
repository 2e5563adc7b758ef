"""What the trainers of openWakeWord and of livekit-wakeword export can be listened for."""

import numpy as np
import onnx.reference
import pytest
from onnx import TensorProto, helper, numpy_helper

from voiced.wakeword.engine import STEP, Engine
from voiced.wakeword.models import WakeModels, WakeWordError

LAYER = 32


def normalised(opset, name, weights):
    """A layer's normalisation, spelt out as PyTorch's older exporter does, or as the one node there is from 17 on."""
    if opset >= 17:
        return [helper.make_node("LayerNormalization", [f"{name}_in", "scale", "zero"], [f"{name}_out"], axis=-1)]
    weights += [numpy_helper.from_array(np.array(value, np.float32), key) for key, value in (("two", 2), ("eps", 1e-5))]
    return [
        helper.make_node("ReduceMean", [f"{name}_in"], [f"{name}_mean"], axes=[-1]),
        helper.make_node("Sub", [f"{name}_in", f"{name}_mean"], [f"{name}_off"]),
        helper.make_node("Pow", [f"{name}_off", "two"], [f"{name}_square"]),
        helper.make_node("ReduceMean", [f"{name}_square"], [f"{name}_variance"], axes=[-1]),
        helper.make_node("Add", [f"{name}_variance", "eps"], [f"{name}_safe"]),
        helper.make_node("Sqrt", [f"{name}_safe"], [f"{name}_deviation"]),
        helper.make_node("Div", [f"{name}_off", f"{name}_deviation"], [f"{name}_unit"]),
        helper.make_node("Mul", [f"{name}_unit", "scale"], [f"{name}_scaled"]),
        helper.make_node("Add", [f"{name}_scaled", "zero"], [f"{name}_out"]),
    ]


def train(path, *, opset=13, batch=1, window=16):
    """A head of the trainers' shape, with weights that are random but the same each time."""
    rng = np.random.default_rng(1)
    values = {
        "first": rng.normal(0, 0.02, (window * 96, LAYER)),
        "first_bias": rng.normal(0, 0.1, LAYER),
        "scale": np.ones(LAYER),
        "zero": np.zeros(LAYER),
        "last": rng.normal(0, 0.5, (LAYER, 1)),
        "last_bias": [0.1],
    }
    weights = [numpy_helper.from_array(np.array(value, np.float32), name) for name, value in values.items()]
    nodes = [
        helper.make_node("Flatten", ["embeddings"], ["flat"], axis=1),
        helper.make_node("Gemm", ["flat", "first", "first_bias"], ["norm_in"]),
        *normalised(opset, "norm", weights),
        helper.make_node("Relu", ["norm_out"], ["strong"]),
        helper.make_node("Gemm", ["strong", "last", "last_bias"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["score"]),
    ]
    graph = helper.make_graph(
        nodes,
        "main_graph",
        [helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, [batch, window, 96])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, [batch, 1])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def listening(wake_models, heads, cache):
    return Engine(WakeModels(wake_models.melspectrogram, wake_models.embedding, heads), cache)


@pytest.mark.parametrize(("opset", "batch"), [(13, 1), (13, "batch"), (17, 1), (18, "batch")])
def test_trained_word_is_scored_beside_a_published_one(wake_models, speech, tmp_path, opset, batch):
    own = train(tmp_path / "hey_house.onnx", opset=opset, batch=batch)
    published = wake_models.heads["hey_jarvis"]
    both = listening(wake_models, {"hey_house": own, "hey_jarvis": published}, tmp_path)
    alone = listening(wake_models, {"hey_jarvis": published}, tmp_path)
    reference = onnx.reference.ReferenceEvaluator(str(own))
    assert both.names == ["hey_house", "hey_jarvis"]
    sound = speech[: 120 * STEP]
    found, window = both.rehearse(sound)
    assert np.array_equal(found[:, 1], alone.rehearse(sound)[0][:, 0])
    (expected,) = reference.run(None, {"embeddings": window})
    assert 0.01 < found[-1, 0] < 0.99, "the head does something, or the comparison means nothing"
    assert found[-1, 0] == pytest.approx(expected.item(), abs=1e-5)


def test_word_trained_on_longer_clips_is_refused_with_the_reason(wake_models, tmp_path):
    long = train(tmp_path / "hey_long_house.onnx", window=28)
    with pytest.raises(WakeWordError, match=r"hey_long_house.*28.*not an openWakeWord model"):
        listening(wake_models, {"hey_long_house": long}, tmp_path)
