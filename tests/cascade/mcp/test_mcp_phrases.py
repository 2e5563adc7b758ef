import pytest

from voiced.cascade.grammar import build_grammar
from voiced.cascade.mcp.phrases import phrases_for

ROOM = {"type": "object", "properties": {"room": {"enum": ["kitchen", "hall"]}, "note": {"type": "string"}}}


def understood(sentence, label="my-books", tool="find_book", schema=None):
    function = {"type": "function", "name": "x", "parameters": schema or {}}
    grammar = build_grammar([function], {"x": phrases_for(label, tool, schema or {})}, lambda _: True)
    meaning = grammar.understand(sentence.split())
    return None if meaning is None else dict(meaning.arguments)


@pytest.mark.parametrize("sentence", ["use find book", "run the find book tool", "call find book from my books"])
def test_a_tool_is_meant_by_its_name(sentence):
    assert understood(sentence) == {}


def test_values_that_are_on_a_list_can_be_said():
    assert understood("use find book with hall", schema={**ROOM, "required": ["room"]}) == {"room": "hall"}
    assert understood("use find book", schema={**ROOM, "required": ["room"]}) is None


def test_what_needs_free_text_can_not_be_said():
    assert phrases_for("books", "find_book", {**ROOM, "required": ["room", "note"]}) == []
    assert phrases_for("books", "find_book", {**ROOM, "required": ["nothing"]}) == []


@pytest.mark.parametrize("tool", ["---", "", "日本(語"])
def test_a_name_that_is_no_sentence_breaks_nothing(tool):
    assert understood("use", tool=tool) is None
