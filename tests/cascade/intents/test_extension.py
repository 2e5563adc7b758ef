"""What a client of ours tells in a function's JSON Schema beyond the protocol."""

import pytest

from voiced.cascade.grammar import Call, Plain, build_grammar

DOOR = {
    "type": "object",
    "properties": {"side": {"type": "string", "enum": ["left", "right"]}},
    "x-phrases": ["open the {side} door"],
    "x-words": {"side": {"near": "left"}},
}


def understood(words, parameters, phrases=None):
    tool = {"type": "function", "name": "door", "parameters": parameters}
    return build_grammar([tool], phrases or {}, lambda _: True).understand(words.split())


def test_a_tool_s_own_phrases_and_words_are_understood():
    assert understood("open the near door", DOOR) == Call("door", {"side": "left"})
    assert understood("open the right door", DOOR) == Call("door", {"side": "right"})


def test_they_are_understood_beside_those_that_the_service_was_started_with():
    phrases = {"door": ["shut the {side} door"]}
    assert understood("shut the near door", DOOR, phrases) == Call("door", {"side": "left"})
    assert understood("open the near door", DOOR, phrases) == Call("door", {"side": "left"})


def test_yes_and_no_are_heard_only_by_whom_a_tool_may_ask():
    assert understood("yes please", DOOR | {"x-confirm": True}) == Plain("All right.")
    assert understood("no", DOOR | {"x-confirm": True}) == Plain("All right.")
    assert understood("yes please", DOOR) is None


@pytest.mark.parametrize(
    "broken", [{"x-phrases": "open"}, {"x-phrases": [3]}, {"x-words": [1]}, {"x-words": {"side": 3}}]
)
def test_what_is_no_extension_of_ours_is_left_alone(broken):
    assert understood("open", DOOR | broken) is None
