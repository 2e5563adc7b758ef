"""What is answered to a sentence of several commands of which not all may be called."""

import json

import pytest

from voiced.cascade.answers import NOT_ALL
from voiced.cascade.grammar import build_grammar
from voiced.cascade.outputs import Ask, Send
from voiced.cascade.recogniser import Heard
from voiced.cascade.session import Session

BOTH = "turn on the kitchen light and stop the music"
ONLY_MUSIC = {"tool_choice": {"type": "function", "name": "stop_music"}}


@pytest.fixture
def session(tools, phrases):
    made = Session("gpt-realtime", 0)
    made.open()
    tell(made, "session.update", session={"tools": tools, "modalities": ["text"]})
    for _ in range(2):
        made.grammar_ready(build_grammar(tools, phrases, bool))
    return made


def tell(client, kind, **fields):
    return client.receive(json.dumps({"type": kind, **fields}))


def ask(session, text, **options):
    part = {"type": "input_text", "text": text}
    tell(session, "conversation.item.create", item={"type": "message", "role": "user", "content": [part]})
    return tell(session, "response.create", response=options)


def give(session, call):
    item = {"type": "function_call_output", "call_id": call["call_id"], "output": '{"ok": true, "reply": "All quiet."}'}
    tell(session, "conversation.item.create", item=item)
    return tell(session, "response.create")


def frames(outputs, kind):
    return [output.frame for output in outputs if isinstance(output, Send) and output.frame["type"] == kind]


def calls(outputs):
    return frames(outputs, "response.function_call_arguments.done")


def text(outputs):
    return [frame["text"] for frame in frames(outputs, "response.text.done")]


def test_of_several_commands_those_that_are_allowed_are_called_and_the_rest_is_told(session):
    [call] = calls(ask(session, BOTH, **ONLY_MUSIC))
    assert call["name"] == "stop_music"
    assert text(give(session, call)) == [f"All quiet. {NOT_ALL}"]


def test_what_was_left_out_is_told_once(session):
    [call] = calls(ask(session, BOTH, **ONLY_MUSIC))
    give(session, call)
    [call] = calls(ask(session, "stop the music"))
    assert text(give(session, call)) == ["All quiet."]


def test_where_all_are_allowed_nothing_is_told(session):
    both = calls(ask(session, BOTH))
    assert [call["name"] for call in both] == ["set_light", "stop_music"]
    assert text(give(session, both[1])) == ["All quiet."]


def test_where_none_is_allowed_it_is_not_understood(session):
    outputs = ask(session, BOTH, tool_choice="none")
    assert not calls(outputs)
    assert len(text(outputs)) == 1


def failed(session, call):
    output = '{"ok": false, "error": "The lamp does not answer."}'
    item = {"type": "function_call_output", "call_id": call["call_id"], "output": output}
    tell(session, "conversation.item.create", item=item)


def test_what_came_of_a_command_is_told_although_another_one_came_in_between(session):
    [light] = calls(ask(session, "turn on the kitchen light"))
    failed(session, light)
    [music] = calls(ask(session, "and stop the music"))
    assert text(give(session, music)) == ["Sorry, the lamp does not answer. All quiet."]


def test_what_came_of_each_command_is_told_where_they_are_called_one_by_one(session):
    tell(session, "session.update", session={"parallel_tool_calls": False})
    [light] = calls(ask(session, BOTH))
    failed(session, light)
    [music] = calls(tell(session, "response.create"))
    assert text(give(session, music)) == ["Sorry, the lamp does not answer. All quiet."]


@pytest.fixture
def one_at_a_time(session):
    tell(session, "session.update", session={"parallel_tool_calls": False})
    return session


@pytest.mark.parametrize("said", ["set the volume to 5 percent", "is there life on mars"])
def test_a_postponed_command_is_not_lost_when_the_user_speaks_again(one_at_a_time, said):
    [light] = calls(ask(one_at_a_time, BOTH))
    assert light["name"] == "set_light"
    [music] = calls(ask(one_at_a_time, said))
    assert music["name"] == "stop_music"
    rest = give(one_at_a_time, music)
    if said.startswith("set"):
        [volume] = calls(rest)
        assert volume["name"] == "set_volume"
    else:
        [told] = text(rest)
        assert told == "Sorry, I did not understand that. All quiet."


@pytest.mark.parametrize("said", ["never mind", "stop", "Stop, please!", "No, no!", "Um, no, cancel that.", "wait"])
def test_a_postponed_command_that_is_taken_back_is_named_in_the_journal(one_at_a_time, caplog, said):
    caplog.set_level("INFO")
    [light] = calls(ask(one_at_a_time, BOTH))
    assert not calls(ask(one_at_a_time, said))
    assert caplog.messages == ["Taken back before it was done: stop_music"]
    assert not calls(give(one_at_a_time, light))


@pytest.mark.parametrize("texts", [["hello"], []])
def test_a_response_beside_the_conversation_leaves_what_is_postponed(one_at_a_time, texts):
    [light] = calls(ask(one_at_a_time, BOTH))
    aside = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]} for text in texts]
    assert not calls(tell(one_at_a_time, "response.create", response={"conversation": "none", "input_items": aside}))
    [music] = calls(give(one_at_a_time, light))
    assert music["name"] == "stop_music"


def test_a_question_asked_before_a_postponed_command_was_done_is_answered_by_the_model(tools, phrases):
    session = Session("gpt-realtime", 0, chats=True)
    session.open()
    options = {"tools": tools, "modalities": ["text"], "parallel_tool_calls": False}
    tell(session, "session.update", session=options)
    for _ in range(2):
        session.grammar_ready(build_grammar(tools, phrases, bool))
    ask(session, BOTH)
    [music] = calls(ask(session, "is there life on mars"))
    [question] = [output for output in give(session, music) if isinstance(output, Ask)]
    assert {"role": "user", "content": "is there life on mars"} in question.asked.messages


def heard(session, *texts):
    """Commands that are said one after the other, before any is answered."""
    for text in texts:
        part = {"type": "input_text", "text": text}
        tell(session, "conversation.item.create", item={"type": "message", "role": "user", "content": [part]})
        item = session._conversation.history.items[-1]
        item.heard = Heard(text, session._responses.answers.grammar.understand(text.split()))
    return calls(tell(session, "response.create"))


ON, OFF = "turn on the kitchen light", "turn off the kitchen light"


@pytest.mark.parametrize(("said", "states"), [
    ((ON, OFF), ["on", "off"]), ((ON, OFF, ON), ["off", "on"]), ((OFF, ON, OFF), ["on", "off"]), ((ON, ON), ["on"]),
])  # fmt: skip
def test_of_contrary_commands_the_last_is_obeyed_after_the_others_are_done(session, said, states):
    found, made = [], heard(session, *said)
    while made:
        [call] = made  # two at a time could overtake one another
        found.append(json.loads(call["arguments"])["state"])
        made = calls(give(session, call))
    assert found == states


def test_commands_to_several_tools_are_obeyed_at_once(session):
    assert [call["name"] for call in heard(session, ON, "stop the music")] == ["set_light", "stop_music"]


def test_who_takes_a_command_back_in_other_words_is_understood(one_at_a_time):
    ask(one_at_a_time, BOTH)
    assert text(ask(one_at_a_time, "no, cancel that")) == ["All right."]


def test_a_postponed_command_that_is_said_again_is_done_once_and_understood(one_at_a_time):
    ask(one_at_a_time, BOTH)
    [music] = calls(ask(one_at_a_time, "stop the music"))
    assert music["name"] == "stop_music"
    assert text(give(one_at_a_time, music)) == ["All quiet."]


def test_a_no_to_a_question_leaves_the_other_command(tools, phrases):
    """It was one of the two that the client asked about, and which was refused."""
    session = Session("gpt-realtime", 0)
    session.open()
    asking = [*tools[:2], {**tools[2], "parameters": {**tools[2]["parameters"], "x-confirm": True}}]
    options = {"tools": asking, "modalities": ["text"], "parallel_tool_calls": False}
    tell(session, "session.update", session=options)
    for _ in range(2):
        session.grammar_ready(build_grammar(asking, phrases, bool))
    [music] = calls(ask(session, "stop the music and turn on the kitchen light"))
    assert music["name"] == "stop_music"
    [light] = calls(ask(session, "no thank you"))
    assert light["name"] == "set_light"
