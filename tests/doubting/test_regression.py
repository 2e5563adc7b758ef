import math
from dataclasses import replace

import numpy as np
import pytest
from doubting.regression import Example, fitted, judged_by_others, ranked

from voiced.cascade.doubts import Evidence, Weights

TRUE = Weights(fit=2.0, worst=1.0, strangeness=-3.0, bias=4.0)
VOICES = ("a", "b", "c", "d")


def drawn(count, *, weights=TRUE, seed=1):
    """Examples of which the beliefs by these weights are right: one of -1 is true of 27 % of what has it."""
    rng = np.random.default_rng(seed)
    found = []
    for index in range(count):
        evidence = Evidence(rng.normal(-1, 1), rng.normal(-2, 1), rng.uniform(0, 1))
        said = rng.random() < 1 / (1 + math.exp(-evidence.belief(weights)))
        found.append(Example(VOICES[index % len(VOICES)], None, bool(said), evidence))
    return found


def test_the_weights_that_made_the_examples_are_found():
    found = fitted(drawn(20_000))
    assert found.fit == pytest.approx(TRUE.fit, rel=0.1)
    assert found.worst == pytest.approx(TRUE.worst, rel=0.1)
    assert found.strangeness == pytest.approx(TRUE.strangeness, rel=0.1)
    # other sentences count twice, so all is believed less, by the logarithm of that
    middle = Evidence(-1.0, -2.0, 0.5)
    assert middle.belief(found) == pytest.approx(middle.belief(TRUE) - math.log(2), abs=0.15)


def test_evidence_that_parts_the_kinds_leaves_the_weights_finite():
    good = [Example("a", None, said=True, evidence=Evidence(0.0, -1.0, 0.2))] * 5
    bad = [Example("b", None, said=False, evidence=Evidence(-3.0, -5.0, 0.9))] * 5
    found = fitted([*good, *bad])
    assert good[0].evidence.belief(found) > 1 > -1 > bad[0].evidence.belief(found)
    assert all(abs(weight) < 10 for weight in (found.fit, found.worst, found.strangeness))


@pytest.mark.parametrize("said", [True, False])
def test_one_kind_of_examples_is_not_enough(said):
    with pytest.raises(ValueError, match="only one kind"):
        fitted([replace(each, said=said) for each in drawn(20)])


def test_no_voice_has_a_say_in_its_own_judgement():
    examples = drawn(400)
    lying = [replace(each, said=not each.said) if each.voice == "a" else each for each in examples]
    own = [index for index, each in enumerate(examples) if each.voice == "a"]
    honest, lied = judged_by_others(examples, examples), judged_by_others(lying, lying)
    assert [honest[index] for index in own] == [lied[index] for index in own]
    assert honest != lied


def test_what_is_asked_about_need_not_be_learnt_from():
    examples = drawn(400)
    asked = [replace(examples[0], evidence=Evidence(1.0, 0.0, 0.0)), replace(examples[0], voice="new")]
    beliefs = judged_by_others(examples, asked)
    assert beliefs[0] > beliefs[1]
    assert beliefs[1] == examples[0].evidence.belief(fitted(examples))


def test_order_is_told_by_pairs():
    assert ranked([3.0, 2.0], [1.0, 0.0]) == 1.0
    assert ranked([0.0, 3.0], [1.0, 2.0]) == 0.5
    assert ranked([1.0], [1.0]) == 0.5
    with pytest.raises(ValueError, match="only one kind"):
        ranked([], [1.0])
