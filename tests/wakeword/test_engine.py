import itertools
import sys

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from openwakeword.model import Model

from voiced.audio.frames import Frame
from voiced.wakeword.detector import Detection, Detector
from voiced.wakeword.engine import STEP, Engine
from voiced.wakeword.gate import Gate
from voiced.wakeword.listener import Listener
from voiced.wakeword.models import WakeModels, WakeWordError
from voiced.wakeword.settings import WakeWordSettings

WARM_UP = 30
"""Steps until nothing of either engine's start is left in its windows."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("graphs")


@pytest.fixture(scope="module")
def engine(wake_models, cache):
    return Engine(wake_models, cache)


def blocks(samples):
    return samples.reshape(-1, STEP)


def onnx_only(models):
    words = {name: path for name, path in models.heads.items() if path.suffix == ".onnx"}
    return WakeModels(models.melspectrogram, models.embedding, words)


@pytest.fixture(scope="module")
def stock_scores(speech, wake_models):
    """The recording, and what the stock class gives for it: shape (steps, words)."""
    models = onnx_only(wake_models)
    stock = Model(
        wakeword_models=[str(path) for path in models.heads.values()],
        inference_framework="onnx",
        melspec_model_path=str(models.melspectrogram),
        embedding_model_path=str(models.embedding),
    )
    names = [path.stem for path in models.heads.values()]
    told = [stock.predict(block) for block in blocks(speech)]
    scores = np.array([[scores[name] for name in names] for scores in told], np.float32)
    assert scores[WARM_UP:].max() > 0.9, "the recording has wake words, or the comparison means nothing"
    return speech, scores


def test_scores_equal_the_stock_class_bit_for_bit_after_warm_up(stock_scores, wake_models, cache):
    samples, expected = stock_scores
    ours = Engine(onnx_only(wake_models), cache)
    found = np.array([ours.step(block) for block in blocks(samples)])
    assert np.array_equal(found[WARM_UP:], expected[WARM_UP:])


def reshaped(source, path, change):
    """A feature model with its graph changed, as one of another release might be."""
    model = onnx.load(source)
    change(model.graph)
    onnx.save(model, path)
    return path


def weigh_frames(graph):
    """Multiply what comes in by ones for each of the 76 frames: the same values, and no stream can be made of it."""
    graph.initializer.append(numpy_helper.from_array(np.ones((1, 76, 32, 1), np.float32), "ones"))
    first = graph.input[0].name
    for node in graph.node:
        node.input[:] = ["weighed" if name == first else name for name in node.input]
    graph.node.insert(0, helper.make_node("Mul", [first, "ones"], ["weighed"]))


def test_embedding_of_another_structure_runs_over_whole_windows_with_the_scores_of_the_stock_class(
    stock_scores, wake_models, tmp_path, caplog
):
    other = reshaped(wake_models.embedding, tmp_path / "embedding.onnx", weigh_frames)
    models = onnx_only(wake_models)
    ours = Engine(WakeModels(models.melspectrogram, other, models.heads), tmp_path / "graphs")
    warnings = [record for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "four times the CPU" in warnings[0].message
    samples, expected = stock_scores
    found = np.array([ours.step(block) for block in blocks(samples)])
    assert np.array_equal(found[WARM_UP:], expected[WARM_UP:])


def level_frames(graph):
    """Subtract the loudest of the 76 frames: a stream of it can be made, and gives something else."""
    first = graph.input[0].name
    for node in graph.node:
        node.input[:] = ["level" if name == first else name for name in node.input]
    graph.node.insert(0, helper.make_node("ReduceMax", [first], ["loudest"], axes=[1]))
    graph.node.insert(1, helper.make_node("Sub", [first, "loudest"], ["level"]))


def test_stream_that_would_give_other_values_than_the_models_is_not_used(wake_models, tmp_path, caplog):
    other = reshaped(wake_models.embedding, tmp_path / "embedding.onnx", level_frames)
    Engine(WakeModels(wake_models.melspectrogram, other, {}), tmp_path / "graphs")
    assert "as a stream it gives other values" in caplog.text
    assert not (tmp_path / "graphs").exists()


def test_each_phrase_triggers_its_own_model_only(engine, speech):
    scores = np.array([engine.step(block) for block in blocks(speech)])
    peaks = dict(zip(engine.names, scores.max(axis=0), strict=True))
    assert min(peaks.pop(name) for name in ("hey_jarvis", "alexa", "okay_nabu", "hey_rhasspy")) > 0.6
    assert peaks["hey_mycroft"] < 0.3
    triggered = scores > 0.5
    assert triggered.sum(axis=1).max() == 1


def test_second_start_takes_the_graph_from_the_cache(wake_models, cache, engine, caplog):
    caplog.set_level("INFO")
    before = {path: path.stat().st_mtime_ns for path in cache.iterdir()}
    Engine(wake_models, cache)
    assert {path: path.stat().st_mtime_ns for path in cache.iterdir()} == before
    assert "building" not in caplog.text


def test_cache_that_cannot_be_written_is_a_warning(wake_models, tmp_path, caplog):
    blocked = tmp_path / "file"
    blocked.write_text("")
    Engine(WakeModels(wake_models.melspectrogram, wake_models.embedding, {}), blocked / "graphs")
    assert "built at every start" in caplog.text


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros(STEP, np.float32),
        np.zeros(STEP, np.int32),
        np.zeros(STEP // 2, np.int16),
        np.zeros(3 * STEP, np.int16),
        np.zeros(2 * STEP, np.int16),
        np.zeros((STEP, 2), np.int16),
    ],
    ids=["floats", "wide", "short", "48 kHz", "interleaved stereo", "stereo"],
)
def test_wrong_kind_of_sound_is_refused_not_scored_as_silence(engine, wrong):
    with pytest.raises(ValueError, match="1280 int16 samples of one channel at 16 kHz"):
        engine.step(wrong)


def refused(wake_models, folder, path, reason):
    with pytest.raises(WakeWordError, match=reason):
        Engine(WakeModels(wake_models.melspectrogram, wake_models.embedding, {"own": path}), folder)


def written(path, content):
    path.write_bytes(content)
    return path


def head(path, *, score=0.5, outputs=1, kind=TensorProto.FLOAT):
    """A model that looks at the right window and answers the same always."""
    names = [f"score{index}" for index in range(outputs)]
    graph = helper.make_graph(
        [helper.make_node("Constant", [], [name], value_float=score) for name in names],
        "head",
        [helper.make_tensor_value_info("embeddings", kind, [1, 16, 96])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, []) for name in names],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.save(model, path)
    return path


def test_file_that_is_no_model_is_refused_with_the_reason(wake_models, tmp_path):
    refused(wake_models, tmp_path, written(tmp_path / "own.onnx", b"not a model"), "own is damaged")


@pytest.mark.parametrize("word", ["alexa", "okay_nabu"])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.999])
def test_truncated_model_is_refused_with_the_reason(wake_models, tmp_path, word, share):
    whole = wake_models.heads[word].read_bytes()
    cut = written(tmp_path / wake_models.heads[word].name, whole[: round(len(whole) * share)])
    refused(wake_models, tmp_path, cut, "own is damaged")


def test_truncated_features_are_refused_with_how_to_get_them(wake_models, tmp_path):
    cut = written(tmp_path / "melspectrogram.onnx", wake_models.melspectrogram.read_bytes()[:-1000])
    with pytest.raises(WakeWordError, match="voiced wake fetch"):
        Engine(WakeModels(cut, wake_models.embedding, {}), tmp_path)


def test_features_of_another_kind_are_refused(wake_models, tmp_path):
    with pytest.raises(WakeWordError, match="not openWakeWord's"):
        Engine(WakeModels(wake_models.embedding, wake_models.melspectrogram, {}), tmp_path)


def test_model_of_another_shape_is_refused_with_the_reason(wake_models, tmp_path):
    refused(wake_models, tmp_path, wake_models.embedding, "not an openWakeWord model")


def test_model_with_several_scores_is_refused(wake_models, tmp_path):
    refused(wake_models, tmp_path, head(tmp_path / "own.onnx", outputs=2), "2 outputs")


def test_model_over_integers_is_refused(wake_models, tmp_path):
    refused(wake_models, tmp_path, head(tmp_path / "own.onnx", kind=TensorProto.INT8), "not an openWakeWord model")


@pytest.mark.parametrize("score", [-3.0, 17.0, float("nan")])
def test_model_whose_answer_is_no_score_is_refused(wake_models, tmp_path, score):
    refused(wake_models, tmp_path, head(tmp_path / "own.onnx", score=score), "not one score from 0 to 1")


def test_tflite_model_without_its_runtime_says_how_to_get_it(wake_models, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    refused(wake_models, tmp_path, wake_models.heads["okay_nabu"], r"pip install 'voiced\[tflite\]'")


def test_missing_file_is_refused_with_its_name(wake_models, tmp_path):
    with pytest.raises(WakeWordError, match=r"gone\.onnx"):
        Engine(WakeModels(tmp_path / "gone.onnx", wake_models.embedding, {}), tmp_path)


class Ungated(Detector):
    """Keeps the scores it is given, by position."""

    def __init__(self, names):
        super().__init__([(name, WakeWordSettings(model=name)) for name in names])
        self.scores = {}

    def judge(self, scores, position, captured_at, window=None):
        self.scores[position] = scores
        return super().judge(scores, position, captured_at, window)


def listen(engine, frames, gate=None):
    """What a listener makes of frames; (scores by position, detections, steps run)."""
    found, detector = [], Ungated(engine.names)
    ear = Listener(engine, detector, found.append, gate)
    for frame in frames:
        ear.feed(frame)
        while ear._queue:  # what the thread does
            ear._step(ear._queue.popleft())
    return detector.scores, [told for told in found if isinstance(told, Detection)], ear.cost.steps


def chunked(samples, sizes):
    at = 0
    for size in itertools.cycle(sizes):
        if at >= len(samples):
            return
        yield Frame(samples[at : at + size].tobytes(), at, at / 16_000)
        at += size


@settings(deadline=None, max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 5000), min_size=1, max_size=50))
def test_any_chunking_through_the_listener_gives_the_scores_of_the_stock_class(stock_scores, wake_models, cache, sizes):
    samples, expected = stock_scores
    scores, _, _ = listen(Engine(onnx_only(wake_models), cache), chunked(samples, sizes))
    found = np.array([scores[position] for position in sorted(scores)], np.float32)
    assert sorted(scores) == [(index + 1) * STEP for index in range(len(expected))]
    assert np.array_equal(found[WARM_UP:], expected[WARM_UP:])


def test_gate_changes_no_score_and_no_detection(speech, wake_models, cache):
    rng = np.random.default_rng(1)
    room = rng.normal(0, 16, 12 * 16_000 // STEP * STEP).astype(np.int16)
    samples = np.concatenate([room, speech, room, speech, room])
    everything, expected, all_steps = listen(Engine(wake_models, cache), chunked(samples, [STEP]))
    scores, found, steps = listen(Engine(wake_models, cache), chunked(samples, [STEP]), Gate(STEP))
    assert len(expected) >= 8
    assert found == expected
    assert steps < 0.8 * all_steps, "the gate was closed for a while, or the comparison means nothing"
    assert all(everything[position] == score for position, score in scores.items())


def test_rest_leaves_the_engine_as_if_it_had_listened_all_along(speech, wake_models, cache):
    models = WakeModels(wake_models.melspectrogram, wake_models.embedding, {"alexa": wake_models.heads["alexa"]})
    always, sometimes = Engine(models, cache), Engine(models, cache)
    ear = Listener(sometimes, Ungated(["alexa"]), lambda found: None)
    total = blocks(speech)
    for index, block in enumerate(total[:71]):
        always.step(block)
        ear.resting = 20 <= index < 70
        ear.feed(Frame(block.tobytes(), index * STEP, 0.0))
        while ear._queue:
            ear._step(ear._queue.popleft())
    assert ear.cost.steps < 71
    following = total[71:90]
    assert np.array_equal([always.step(block) for block in following], [sometimes.step(block) for block in following])


@pytest.mark.parametrize("damage", [b"", b"half a gra"])
def test_damaged_cache_is_built_again(wake_models, tmp_path, caplog, damage):
    features = WakeModels(wake_models.melspectrogram, wake_models.embedding, {})
    Engine(features, tmp_path)
    (kept,) = tmp_path.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(damage)
    Engine(features, tmp_path)
    assert kept.read_bytes() == whole
    assert "damaged" in caplog.text
