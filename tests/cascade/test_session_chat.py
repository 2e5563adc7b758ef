"""A session that has a language model behind its intents."""

import json

import pytest

from voiced.cascade.grammar import Call, Plain, build_grammar
from voiced.cascade.outputs import Ask, Send
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
