from hypothesis import given
from hypothesis import strategies as st

from voiced.wakeword.detector import IGNORED_STEPS, Detection, Detector, NearMiss
from voiced.wakeword.settings import WakeWordSettings
from voiced.wakeword.statistics import RISE, Cost

STEP = 1280


def run(scores, names=("word",), **settings):
    """Judge lists of scores, one for each word, after the warm-up; the detector and what it found."""
    detector = Detector([(name, WakeWordSettings(model=name, **settings)) for name in names])
    for index in range(IGNORED_STEPS):
        detector.judge([0.4 * (index < 9)] * len(names), index * STEP, 0.0)  # which counts nowhere
    found = [detector.judge(list(row), (IGNORED_STEPS + step) * STEP, 0.0) for step, row in enumerate(scores)]
    return detector, [judgement for judgement in found if isinstance(judgement, Detection | NearMiss)]


def one(scores, **settings):
    detector, found = run([[score] for score in scores], **settings)
    return detector.statistics["word"], found


def test_rise_that_comes_near_and_falls_again_is_one_near_miss_at_its_highest():
    counts, found = one([0.0, 0.1, 0.3, 0.4, 0.3, 0.0, 0.0])
    assert counts.near_misses == 1
    assert found == [NearMiss("word", 0.4, (IGNORED_STEPS + 3) * STEP)]
    assert counts.histogram == [0, 0, 0, 0, 1, 0, 0, 0, 0, 0]


def test_high_score_for_too_few_blocks_is_a_near_miss():
    counts, found = one([0.9, 0.0], frames=2)
    assert counts.near_misses == 1
    assert [type(judgement) for judgement in found] == [NearMiss]


def test_rise_that_stays_far_is_counted_in_the_histogram_only():
    counts, found = one([0.2, 0.0, 0.06, 0.0])
    assert (counts.near_misses, found) == (0, [])
    assert counts.histogram == [1, 0, 1, 0, 0, 0, 0, 0, 0, 0]


def test_scores_of_a_quiet_room_are_no_rise():
    counts, _ = one([0.001, RISE / 2] * 50)
    assert not any(counts.histogram)


def test_detection_is_no_near_miss_and_counts_once_however_long_it_rings_on():
    counts, found = one([0.6, 0.9, 0.99, 0.99, 0.7, 0.0])
    assert [type(judgement) for judgement in found] == [Detection]
    assert counts.near_misses == 0
    assert counts.histogram == [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]


def test_rise_within_the_refractory_time_is_no_near_miss():
    counts, _ = one([0.9, 0.9, 0.0, 0.4, 0.0])
    assert counts.near_misses == 0
    assert sum(counts.histogram) == 2


def test_score_of_one_is_in_the_last_bin():
    assert one([1.0, 0.0])[0].histogram[9] == 1


def test_word_that_rises_beside_the_one_that_was_heard_is_no_near_miss():
    detector, found = run([(0.4, 0.9), (0.4, 0.9), (0.4, 0.0), (0.0, 0.0)], ("low", "high"))
    assert [(type(judgement), judgement.word) for judgement in found] == [(Detection, "high")]
    assert detector.statistics["low"].near_misses == 0
    assert sum(detector.statistics["low"].histogram) == 1


def test_two_near_misses_at_once_are_both_counted_and_the_nearer_is_told():
    detector, found = run([(0.3, 0.4), (0.0, 0.0)], ("a", "b"))
    assert [judgement.word for judgement in found] == ["b"]
    assert [counts.near_misses for counts in detector.statistics.values()] == [1, 1]


def test_gap_in_the_sound_ends_a_rise():
    detector, _ = run([[0.4]])
    detector.interrupt()
    assert detector.statistics["word"].near_misses == 1
    detector.judge([0.0], 99 * STEP, 0.0)
    assert sum(detector.statistics["word"].histogram) == 1


@given(st.lists(st.floats(0, 1), max_size=100))
def test_every_rise_is_counted_exactly_once(scores):
    counts, found = one([*scores, 0.0], refractory_seconds=0.0)
    edges = sum(score >= RISE and before < RISE for before, score in zip([0.0, *scores], scores, strict=False))
    assert sum(counts.histogram) == edges
    assert counts.near_misses == sum(isinstance(judgement, NearMiss) for judgement in found) <= edges


def test_cost_knows_the_mean_and_the_slowest():
    cost = Cost()
    for seconds in (0.001, 0.003):
        cost.took(seconds)
    assert (cost.steps, cost.seconds, cost.slowest) == (2, 0.004, 0.003)
