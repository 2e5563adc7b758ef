import pytest

from voiced.cascade.spoken import number_words, spoken_words


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "zero"), (13, "thirteen"), (40, "forty"), (25, "twenty five"), (100, "one hundred"), (-7, "minus seven"),
     (999, "nine hundred ninety nine")],
)  # fmt: skip
def test_a_number_is_spelled(number, words):
    assert " ".join(number_words(number)) == words


def test_a_number_too_large_is_refused():
    with pytest.raises(ValueError, match="1001"):
        number_words(1001)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Living_Room 2", "living room two"),
        ("don\u2019t!", "don't"),
        ("half-open", "half open"),
        ("4711", "four seven one one"),
        ("\u00b2", ""),
    ],
)
def test_a_text_becomes_what_is_said(text, words):
    assert " ".join(spoken_words(text)) == words
