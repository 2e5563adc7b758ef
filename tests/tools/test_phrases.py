import pytest
from hassil.parse_expression import parse_sentence
from hypothesis import given
from hypothesis import strategies as st

from voiced.tools.phrases import problems


@pytest.mark.parametrize(
    "phrase",
    [
        "turn {state} [the] {room}",
        "({room}|{state}) {room} {state}",
        "{0..100:level} {room} {state}",
        "{room:room} {state}",
    ],
)
def test_a_phrase_over_the_parameters_is_accepted(phrase: str) -> None:
    assert problems(phrase, ["room", "state", "level"], ["room", "state"]) == []


@pytest.mark.parametrize(
    ("phrase", "problem"),
    [
        ("{rom}", "{rom} is no parameter (did you mean 'room'?)"),
        ("{room:place}", "{place} is no parameter"),
        ("{places:room}", "{places} is no parameter"),
        ("[deep (nested|{rom})]", "{rom} is no parameter"),
    ],
)
def test_a_slot_that_is_no_parameter_is_named(phrase: str, problem: str) -> None:
    assert [problem in found for found in problems(phrase, ["room"], ["room"])] == [True]


@given(st.text(alphabet="ab {}[]()<>|:;\\."))
def test_any_text_is_accepted_or_explained(phrase: str) -> None:
    if not problems(phrase, ["a", "b", "ab"], []):
        parse_sentence(phrase)
