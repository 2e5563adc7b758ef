import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.cascade.completion import LONGEST_ANSWER, NO_ANSWER, ChatError, Completion
from voiced.cascade.intents.meanings import Call, Plain


def data(chunk):
    return f"data: {json.dumps(chunk)}"


def delta(content=None, **fields):
    return data({"choices": [{"delta": {"content": content, **fields}}]})


def called(index, name=None, arguments=None, **fields):
    return delta(tool_calls=[{"index": index, "function": {"name": name, "arguments": arguments}, **fields}])


def taken(*lines):
    """What is told while a body comes, line by line, and then what is left at its end."""
    completion = Completion()
    early = [sentence for line in lines for sentence in completion.take(line)]
    return early, list(completion.end())


def words(*lines):
    return " ".join(plain.reply for part in taken(*lines) for plain in part)


def test_sentence_is_told_as_soon_as_another_has_begun():
    completion = Completion()
    assert list(completion.take(delta("It is "))) == []
    assert list(completion.take(delta("late."))) == []
    assert list(completion.take(delta(" Go"))) == [Plain("It is late.")]
    assert list(completion.end()) == [Plain("Go")]


def test_end_is_known_by_its_mark_alone():
    completion = Completion()
    for line in (delta("Hello."), "", ": a comment", "event: done"):
        list(completion.take(line))
        assert not completion.over
    list(completion.take("data: [DONE]"))
    assert completion.over


@pytest.mark.parametrize("lines", [(), ("data: [DONE]",), (delta(""),), (delta("  "),), (data({"choices": []}),)])
def test_empty_answer_is_said_to_be_none(lines):
    assert taken(*lines) == ([], [Plain(NO_ANSWER)])


def test_calls_are_put_together_from_their_pieces():
    lines = [called(0, "set_", '{"sta'), called(1, "stop"), called(0, "light", 'te": "on"}')]
    assert taken(*lines) == ([], [(Call("set_light", {"state": "on"}), Call("stop", {}))])


def test_call_counts_for_more_than_words_that_were_not_told():
    early, left = taken(delta("One. T"), delta("wo."), called(0, "stop"), delta(" Three. Four."))
    assert early == [Plain("One.")]
    assert left == [(Call("stop", {}),)]


def test_calls_with_ids_of_their_own_are_told_apart_where_nobody_counts():
    lines = [called(None, "stop", "{}", id="x"), called(None, "go", '{"far":', id="y"), called(None, None, " 1}")]
    assert taken(*lines)[1] == [(Call("stop", {}), Call("go", {"far": 1}))]


def test_arguments_may_be_an_object():
    assert taken(called(0, "go", {"far": 1}))[1] == [(Call("go", {"far": 1}),)]


@pytest.mark.parametrize("indent", [None, 2])
def test_answer_that_is_not_streamed_is_read_at_its_end(indent):
    calls = [{"function": {"name": "go", "arguments": '{"far": 1}'}}, {"function": {"name": "stop"}}]
    for message, left in (
        ({"content": "One. Two."}, [Plain("One. Two.")]),
        ({"content": None, "tool_calls": calls}, [(Call("go", {"far": 1}), Call("stop", {}))]),
    ):
        body = json.dumps({"choices": [{"message": message}]}, indent=indent)
        assert taken(*body.splitlines()) == ([], left)


@pytest.mark.parametrize(
    "lines",
    [
        (data({"error": {"message": "no such model"}}),), ("data: {",), ("data: [1]",), (data({"choices": 1}),),
        (data({"choices": ["x"]}),), (delta(1),), ("{", '"choices"'), (called(0, "go", "{"),),
        (called(0, "go", "[1]"),), (called("first", "go"),), ("data: " + "[" * 200_000,),
        tuple(called(index, "go") for index in range(17)), (json.dumps({"error": "busy"}),),
    ],
)  # fmt: skip
def test_answer_that_is_none_is_an_error_that_says_so_briefly(lines):
    with pytest.raises(ChatError) as fault:
        taken(*lines)
    assert 0 < len(str(fault.value)) < 300


@pytest.mark.parametrize(
    "line",
    [delta("word " * 50), called(0, None, "x" * 250), called(0, "x" * 250)],
    ids=["words", "arguments", "names"],
)
def test_answer_without_end_is_given_up(line):
    completion = Completion()
    for _ in range(LONGEST_ANSWER // 250):
        list(completion.take(line))
    with pytest.raises(ChatError, match="too long"):
        list(completion.take(line))


def test_thoughts_may_be_as_long_as_they_like():
    lines = [delta("x" * 250)] * (LONGEST_ANSWER // 250 + 1)
    assert taken(delta("<think>"), *lines) == ([], [Plain(NO_ANSWER)])
    assert taken(delta("<think>"), *lines, delta("</think>Yes.")) == ([], [Plain("Yes.")])


def test_what_stands_beside_an_answer_may_be_longer_than_that_may_be():
    body = {"reasoning": "x" * LONGEST_ANSWER, "choices": [{"message": {"content": "Yes."}}]}
    assert taken(json.dumps(body)) == ([], [Plain("Yes.")])


def test_body_without_end_is_given_up():
    completion = Completion()
    for line in ["{", *["x" * 100_000] * 9, "x" * 99_999]:
        list(completion.take(line))
    with pytest.raises(ChatError, match="too long"):
        list(completion.take("x"))


@given(st.data())
def test_words_are_the_same_however_the_server_cuts_them(source):
    sentences = st.sampled_from(["One.", "It is 3.5 degrees.", "Dr. Who?", "<b>", "No", "a < b!", "Über?"])
    thoughts = source.draw(st.sampled_from(["", "<think>Hm. A < b.</think>", "  <think></think>\n"]))
    text = " ".join(source.draw(st.lists(sentences, min_size=1, max_size=6)))
    whole = thoughts + text
    cuts = sorted(source.draw(st.sets(st.integers(1, len(whole) - 1), max_size=12))) if len(whole) > 1 else []
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert words(*map(delta, pieces)) == text


@given(st.lists(st.text(max_size=30) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["choices", "delta", "content", "tool_calls", "function", "index"]), inner),
).map(data), max_size=5))  # fmt: skip
def test_any_body_is_an_answer_or_an_error(lines):
    try:
        early, left = taken(*lines)
    except ChatError:
        return
    assert early or left
    assert all(isinstance(each, Plain) for each in early)
