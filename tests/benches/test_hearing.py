import numpy as np
import pytest
from benches.conditions import Place, Stream, quiet
from benches.hearing import Wake, missed, scores_of_ours, wakes, wakes_of_the_product
from benches.lean import lean
from benches.speech import say
from benches.wake import _delays

from voiced.wakeword.engine import STEP, Engine
from voiced.wakeword.models import find_models


@pytest.fixture(scope="module")
def jarvis():
    return find_models(["hey_jarvis"])


@pytest.fixture(scope="module")
def speech():
    """Hiss and a wake word in whole blocks."""
    phrase = say("hey jarvis", "flite", "kal16")
    silences = np.zeros(3 * 16_000, np.int16), np.zeros(2 * 16_000, np.int16)
    samples = quiet(np.concatenate([silences[0], phrase, silences[1]])).samples
    return samples[: len(samples) // STEP * STEP]


def test_lean_form_scores_as_the_engine_does(jarvis, speech, tmp_path):
    engine, step = Engine(jarvis, tmp_path), lean(jarvis)
    sound = speech.reshape(-1, STEP)
    found = np.array([(engine.step(block)[0], step(block)[0]) for block in sound])[32:]
    assert found.max() > 0.9, "the recording has the word, or the comparison means nothing"
    assert np.array_equal(found[:, 0].astype(np.float32), found[:, 1].astype(np.float32))


def test_the_daemon_hears_what_its_rule_makes_of_the_scores(jarvis, speech, tmp_path):
    expected = wakes(scores_of_ours(jarvis, tmp_path, speech), jarvis, 2)
    assert len(expected) == 1
    assert wakes_of_the_product(jarvis, tmp_path, speech) == expected


def test_word_is_missed_where_no_wake_of_its_own_falls_into_its_place():
    places = [Place("a", 100, 200), Place("b", 300, 400), Place("a", 500, 600)]
    stream = Stream(np.zeros(700, np.int16), places)
    assert missed([Wake("a", 150), Wake("a", 350), Wake("b", 550)], stream) == 2


def test_delay_is_from_the_phrases_end_and_none_where_nobody_woke():
    second = 16_000
    found = [Wake("hey_jarvis", 4 * second + 1600), Wake("hey_jarvis", 15 * second)]
    assert _delays(found, [4 * second, 10 * second]) == [100.0, None]
