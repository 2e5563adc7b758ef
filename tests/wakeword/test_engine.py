import numpy as np
import pytest
from openwakeword.model import Model

from voiced.audio.frames import Frame
from voiced.wakeword.detector import Detector
from voiced.wakeword.engine import STEP, Engine
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


def test_scores_equal_the_stock_class_bit_for_bit_after_warm_up(speech, wake_models, cache):
    words = {name: path for name, path in wake_models.heads.items() if path.suffix == ".onnx"}
    ours = Engine(WakeModels(wake_models.melspectrogram, wake_models.embedding, words), cache)
    stock = Model(
        wakeword_models=[str(path) for path in words.values()],
        inference_framework="onnx",
        melspec_model_path=str(wake_models.melspectrogram),
        embedding_model_path=str(wake_models.embedding),
    )
    names = [path.stem for path in words.values()]
    expected, found = [], []
    for block in blocks(speech):
        scores = stock.predict(block)
        expected.append([scores[name] for name in names])
        found.append(ours.step(block))
    expected = np.array(expected, np.float32)[WARM_UP:]
    found = np.array(found)[WARM_UP:]
    assert found.max() > 0.9, "the recording has wake words, or the comparison means nothing"
    assert np.array_equal(found, expected)


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
        np.zeros(STEP // 2, np.int16),
        np.zeros((STEP, 2), np.int16),
    ],
)
def test_wrong_kind_of_sound_is_refused_not_scored_as_silence(engine, wrong):
    with pytest.raises(ValueError, match="int16"):
        engine.step(wrong)


def test_file_that_is_no_model_is_refused_with_the_reason(wake_models, tmp_path):
    fake = tmp_path / "fake.onnx"
    fake.write_bytes(b"not a model")
    with pytest.raises(WakeWordError, match="damaged"):
        Engine(WakeModels(wake_models.melspectrogram, wake_models.embedding, {"fake": fake}), tmp_path)


def test_model_of_another_shape_is_refused_with_the_reason(wake_models, tmp_path):
    with pytest.raises(WakeWordError, match="not an openWakeWord model"):
        Engine(WakeModels(wake_models.melspectrogram, wake_models.embedding, {"x": wake_models.embedding}), tmp_path)


def test_missing_file_is_refused_with_its_name(wake_models, tmp_path):
    with pytest.raises(WakeWordError, match=r"gone\.onnx"):
        Engine(WakeModels(tmp_path / "gone.onnx", wake_models.embedding, {}), tmp_path)


def test_rest_leaves_the_engine_as_if_it_had_listened_all_along(speech, wake_models, cache):
    models = WakeModels(wake_models.melspectrogram, wake_models.embedding, {"alexa": wake_models.heads["alexa"]})
    always, sometimes = Engine(models, cache), Engine(models, cache)
    ear = Listener(sometimes, Detector([("alexa", WakeWordSettings(model="alexa"))]), lambda found: None)
    total = blocks(speech)
    for index, block in enumerate(total):
        always.step(block)
        ear.resting = 20 <= index < 70
        ear._listen(Frame(block.tobytes(), index * STEP, 0.0))
        if index >= 70:
            break
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
