import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiced.cascade.turns import LONGEST_TURN_MS, RATE, Edge, TurnDetector, TurnRules


def noise(seconds, dbfs=-60.0, seed=1):
    return np.random.default_rng(seed).normal(size=int(seconds * RATE)) * 32768 * 10 ** (dbfs / 20)


def mixed(*parts):
    return np.clip(np.concatenate(parts), -32768, 32767).astype(np.int16)


def speech(seconds, dbfs=-20.0):
    return noise(seconds, dbfs, seed=2)


def turns(sound, rules=None, piece=None):
    detector = TurnDetector(rules or TurnRules())
    step = piece or len(sound)
    found = [edge for start in range(0, len(sound), step) for edge in detector.process(sound[start : start + step])]
    return [(edge.edge, edge.at * 1000 // RATE) for edge in found]


def ends(found):
    return [(edge, at) for edge, at in found if edge in (Edge.STARTED, Edge.STOPPED)]


def test_a_turn_starts_with_its_padding_and_stops_after_the_silence():
    found = turns(mixed(noise(1), speech(1), noise(1)))
    assert [edge for edge, _ in found] == [Edge.STARTED, Edge.PAUSED, Edge.STOPPED]
    assert dict(found)[Edge.STARTED] == pytest.approx(600, abs=30)
    assert dict(found)[Edge.PAUSED] == pytest.approx(2200, abs=60)
    assert dict(found)[Edge.STOPPED] == pytest.approx(2500, abs=60)


def test_speech_that_is_under_way_when_the_sound_begins_is_found():
    assert ends(turns(mixed(speech(1), noise(1))))[0] == (Edge.STARTED, 0)


@pytest.mark.parametrize("dbfs", [-60, -50, -40])
def test_steady_noise_is_no_speech_and_hides_none(dbfs):
    assert turns(mixed(noise(5, dbfs))) == []
    found = ends(turns(mixed(noise(2, dbfs), speech(1), noise(2, dbfs))))
    assert [edge for edge, _ in found] == [Edge.STARTED, Edge.STOPPED]


def test_noise_that_grows_becomes_the_new_floor():
    found = ends(turns(mixed(noise(2, -65), noise(8, -35), speech(1, -12), noise(1, -35))))
    assert found[-2][0] is Edge.STARTED
    assert found[-2][1] == pytest.approx(9600, abs=100)


def test_clicks_are_no_speech():
    click = mixed(noise(0.3), speech(0.02, -6), noise(0.09), speech(0.02, -6), noise(0.3))
    assert turns(np.tile(click, 5)) == []


def test_an_offset_of_the_microphone_is_no_speech():
    assert turns(mixed(noise(3) + 3000)) == []


def test_a_short_pause_does_not_end_the_turn():
    found = turns(mixed(noise(1), speech(0.5), noise(0.4), speech(0.5), noise(1)))
    assert [edge for edge, _ in found] == [Edge.STARTED, Edge.PAUSED, Edge.RESUMED, Edge.PAUSED, Edge.STOPPED]


def test_the_numbers_of_the_rules_hold():
    rules = TurnRules(prefix_padding_ms=100, silence_duration_ms=1000, speech_duration_ms=600)
    assert turns(mixed(noise(1), speech(0.5), noise(1)), rules) == []
    found = ends(turns(mixed(noise(1), speech(1), noise(0.9), speech(0.5), noise(2)), rules))
    assert [at for _, at in found] == [pytest.approx(900, abs=30), pytest.approx(4400, abs=60)]


def test_a_higher_threshold_wants_louder_speech():
    sound = mixed(noise(1, -50), speech(1, -39), noise(1, -50))
    assert turns(sound, TurnRules(threshold=0.3))
    assert turns(sound, TurnRules(threshold=1.0)) == []


def test_a_turn_without_end_is_cut():
    alternating = mixed(*[part for _ in range(90) for part in (speech(0.3), noise(0.1))])
    found = ends(turns(alternating))
    assert found[1][1] - found[0][1] == pytest.approx(LONGEST_TURN_MS, abs=500)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 5000))
def test_turns_do_not_depend_on_the_pieces_the_sound_comes_in(piece):
    sound = mixed(noise(0.7), speech(0.5), noise(0.8))
    assert turns(sound, piece=piece) == turns(sound)


def test_a_patience_holds_for_the_present_quiet_only():
    detector = TurnDetector(TurnRules())
    list(detector.process(mixed(noise(1), speech(1), noise(0.1))))
    assert detector.quiet_since == pytest.approx(2.02 * RATE, abs=0.02 * RATE)
    detector.patience_ms = 150
    (stopped,) = detector.process(mixed(noise(0.3)))
    assert stopped.edge is Edge.STOPPED
    assert stopped.at == pytest.approx(2.17 * RATE, abs=0.03 * RATE)
    list(detector.process(mixed(noise(1), speech(1), noise(0.1))))
    detector.patience_ms = 150
    found = [edge.edge for edge in detector.process(mixed(speech(0.3), noise(0.4)))]
    assert found == [Edge.RESUMED, Edge.PAUSED]
    assert detector.patience_ms is None
