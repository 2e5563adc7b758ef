import contextlib
import io
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from voiced.audio.recordings import read_recording
from voiced.wakeword import second_opinion
from voiced.wakeword.detector import ASKED_BLOCKS, IGNORED_STEPS, Detection, Detector, NearMiss, Suspicion
from voiced.wakeword.engine import STEP, Engine
from voiced.wakeword.models import WakeModels
from voiced.wakeword.second_opinion import OpinionError, SecondOpinion, load_opinion, load_opinions
from voiced.wakeword.settings import WakeWordSettings

WINDOW = np.zeros((1, 16, 96), np.float32)
WEIGHTS = (second_opinion._FOLDER / "hey_jarvis.npz").read_bytes()


class Answers:
    """An opinion with prepared answers, "y" or "n"; afterwards it says the last one again."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = 0

    def agrees(self, window):
        assert window is WINDOW
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1] == "y"


def run(scores, opinion, names=("word",), window=WINDOW, **settings):
    """Judge scores, of all words the same, after the warm-up; the detector and what it found, step by step."""
    words = [(name, WakeWordSettings(model=name, **settings)) for name in names]
    detector = Detector(words, {"word": opinion})
    for index in range(IGNORED_STEPS):
        detector.judge([0.0] * len(names), index * STEP, 0.0, window)
    found = [
        detector.judge([score] * len(names), (IGNORED_STEPS + step) * STEP, 0.0, window)
        for step, score in enumerate(scores)
    ]
    return detector, found


def wakes(found):
    return [step for step, judgement in enumerate(found) if isinstance(judgement, Detection)]


def test_word_is_heard_at_once_where_the_opinion_agrees():
    opinion = Answers("y")
    detector, found = run([0.2, 0.9, 0.9, 0.9, 0.0], opinion)
    assert wakes(found) == [2]
    assert opinion.asked == 1
    assert detector.statistics["word"].held_blocks == 0


def test_opinion_is_asked_only_where_the_word_is_certain():
    opinion = Answers("y")
    run([0.2, 0.9, 0.2, 0.9, 0.2, 0.0], opinion)
    assert opinion.asked == 0


def test_refused_word_stays_suspected_and_ends_as_a_near_miss_that_tells_why():
    detector, found = run([0.9, 0.9, 0.9, 0.0], Answers("n"))
    assert [type(judgement) for judgement in found] == [Suspicion, Suspicion, Suspicion, NearMiss]
    assert found[-1] == NearMiss("word", 0.9, IGNORED_STEPS * STEP, refused=True)
    counts = detector.statistics["word"]
    assert (counts.refused, counts.near_misses) == (1, 1)


def test_near_miss_that_never_was_certain_is_not_called_refused():
    detector, found = run([0.9, 0.0], Answers("n"))
    assert found[-1] == NearMiss("word", 0.9, IGNORED_STEPS * STEP)
    assert detector.statistics["word"].refused == 0


def test_opinion_that_agrees_a_little_later_holds_the_word_back_that_long():
    detector, found = run([0.9] * 6, Answers("nny"))
    assert wakes(found) == [3]
    counts = detector.statistics["word"]
    assert counts.held_blocks == 2
    detector.judge([0.0], 10**6, 0.0, WINDOW)
    assert (counts.refused, counts.near_misses) == (0, 0)


def test_opinion_that_refuses_long_enough_is_not_asked_again_until_the_score_has_fallen():
    opinion = Answers("n" * ASKED_BLOCKS + "y")
    detector, found = run([0.9] * 12, opinion)
    assert wakes(found) == []
    assert opinion.asked == ASKED_BLOCKS
    detector.judge([0.0], 10**6, 0.0, WINDOW)
    assert detector.statistics["word"].refused == 1


def test_whole_phrase_right_after_a_refused_one_is_heard():
    scores = [*[0.9] * (ASKED_BLOCKS + 2), 0.1, 0.9, 0.9]
    _, found = run(scores, Answers("n" * ASKED_BLOCKS + "y"))
    assert wakes(found) == [len(scores) - 1]


def test_word_without_an_opinion_is_heard_while_another_is_refused():
    detector, found = run([0.9, 0.9, 0.0], Answers("n"), names=("word", "other"))
    assert [judgement.word for judgement in found if isinstance(judgement, Detection)] == ["other"]
    assert detector.statistics["other"].refused == 0


def test_scores_without_their_embeddings_are_judged_without_an_opinion():
    opinion = Answers("n")
    _, found = run([0.9, 0.9], opinion, window=None)
    assert wakes(found) == [1]
    assert opinion.asked == 0


def weights(stretch=5, channels=3, places=8, **others):
    rng = np.random.default_rng(1)
    return {
        "kernel": rng.normal(0, 0.1, (stretch * 96, channels)),
        "bias": rng.normal(0, 0.1, channels),
        "sum": rng.normal(0, 1, places * channels),
        "offset": rng.normal(0, 1, 1),
        **others,
    }


@settings(deadline=None)
@given(arrays(np.float32, (1, 16, 96), elements=st.floats(-50, 50, width=32)))
def test_evidence_is_the_convolution_over_the_oldest_embeddings(window):
    parts = weights()
    expected = parts["offset"][0]
    for place in range(8):
        seen = np.concatenate([window[0, place + shift] for shift in range(5)]).astype(np.float64)
        channels = np.maximum(seen @ parts["kernel"] + parts["bias"], 0)
        expected += channels @ parts["sum"][3 * place : 3 * place + 3]
    opinion = SecondOpinion(parts, expected)
    assert opinion.evidence(window) == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_evidence_below_the_threshold_is_a_no():
    evidence = SecondOpinion(weights(), 0.0).evidence(WINDOW)
    assert SecondOpinion(weights(), evidence).agrees(WINDOW)
    assert not SecondOpinion(weights(), evidence + 1e-3).agrees(WINDOW)


@pytest.mark.parametrize(
    "damage",
    [
        {"kernel": np.zeros((5 * 96 + 1, 3))},
        {"kernel": np.zeros((0, 3))},
        {"kernel": np.zeros(480)},
        {"bias": np.zeros(4)},
        {"sum": np.zeros(25)},
        {"sum": np.zeros(0)},
        {"sum": np.zeros((8, 3))},
        {"sum": np.zeros(3 * 13)},
        {"offset": np.zeros(2)},
        {"offset": np.array([np.nan])},
    ],
)
def test_weights_of_another_shape_or_no_numbers_are_an_error(damage):
    with pytest.raises(OpinionError):
        SecondOpinion(weights(**damage), 0.0)


def test_weights_with_a_part_missing_are_an_error_that_names_it():
    parts = weights()
    del parts["sum"]
    with pytest.raises(OpinionError, match="sum"):
        SecondOpinion(parts, 0.0)


def test_opinion_is_there_for_the_word_it_was_measured_for_and_can_be_switched_off():
    assert set(load_opinions({"hey_jarvis": WakeWordSettings(), "alexa": WakeWordSettings(model="alexa")})) == {
        "hey_jarvis"
    }
    assert load_opinions({"hey_jarvis": WakeWordSettings(second_opinion=False)}) == {}


def test_owners_model_of_the_same_name_has_no_opinion():
    assert load_opinions({"hey_jarvis": WakeWordSettings(model="/home/pi/hey_jarvis.onnx")}) == {}


def single_array():
    file = io.BytesIO()
    np.save(file, np.zeros(3))
    return file.getvalue()


@pytest.mark.parametrize("content", [None, b"", b"not weights", b"PK\x03\x04cut off", single_array()])
def test_damaged_installation_works_without_the_opinion_and_says_so_once(content, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(second_opinion, "_FOLDER", tmp_path)
    if content is not None:
        (tmp_path / "hey_jarvis.npz").write_bytes(content)
    assert load_opinions({"hey_jarvis": WakeWordSettings()}) == {}
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "install voiced again" in record.message


def test_pickled_weights_are_not_run(tmp_path, monkeypatch):
    monkeypatch.setattr(second_opinion, "_FOLDER", tmp_path)
    np.savez(tmp_path / "hey_jarvis.npz", kernel=np.array([print], object))
    with pytest.raises(OpinionError):
        load_opinion("hey_jarvis")


def say(text, voice, stretch):
    """Something said by flite, slower by some factor, in a quiet room; whole steps."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        command = ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch}", "-t", text, "-o", str(path)]
        subprocess.run(command, check=True)
        said = read_recording(path)
    whole = np.concatenate([np.zeros(40 * STEP, np.int16), said, np.zeros(14 * STEP, np.int16)])
    whole = np.clip(whole + np.random.default_rng(1).normal(0, 16, len(whole)), -32768, 32767).astype(np.int16)
    return whole[: len(whole) // STEP * STEP].reshape(-1, STEP)


@pytest.fixture(scope="module")
def engine(wake_models, tmp_path_factory):
    only = WakeModels(
        wake_models.melspectrogram, wake_models.embedding, {"hey_jarvis": wake_models.heads["hey_jarvis"]}
    )
    return Engine(only, tmp_path_factory.mktemp("graphs"))


def heard(engine, blocks, opinions):
    """How often a phrase wakes the speaker, and how often it is refused."""
    detector = Detector([("hey_jarvis", WakeWordSettings())], opinions)
    found = [
        detector.judge(engine.step(block).tolist(), (index + 1) * STEP, 0.0, engine.window)
        for index, block in enumerate(blocks)
    ]
    return len(wakes(found)), detector.statistics["hey_jarvis"].refused


@pytest.mark.parametrize(("voice", "stretch"), [("kal16", 1.0), ("awb", 1.0), ("rms", 1.0), ("slt", 1.2)])
def test_whole_phrase_is_heard_as_it_is_without_an_opinion(voice, stretch, engine):
    blocks = say("hey jarvis", voice, stretch)
    assert heard(engine, blocks, {}) == (1, 0)
    assert heard(engine, blocks, {"hey_jarvis": load_opinion("hey_jarvis")}) == (1, 0)


@pytest.mark.parametrize(
    ("text", "voice", "stretch"),
    [("jarvis", "kal16", 1.1), ("my jarvis", "kal16", 0.9), ("old jarvis", "kal16", 1.1), ("my jarvis", "slt", 1.3)],
)
def test_end_of_the_phrase_alone_wakes_only_without_the_opinion(text, voice, stretch, engine):
    blocks = say(text, voice, stretch)
    assert heard(engine, blocks, {}) == (1, 0)
    assert heard(engine, blocks, {"hey_jarvis": load_opinion("hey_jarvis")}) == (0, 1)


@given(at=st.integers(0, 2**16), mask=st.integers(1, 255))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_flipped_bits_in_the_weights_are_found_or_do_no_harm(at, mask, tmp_path, monkeypatch):
    content = bytearray(WEIGHTS)
    content[at % len(content)] ^= mask
    (tmp_path / "hey_jarvis.npz").write_bytes(content)
    monkeypatch.setattr(second_opinion, "_FOLDER", tmp_path)
    with contextlib.suppress(OpinionError):
        load_opinion("hey_jarvis").agrees(WINDOW)
