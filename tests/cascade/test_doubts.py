import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.cascade.decoding import Word
from voiced.cascade.doubts import compare, distance

SPELLING = {"stop": "S T AA P", "music": "M Y UW Z IH K"}
STOP = [Word("<sil>", 0, 19, -1.0), Word("stop", 20, 59, -4.0), Word("<sil>", 60, 79, -1.0)]
PHONES = st.lists(st.sampled_from(["AA", "P", "T", "S", "M", "L"]), max_size=8)


def phones(*texts, score=-1.0):
    each = 40 // len(texts)
    spoken = [Word(f"+{text}+", 20 + each * at, 19 + each * (at + 1), score) for at, text in enumerate(texts)]
    return [Word("<sil>", 0, 19, -1.0), *spoken, Word("<sil>", 60, 79, -1.0)]


def test_a_sentence_that_explains_the_sound_as_well_as_its_own_phones_is_no_stranger():
    evidence = compare(STOP, phones("S", "T", "AA", "P"), SPELLING.get)
    assert evidence.fit == pytest.approx(0)
    assert evidence.strangeness == 0
    assert evidence.belief() > 0


def test_a_sentence_that_explains_the_sound_worse_is_believed_less():
    alike = compare(STOP, phones("S", "T", "AA", "P"), SPELLING.get)
    worse = compare(STOP, phones("S", "T", "AA", "P", score=-0.9), SPELLING.get)
    assert worse.fit == pytest.approx(-10)
    assert worse.belief() < 0 < alike.belief()


def test_a_sentence_of_other_phones_is_believed_less():
    others = compare(STOP, phones("M", "L", "M", "IY"), SPELLING.get)
    assert others.strangeness > 0.8
    assert others.belief() < compare(STOP, phones("S", "T", "AA", "P"), SPELLING.get).belief()


def test_the_worst_stretch_counts_where_the_mean_is_good():
    sentence = [Word("stop", 0, 99, -10.0), Word("music", 100, 139, -8.0)]
    free = [Word("+S+", 0, 99, -12.0), Word("+M+", 100, 139, -4.0)]
    evidence = compare(sentence, free, SPELLING.get)
    assert evidence.worst == pytest.approx(-100)
    assert evidence.fit > evidence.worst + 50


def test_without_speech_nothing_is_believed():
    silence = [Word("<sil>", 0, 99, -1.0)]
    assert compare(silence, silence, SPELLING.get).belief() == -math.inf
    assert compare([], [], SPELLING.get).belief() == -math.inf


@given(PHONES, PHONES, PHONES)
def test_the_distance_of_phones_is_one(first, second, third):
    assert distance(first, first) == 0
    assert distance(first, second) == pytest.approx(distance(second, first))
    assert distance(first, third) <= distance(first, second) + distance(second, third) + 1e-9
