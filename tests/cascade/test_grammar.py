import contextlib
import itertools
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.cascade.grammar import END_CONVERSATION, GOODBYE, Call, Change, Plain, Several, Standing, build_grammar
from voiced.cascade.templates import TemplateError, parse_template


def knows(word):
    return word != "xyzzy"


def grammar(phrase, **properties):
    tool = {"type": "function", "name": "t", "parameters": {"type": "object", "properties": properties}}
    return build_grammar([tool], {"t": [phrase]}, knows)


def accepts(built, words):
    return built.standing(words) in (Standing.COMPLETE, Standing.CONTINUABLE)


def sequences(automaton, state=0, said=()):
    if state in automaton.ends:
        yield list(said)
    for word, target in automaton.steps[state].items():
        yield from sequences(automaton, target, (*said, word))


@pytest.mark.parametrize(
    ("said", "call"),
    [
        ("turn on the kitchen light", {"state": "on", "room": "kitchen"}),
        ("switch off living room lamp", {"state": "off", "room": "living_room"}),
        ("please turn on the kitchen light please", {"state": "on", "room": "kitchen"}),
    ],
)
def test_a_sentence_of_the_template_becomes_the_call(tools, phrases, said, call):
    assert build_grammar(tools, phrases, knows).understand(said.split()) == Call("set_light", call)


@pytest.mark.parametrize(
    "said", ["", "turn on", "turn on the kitchen", "turn on the garage light", "on the kitchen light"]
)
def test_another_sentence_is_not_understood(tools, phrases, said):
    assert build_grammar(tools, phrases, knows).understand(said.split()) is None


@pytest.mark.parametrize(
    ("said", "level"), [("fifty", 50), ("one hundred", 100), ("a hundred", 100), ("twenty five", 25)]
)
def test_a_number_is_given_as_number(tools, phrases, said, level):
    heard = f"set the volume to {said} percent".split()
    assert build_grammar(tools, phrases, knows).understand(heard) == Call("set_volume", {"level": level})


def test_a_number_beyond_the_limits_is_not_understood():
    built = grammar("set it to {n}", n={"type": "integer", "minimum": 5, "maximum": 7})
    assert built.understand(["set", "it", "to", "seven"]) == Call("t", {"n": 7})
    assert built.understand(["set", "it", "to", "eight"]) is None


@pytest.mark.parametrize(
    "said",
    [
        "turn on the kitchen light and set the volume to ten percent",
        "please turn on the kitchen light then please set volume to ten thanks",
        "and turn on the kitchen light and then set volume to ten",
    ],
)
def test_several_commands_become_several_calls(tools, phrases, said):
    light = Call("set_light", {"state": "on", "room": "kitchen"})
    volume = Call("set_volume", {"level": 10})
    assert build_grammar(tools, phrases, knows).understand(said.split()) == Several((light, volume))


def test_more_than_three_commands_are_not_understood(tools, phrases):
    built = build_grammar(tools, phrases, knows)
    assert isinstance(built.understand(" and ".join(["stop the music"] * 3).split()), Several)
    assert built.understand(" and ".join(["stop the music"] * 4).split()) is None


def test_a_farewell_is_no_part_of_several_commands(tools, phrases):
    assert build_grammar(tools, phrases, knows).understand(["stop", "the", "music", "and", "goodbye"]) is None


@pytest.mark.parametrize(
    "said",
    ["now the living room", "and the living room too", "what about the living room lamp", "now in the living room"],
)
def test_a_change_repeats_the_last_call_with_another_value(tools, phrases, said):
    change = build_grammar(tools, phrases, knows).understand(said.split())
    last = Call("set_light", {"state": "off", "room": "kitchen"})
    assert isinstance(change, Change)
    assert change.of(last) == Call("set_light", {"state": "off", "room": "living_room"})
    assert change.of(Call("set_volume", {"level": 4})) is None
    assert change.of(None) is None


def test_a_value_of_two_parameters_changes_neither():
    built = grammar("mix {a} with {b}", a={"enum": ["red", "blue"]}, b={"enum": ["red", "green"]})
    last = Call("t", {"a": "blue", "b": "green"})
    assert built.understand(["now", "red"]).of(last) is None
    assert built.understand(["now", "green"]).of(last) == last


def test_a_change_in_the_same_turn_changes_the_command_before(tools, phrases):
    said = ["turn", "off", "the", "kitchen", "light", "and", "the", "living", "room", "too"]
    kitchen, living_room = (Call("set_light", {"state": "off", "room": room}) for room in ("kitchen", "living_room"))
    assert build_grammar(tools, phrases, knows).understand(said) == Several((kitchen, living_room))


@pytest.mark.parametrize(
    ("said", "standing"),
    [
        ("", Standing.UNFINISHED),
        ("please turn on the", Standing.UNFINISHED),
        ("turn on the kitchen light", Standing.COMPLETE),
        ("turn on the kitchen light please", Standing.COMPLETE),
        ("turn on the kitchen light and", Standing.UNFINISHED),
        ("set the volume to ten", Standing.CONTINUABLE),
        ("set the volume to ten percent", Standing.COMPLETE),
        ("set the table", Standing.FOREIGN),
    ],
)
def test_the_standing_tells_how_far_a_turn_has_come(tools, phrases, said, standing):
    assert build_grammar(tools, phrases, knows).standing(said.split()) is standing


def test_further_words_for_a_value_are_understood():
    tool = {"type": "function", "name": "t", "parameters": {"properties": {"room": {"enum": ["kitchen"]}}}}
    given = {"phrases": ["light the {room}"], "words": {"room": {"cooking room": "kitchen", "xyzzy": "kitchen"}}}
    built = build_grammar([tool], {"t": given}, knows)
    for said in ("kitchen", "cooking room"):
        assert built.understand(f"light the {said}".split()) == Call("t", {"room": "kitchen"})


@pytest.mark.parametrize("said", ["goodbye", "that is all", "never mind", "stop"])
def test_a_farewell_hangs_up_where_the_client_offers_that(said):
    hang_up = {"type": "function", "name": END_CONVERSATION, "parameters": {"type": "object", "properties": {}}}
    assert build_grammar([hang_up], {}, knows).understand(said.split()) == Call(END_CONVERSATION, {})


@pytest.mark.parametrize("said", ["goodbye", "never mind", "stop"])
def test_a_farewell_needs_no_tool(said):
    assert build_grammar([], {}, knows).understand(said.split()) == Plain(GOODBYE)


@pytest.mark.parametrize(
    ("phrase", "properties", "complaint"),
    [
        ("say {what}", {"what": {"type": "string"}}, "lists no values"),
        ("say {what}", {}, "not a parameter"),
        ("say (this", {}, "not a sentence template"),
        ("say <rule>", {}, "rules are not known"),
        ("say xyzzy", {}, "xyzzy"),
        ("say pre{what}", {"what": {"enum": ["a"]}}, "touches"),
    ],
)
def test_a_phrase_that_cannot_be_used_is_left_out_with_a_warning(caplog, phrase, properties, complaint):
    with caplog.at_level(logging.WARNING):
        built = grammar(phrase, **properties)
    assert complaint in caplog.text
    assert {sentence.meaning({}) for sentence in built.sentences} == {Plain(GOODBYE)}


def test_a_value_without_pronunciation_is_left_out_and_named(caplog):
    built = grammar("say {what}", what={"enum": ["hello", "xyzzy"]})
    assert built.understand(["say", "hello"]) == Call("t", {"what": "hello"})
    assert built.understand(["say", "xyzzy"]) is None
    assert "xyzzy" in caplog.text


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("light[s] on", "lights on"),
        ("(a;b) c", "b a c"),
        ("3-way [switch]", "three way switch"),
        ("[the|a] lamp", "lamp"),
    ],
)
def test_templates_of_hassil_are_read(template, said):
    assert grammar(template).understand(said.split()) == Call("t", {})


def test_every_sentence_that_can_be_recognised_is_understood(tools, phrases):
    built = build_grammar(tools, phrases, knows)
    for said in itertools.islice(sequences(built.commands), 3000):
        assert built.understand(said) is not None, said


@pytest.mark.parametrize(("largest", "seldom"), [(100, True), (29, False)])
def test_a_teen_is_less_likely_where_its_ten_may_be_said(largest, seldom):
    level = {"type": "integer", "minimum": 0, "maximum": largest}
    tool = {"type": "function", "name": "set_volume", "parameters": {"type": "object", "properties": {"level": level}}}
    grammar = build_grammar([tool], {"set_volume": ["volume {level}"]}, lambda _: True)
    likely = {word: probability for _, _, word, probability in grammar.arcs}
    assert likely["thirty" if seldom else "twenty"] == likely["fifteen"] == 1.0
    assert (likely["thirteen"] < 1.0) is seldom


def test_the_automaton_grows_less_than_the_values():
    few = grammar("set it to {n}", n={"type": "integer", "maximum": 20})
    many = grammar("set it to {n}", n={"type": "integer", "maximum": 99})
    assert len(many.arcs) < 2 * len(few.arcs)


_words = st.sampled_from(["turn", "on", "off", "lamp"])
_templates = st.recursive(
    _words,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(" ".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda each: "(" + "|".join(each) + ")"),
        inner.map("[{}]".format),
    ),
    max_leaves=8,
)


@given(_templates, st.lists(_words, max_size=5))
def test_the_recogniser_and_the_understanding_agree(template, words):
    built = grammar(template)
    assert accepts(built, words) == (built.understand(words) is not None)


@given(st.text(alphabet="ab{}[]()|<>;:\\ ", max_size=12))
def test_any_text_is_a_template_or_a_template_error(text):
    with contextlib.suppress(TemplateError):
        assert parse_template(text).ends
