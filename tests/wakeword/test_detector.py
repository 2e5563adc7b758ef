from hypothesis import given
from hypothesis import strategies as st

from voiced.wakeword.detector import IGNORED_STEPS, Detection, Detector, Suspicion
from voiced.wakeword.settings import WakeWordSettings

STEP = 1280


def run(scores, **settings):
    """Judge one word's scores after the warm-up; the steps at which it was detected."""
    detector = Detector([("word", WakeWordSettings(model="word", **settings))])
    for index in range(IGNORED_STEPS):
        assert detector.judge([0.0], index * STEP, 0.0) is None
    found = [detector.judge([score], (IGNORED_STEPS + step) * STEP, 0.0) for step, score in enumerate(scores)]
    return [step for step, judgement in enumerate(found) if isinstance(judgement, Detection)]


def test_two_blocks_in_a_row_are_the_word():
    assert run([0.1, 0.9, 0.1, 0.9, 0.6, 0.1]) == [4]


def test_one_block_suffices_where_configured():
    assert run([0.1, 0.9, 0.1], frames=1) == [1]


def test_score_at_the_threshold_counts():
    assert run([0.5, 0.5], threshold=0.5) == [1]


def test_word_is_not_detected_again_within_the_refractory_time():
    assert run([0.9] * 60, refractory_seconds=2.0) == [1, 26, 51]


def test_first_steps_are_ignored():
    detector = Detector([("word", WakeWordSettings(model="word"))])
    found = [detector.judge([0.99], step * STEP, 0.0) for step in range(IGNORED_STEPS + 1)]
    assert found[:IGNORED_STEPS] == [None] * IGNORED_STEPS
    assert found[IGNORED_STEPS] is not None


def test_two_words_at_once_give_the_higher_score():
    words = [
        ("low", WakeWordSettings(model="low", frames=1)),
        ("high", WakeWordSettings(model="high", frames=1, persona="p")),
    ]
    detector = Detector(words)
    for step in range(IGNORED_STEPS):
        detector.judge([0, 0], step * STEP, 0.0)
    found = detector.judge([0.6, 0.8], 99 * STEP, 12.5)
    assert (found.word, found.persona, found.score, found.position, found.captured_at) == (
        "high",
        "p",
        0.8,
        99 * STEP,
        12.5,
    )


@given(st.lists(st.floats(0, 1), max_size=200), st.integers(1, 5), st.floats(0.1, 0.9))
def test_every_detection_rests_on_enough_blocks_in_a_row(scores, frames, threshold):
    for step in run(scores, frames=frames, threshold=threshold):
        rise = scores[step - frames + 1 : step + 1]
        while step - len(rise) >= 0 and scores[step - len(rise)] >= threshold / 2:
            rise = scores[step - len(rise) : step + 1]
        assert len(rise) >= frames
        assert min(rise) >= threshold / 2
        assert max(rise) >= threshold


def test_word_whose_score_rises_over_one_block_only_is_heard_at_once_where_its_neighbour_supports_it():
    assert run([0.1, 0.3, 0.9, 0.1], frames=2, threshold=0.5) == [2]
    assert run([0.1, 0.9, 0.3, 0.1], frames=2, threshold=0.5) == [2]
    assert run([0.1, 0.2, 0.9, 0.2], frames=2, threshold=0.5) == []


def test_rising_score_is_suspicious_before_it_is_certain():
    detector = Detector([("word", WakeWordSettings(model="word", persona="chef"))])
    for step in range(IGNORED_STEPS):
        assert detector.judge([0.9], step * STEP, 0.0) is None
    after = IGNORED_STEPS * STEP
    assert detector.judge([0.2], after, 0.0) is None
    assert detector.judge([0.3], after, 0.0) == Suspicion("word", "chef", 0.3)
    assert detector.judge([0.4], after, 0.0) == Suspicion("word", "chef", 0.4)
    assert isinstance(detector.judge([0.9], after, 0.0), Detection)
    assert detector.judge([0.9], after, 0.0) is None, "the refractory time silences suspicions too"


def test_own_voice_needs_a_higher_score_for_longer_to_wake_the_speaker():
    detector = Detector([("word", WakeWordSettings(model="word"))])
    for step in range(IGNORED_STEPS):
        detector.judge([0.0], step * STEP, 0.0)
    detector.playing = True
    after = IGNORED_STEPS * STEP
    for score in (0.7, 0.7, 0.7, 0.9, 0.9):
        assert not isinstance(detector.judge([score], after, 0.0), Detection)
    assert isinstance(detector.judge([0.9], after, 0.0), Detection)


def test_threshold_of_the_owner_is_never_lowered_while_playing():
    detector = Detector([("word", WakeWordSettings(model="word", threshold=0.95, frames=1))])
    for step in range(IGNORED_STEPS):
        detector.judge([0.0], step * STEP, 0.0)
    detector.playing = True
    for _ in range(5):
        assert not isinstance(detector.judge([0.9], IGNORED_STEPS * STEP, 0.0), Detection)
