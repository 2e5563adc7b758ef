import itertools

from hypothesis import given
from hypothesis import strategies as st

from voiced.cascade.timing import SILENCE, Word, visemes_of, words_in


@given(st.text(max_size=60), st.floats(0, 10_000), st.floats(0, 10_000))
def test_the_words_fill_their_stretch_without_a_gap(text, start_ms, duration_ms):
    words = list(words_in(text, start_ms, duration_ms))
    assert [word.text for word in words] == text.split()
    for earlier, later in itertools.pairwise(words):
        assert earlier.offset_ms + earlier.duration_ms == later.offset_ms
    if words:
        assert words[0].offset_ms == round(start_ms)
        assert words[-1].offset_ms + words[-1].duration_ms == round(start_ms + duration_ms)


def test_longer_words_take_longer():
    short, long = words_in("a telephone", 0, 1000)
    assert (short.duration_ms, long.duration_ms) == (100, 900)


def test_mouth_shapes_follow_the_letters_within_the_word():
    visemes = list(visemes_of(Word("Shoe!", 100, 300)))
    assert [viseme.viseme_id for viseme in visemes] == [16, 8, 4]
    assert [viseme.offset_ms for viseme in visemes] == [100, 200, 300]


def test_the_mouth_rests_where_there_are_no_letters():
    assert [viseme.viseme_id for viseme in visemes_of(Word("42", 0, 200))] == [SILENCE]
