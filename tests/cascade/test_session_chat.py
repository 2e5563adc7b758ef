"""A session that has a language model behind its intents."""

import itertools
import json

import pytest

from voiced.cascade.grammar import Call, Plain, build_grammar
from voiced.cascade.outputs import Ask, Forgo, Send, Synthesise, Wait
from voiced.cascade.session import Session


@pytest.fixture
def session(tools, phrases):
    made = Session("gpt-realtime", 0, chats=True)
    made.open()
    tell(made, "session.update", session={"tools": tools, "modalities": ["text"]})
    for _ in range(2):
        made.grammar_ready(build_grammar(tools, phrases, bool))
    return made


def tell(client, kind, **fields):
    return client.receive(json.dumps({"type": kind, **fields}))


def ask(session, text):
    part = {"type": "input_text", "text": text}
    tell(session, "conversation.item.create", item={"type": "message", "role": "user", "content": [part]})
    return tell(session, "response.create")


def frames(outputs, kind):
    return [output.frame for output in outputs if isinstance(output, Send) and output.frame["type"] == kind]


def asks(outputs):
    return [output for output in outputs if isinstance(output, Ask)]


def test_a_sentence_of_the_grammar_is_not_asked_of_the_model(session):
    outputs = ask(session, "stop the music")
    assert not asks(outputs)
    assert frames(outputs, "response.function_call_arguments.done")[0]["name"] == "stop_music"


def test_other_words_are_answered_by_the_model(session):
    [question] = asks(ask(session, "Tell me a joke!"))
    assert question.asked.messages[-1] == {"role": "user", "content": "Tell me a joke!"}
    assert [tool["name"] for tool in question.asked.tools] == ["set_light", "set_volume", "stop_music"]
    outputs = session.replied(question.response_id, Plain("Knock, knock."))
    assert frames(outputs, "response.text.done")[0]["text"] == "Knock, knock."


def test_the_model_is_told_what_came_of_its_calls(session):
    [question] = asks(ask(session, "It is too loud here."))
    outputs = session.replied(question.response_id, (Call("set_volume", {"level": 5}),))
    call = frames(outputs, "response.function_call_arguments.done")[0]
    item = {"type": "function_call_output", "call_id": call["call_id"], "output": '{"ok": true}'}
    tell(session, "conversation.item.create", item=item)
    [question] = asks(tell(session, "response.create"))
    assert question.asked.messages[-1] == {"role": "tool", "tool_call_id": call["call_id"], "content": '{"ok": true}'}


def test_a_call_of_what_the_session_lacks_is_not_made(session):
    [question] = asks(ask(session, "Open the safe."))
    outputs = session.replied(question.response_id, (Call("open_safe", {}),))
    assert not frames(outputs, "response.function_call_arguments.done")
    assert frames(outputs, "response.done")[0]["response"]["status"] == "completed"


def test_an_answer_that_comes_after_a_cancellation_is_dropped(session):
    [question] = asks(ask(session, "Tell me a joke!"))
    tell(session, "response.cancel")
    assert not session.replied(question.response_id, Plain("Knock, knock."))


def test_without_a_model_other_words_are_not_understood(tools, phrases):
    plain = Session("gpt-realtime", 0)
    plain.open()
    plain.grammar_ready(build_grammar(tools, phrases, bool))
    assert not asks(ask(plain, "Tell me a joke!"))


def spoken(session, outputs):
    """All that is asked to be spoken, and spoken at once."""
    asked, todo = [], list(outputs)
    while todo:
        output = todo.pop(0)
        if isinstance(output, Synthesise):
            asked.append(output.text)
            todo += session.synthesised(output.response_id, b"\0\0" * 2400)
        elif isinstance(output, Wait):
            todo += session.waited(output.response_id)
        elif isinstance(output, Send):
            session.sent.append(output.frame)
    return asked


@pytest.fixture
def speaker(session):
    tell(session, "session.update", session={"modalities": ["text", "audio"]})
    session.sent = []
    return session


def types(session):
    return [type_ for type_, _ in itertools.groupby(frame["type"] for frame in session.sent)]


def test_each_sentence_is_spoken_as_it_comes(speaker):
    [question] = asks(ask(speaker, "Tell me a joke!"))
    assert spoken(speaker, speaker.replied(question.response_id, Plain("Knock."), last=False)) == ["Knock."]
    assert types(speaker)[-1] == "response.audio.delta"
    assert speaker.asks(question.response_id)
    assert spoken(speaker, speaker.replied(question.response_id, Plain("Who is there?"), last=False)) != []
    assert spoken(speaker, speaker.replied(question.response_id, None)) == []
    [done] = [frame for frame in speaker.sent if frame["type"] == "response.audio_transcript.done"]
    assert done["transcript"] == "Knock. Who is there?"
    deltas = [frame["delta"] for frame in speaker.sent if frame["type"] == "response.audio_transcript.delta"]
    assert "".join(deltas) == done["transcript"]
    assert types(speaker)[-1] == "response.done"


def test_sentences_that_come_faster_than_they_are_spoken_wait_their_turn(speaker):
    [question] = asks(ask(speaker, "Tell me a joke!"))
    outputs = speaker.replied(question.response_id, Plain("One."), last=False)
    assert not speaker.replied(question.response_id, Plain("Two."), last=False)
    assert not speaker.replied(question.response_id, Plain("Three."))
    assert spoken(speaker, outputs) == ["One.", "Two.", "Three."]
    assert types(speaker)[-1] == "response.done"


def test_calls_come_in_the_same_response_after_what_was_told(speaker):
    [question] = asks(ask(speaker, "It is too loud here."))
    outputs = speaker.replied(question.response_id, Plain("I see."), last=False)
    outputs += speaker.replied(question.response_id, (Call("set_volume", {"level": 5}),))
    assert spoken(speaker, outputs) == ["I see."]
    output = speaker.sent[-1]["response"]["output"]
    assert [item["type"] for item in output] == ["message", "function_call"]
    added = [frame["output_index"] for frame in speaker.sent if frame["type"] == "response.output_item.added"]
    assert added == [0, 1]


@pytest.mark.parametrize("end", ["response.cancel", "limit"])
def test_an_answer_that_is_of_no_use_any_more_is_forgone(speaker, end):
    part = {"type": "input_text", "text": "Tell me a joke!"}
    tell(speaker, "conversation.item.create", item={"type": "message", "role": "user", "content": [part]})
    [question] = asks(tell(speaker, "response.create", response={"max_output_tokens": 2}))
    if end == "limit":
        outputs = speaker.replied(question.response_id, Plain("Once upon a time there was a king."), last=False)
        assert spoken(speaker, outputs) == ["Once"]
        assert speaker.sent[-1]["response"]["status_details"]["reason"] == "max_output_tokens"
    else:
        outputs = tell(speaker, end)
    assert Forgo(question.response_id) in outputs
    assert not speaker.asks(question.response_id)
    assert not speaker.replied(question.response_id, Plain("More."), last=False)


def test_calls_after_the_limit_are_not_made(speaker):
    part = {"type": "input_text", "text": "Tell me a joke!"}
    tell(speaker, "conversation.item.create", item={"type": "message", "role": "user", "content": [part]})
    [question] = asks(tell(speaker, "response.create", response={"max_output_tokens": 1}))
    outputs = speaker.replied(question.response_id, Plain("Once upon a time there was a king."), last=False)
    assert not speaker.replied(question.response_id, (Call("set_volume", {"level": 5}),))
    spoken(speaker, outputs)
    assert [item["type"] for item in speaker.sent[-1]["response"]["output"]] == ["message"]


def test_in_writing_each_sentence_is_written_as_it_comes(session):
    [question] = asks(ask(session, "Tell me a joke!"))
    outputs = session.replied(question.response_id, Plain("Knock. Who is there?"), last=False)
    assert "".join(frame["delta"] for frame in frames(outputs, "response.text.delta")) == "Knock. Who is there?"


def test_an_answer_that_broke_off_is_asked_for_anew(speaker):
    [question] = asks(ask(speaker, "Tell me a joke!"))
    speaker.replied(question.response_id, Plain("Knock."), last=False)
    tell(speaker, "response.cancel")
    [again] = asks(tell(speaker, "response.create"))
    assert {"role": "user", "content": "Tell me a joke!"} in again.asked.messages


def test_after_a_command_of_the_grammar_there_is_nothing_to_ask_anew(session):
    asks(ask(session, "Tell me a joke!"))
    tell(session, "response.cancel")
    ask(session, "stop the music")
    assert not asks(tell(session, "response.create"))
