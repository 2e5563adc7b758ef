import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiced.wakeword.calibration import THRESHOLDS, expect, peak, rate, recommend, share
from voiced.wakeword.scoring import STEP_SECONDS
from voiced.wakeword.settings import WakeWordSettings

WORD = WakeWordSettings(frames=2)
CHANCES = st.floats(0, 1, width=32)


def room(minutes=2.0, *, reaching=0.05):
    scores = np.zeros(round(minutes * 60 / STEP_SECONDS), np.float32)
    scores[100:103] = reaching
    return scores


def test_peak_is_the_highest_threshold_with_enough_frames_in_a_row():
    scores = np.array([0, 0.99, 0.4, 0.6, 0.7, 0], np.float32)
    assert peak(scores, 1) == pytest.approx(0.99)
    assert peak(scores, 2) == pytest.approx(0.8)
    assert peak(scores, 7) == 0


def test_clear_words_in_a_quiet_room_need_no_extremes():
    found = recommend([0.99, 0.97, 0.98], room(), WORD)
    assert 0.4 <= found.best.threshold <= 0.7
    assert found.separable
    assert (found.best.missed.times, found.best.false_wakes.times) == (0, 0)


def test_weak_samples_lower_the_threshold():
    found = recommend([0.45, 0.9, 0.8], room(reaching=0.05), WORD)
    assert found.best.threshold <= 0.45
    assert found.best.missed.times == 0
    assert found.present.missed.times == 1


def test_a_loud_room_raises_it():
    found = recommend([0.99, 0.97, 0.98], room(reaching=0.7), WORD)
    assert 0.7 < found.best.threshold <= 0.97
    assert found.best.false_wakes.times == 0
    assert found.present.false_wakes.times == 1


def test_room_louder_than_the_word_is_told():
    found = recommend([0.3, 0.99, 0.99, 0.99], room(reaching=0.5), WORD)
    assert not found.separable
    assert (found.best.missed.times, found.best.false_wakes.times) == (1, 0)


def test_without_a_room_the_default_stands_where_it_catches_everything():
    found = recommend([0.9, 0.8], np.zeros(0, np.float32), WORD)
    assert found.best.threshold == 0.5
    assert found.best.false_wakes is None
    assert recommend([0.9, 0.42], np.zeros(0, np.float32), WORD).best.threshold == 0.42


def test_no_sample_is_nothing_to_go_by():
    with pytest.raises(ValueError, match="no sample"):
        recommend([], room(), WORD)


@settings(max_examples=20, deadline=None)
@given(st.lists(CHANCES, min_size=1, max_size=8), st.lists(CHANCES, max_size=40))
def test_no_other_threshold_does_less_harm(samples, room_scores):
    scores = np.array(room_scores, np.float32)

    def harm(expectation):
        return expectation.missed.rate + (expectation.false_wakes.rate if expectation.false_wakes else 0)

    found = recommend(samples, scores, WORD)
    assert found.best.threshold in THRESHOLDS
    assert harm(found.best) <= min(harm(expect(samples, scores, WORD, other)) for other in THRESHOLDS) + 1e-6


def test_nothing_in_n_is_bounded_by_the_rule_of_three():
    assert share(0, 100).at_most == pytest.approx(3 / 100, rel=0.02)
    assert share(0, 5).at_most == pytest.approx(1 - 0.05**0.2)
    assert rate(0, 2.0).at_most == pytest.approx(3 / 2, rel=0.01)


def test_bounds_equal_the_tables():
    # exact one-sided 95 % limits: binomial 1 of 10, Poisson 3 events
    assert share(1, 10).at_most == pytest.approx(0.3942, abs=1e-4)
    assert rate(3, 1.0).at_most == pytest.approx(7.7537, abs=1e-3)


@given(st.integers(1, 60), st.data())
def test_bounds_are_above_what_was_counted(of, data):
    times = data.draw(st.integers(0, of))
    assert times / of <= share(times, of).at_most <= 1
    assert rate(times, 0.5).rate < rate(times, 0.5).at_most


def test_thousands_of_wakes_have_a_bound_too():
    assert 20_000 < rate(10_000, 0.5).at_most < 21_000
