import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.wakeword.detector import IGNORED_STEPS, Detection, Detector
from voiced.wakeword.engine import PRIMING_STEPS, STEP, Engine
from voiced.wakeword.models import WakeModels
from voiced.wakeword.scoring import STEP_SECONDS, hear, score, sustained, wakes
from voiced.wakeword.settings import WakeWordSettings

WORD = WakeWordSettings(threshold=0.5, frames=2, refractory_seconds=0.8)
SCORES = st.lists(st.floats(0, 1, width=32), max_size=60).map(lambda values: np.array(values, np.float32))


def at(*steps, of=40, value=0.9):
    scores = np.zeros(of, np.float32)
    scores[list(steps)] = value
    return scores


def test_sustained_is_the_highest_of_the_last_frames_or_twice_their_lowest():
    found = sustained(np.array([0.1, 0.9, 0.8, 0.2], np.float32), 2)
    assert found.tolist() == pytest.approx([0, 0.2, 0.9, 0.4])


@given(SCORES, st.integers(1, 12), st.floats(0.015625, 0.984375, width=32))
def test_word_would_be_heard_at_just_the_thresholds_up_to_sustaineds_highest(scores, frames, threshold):
    word = WakeWordSettings(threshold=threshold, frames=frames)
    detector = Detector([("word", word)])
    for step in range(IGNORED_STEPS):
        detector.judge([0.0], step, 0.0)
    woken = [isinstance(detector.judge([value], 0, 0.0), Detection) for value in scores.tolist()]
    assert any(woken) == bool(sustained(scores, frames).max(initial=0.0) >= threshold)


class Says:
    """An engine whose scores for the one word are given, once silence was heard."""

    names = ("word",)
    window = np.zeros((1, 16, 96), np.float32)

    def __init__(self, scores):
        self._scores = iter([0.0] * PRIMING_STEPS + scores.tolist())

    def step(self, block):
        assert block.shape == (STEP,)
        return np.array([next(self._scores, 0.0)], np.float32)


class Refuses:
    def agrees(self, window):
        return False


def heard(scores, opinions=None):
    found = hear(Says(scores), np.zeros(len(scores) * STEP, np.int16), {"word": WORD}, opinions)
    assert np.array_equal(found.scores[: len(scores), 0], scores)
    return found


def test_the_detectors_own_judgement_is_given():
    (found,) = heard(at(10, 11, 12)).heard["word"]
    assert found.at == pytest.approx(12 * STEP_SECONDS)
    assert found.score == pytest.approx(0.9)


def test_what_the_second_opinion_refuses_is_told_and_not_heard():
    found = heard(at(10, 11, 12), {"word": Refuses()})
    assert found.heard["word"] == []
    assert found.refused == {"word"}
    assert heard(at(10, 11, 12)).refused == frozenset()


def test_a_single_frame_is_no_wake_where_two_are_asked_for():
    assert heard(at(10, 12)).heard["word"] == []
    assert wakes(at(10, 12), 0.5, WORD) == 0


def test_the_first_steps_of_a_recording_count():
    assert heard(at(0, 1)).heard["word"][0].at == pytest.approx(2 * STEP_SECONDS)


def test_wakes_are_the_refractory_time_apart():
    long = at(*range(10, 31))
    assert wakes(long, 0.5, WORD) == 2
    assert wakes(long, 0.95, WORD) == 0


def test_recordings_are_scored_as_if_nothing_was_heard_before(wake_models, speech, tmp_path):
    alexa = WakeModels(wake_models.melspectrogram, wake_models.embedding, {"alexa": wake_models.heads["alexa"]})
    engine = Engine(alexa, tmp_path)
    first = score(engine, speech[:150_000])
    assert first.max() > 0.6, "the recording has the word, or the comparison means nothing"
    for _ in range(2):
        found = hear(engine, speech[:150_000], {"alexa": WakeWordSettings(model="alexa")})
        assert np.array_equal(found.scores, first)
    assert len(found.heard["alexa"]) == 1


@pytest.mark.parametrize("samples", [0, 1, 1279, 1281])
def test_short_recordings_are_filled_up_with_silence(wake_models, tmp_path, samples):
    engine = Engine(WakeModels(wake_models.melspectrogram, wake_models.embedding, wake_models.heads), tmp_path)
    scores = score(engine, np.zeros(samples, np.int16))
    assert scores.shape == (10 + -(-samples // 1280), len(engine.names))
    assert scores.max() < 0.1
