import base64
import json

import pytest

from voiced.cascade.outputs import PrepareGrammar, Recognise, Synthesise, Wait


@pytest.fixture
def speaking(new_client):
    """A client that is being spoken to."""
    client = new_client(hold=(Wait,))
    client.send("session.update", session={"tools": [client.TOOL]})
    client.send("response.create")
    return client


def test_a_command_by_voice_becomes_a_call_in_the_services_order(client):
    frames = client.say()
    assert client.course(frames) == [*client.TURN, client.TRANSCRIBED, "conversation.item.created", *client.CALL]
    item_ids = {frame["item_id"] for frame in frames[:4]} | {frames[4]["item"]["id"]}
    assert len(item_ids) == 1
    assert frames[0]["audio_start_ms"] < frames[1]["audio_end_ms"]
    done = client.last("response.function_call_arguments.done")
    pieces = [frame["delta"] for frame in frames if frame["type"] == "response.function_call_arguments.delta"]
    assert len(pieces) > 1
    assert "".join(pieces) == done["arguments"]
    assert (done["name"], json.loads(done["arguments"])) == ("set_light", {"state": "on"})
    assert client.last("response.done")["response"]["output"][0]["call_id"] == done["call_id"]


def test_a_tools_output_is_spoken_once_a_response_is_asked_for(client):
    client.say()
    call_id = client.last("response.function_call_arguments.done")["call_id"]
    output = json.dumps({"ok": True, "reply": "The light is on."})
    item = {"type": "function_call_output", "call_id": call_id, "output": output}
    assert client.types(client.send("conversation.item.create", item=item)) == ["conversation.item.created"]
    frames = client.send("response.create")
    assert client.course(frames) == [*client.SPOKEN]
    types = client.types(frames)
    assert types.index("response.audio_transcript.delta") < types.index("response.audio.delta")
    assert client.last("response.audio_transcript.done")["transcript"] == "The light is on."
    sound = [base64.b64decode(frame["delta"]) for frame in frames if frame["type"] == "response.audio.delta"]
    assert b"".join(sound) == client.SECOND
    assert len({len(piece) for piece in sound}) > 2
    assert client.last("response.done")["response"]["usage"]["output_token_details"]["audio_tokens"] == 20


def test_several_outputs_make_one_reply(client):
    for call_id, reply in (("call_a", "One."), ("call_b", "Two.")):
        call = {"type": "function_call", "call_id": call_id, "name": "set_light", "arguments": "{}"}
        client.send("conversation.item.create", item=call)
        output = json.dumps({"ok": True, "reply": reply})
        client.send(
            "conversation.item.create", item={"type": "function_call_output", "call_id": call_id, "output": output}
        )
    client.send("response.create")
    assert client.last("response.audio_transcript.done")["transcript"] == "One. Two."


def test_what_is_not_understood_is_said_so(client):
    client.hears = "tell me a story"
    client.say()
    assert client.last(client.TRANSCRIBED)["transcript"] == ""
    assert client.last("response.audio_transcript.done")["transcript"] == "Sorry, I did not understand that."
    assert "response.function_call_arguments.done" not in client.types()


def test_a_written_command_is_understood_too(client):
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Turn the light off!"}]}
    client.send("conversation.item.create", item=item)
    client.send("response.create")
    assert json.loads(client.last("response.function_call_arguments.done")["arguments"]) == {"state": "off"}


def test_a_text_without_end_is_cut_as_the_most_tokens_would(client):
    message = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "word " * 100_000}]}
    frames = client.send(
        "response.create", response={"modalities": ["text"], "pre_generated_assistant_message": message}
    )
    assert len(frames) < 4000
    done = client.last("response.done")["response"]
    assert (done["status"], done["status_details"]["reason"]) == ("incomplete", "max_output_tokens")


def test_what_was_said_counts_towards_what_is_kept(client):
    message = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "x" * 16_000}]}
    for _ in range(600):
        client.send("response.create", response={"modalities": ["text"], "pre_generated_assistant_message": message})
    oldest = next(frame["item"]["id"] for frame in client.sent if frame["type"] == "response.output_item.done")
    client.send("conversation.item.retrieve", item_id=oldest)
    assert client.last("error")["error"]["code"] == "item_not_found"


def test_a_written_reply_has_no_sound(client):
    frames = client.send("response.create", response={"modalities": ["text"], "metadata": {"a": "b"}})
    assert "response.text.delta" in client.types(frames)
    assert not any("audio" in type_ for type_ in client.types(frames))
    assert client.last("response.done")["response"]["metadata"] == {"a": "b"}


def test_a_prepared_message_is_spoken_as_it_is(client):
    message = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "Your timer is over."}]}
    client.send("response.create", response={"pre_generated_assistant_message": message})
    assert client.last("response.audio_transcript.done")["transcript"] == "Your timer is over."


def test_a_response_waits_for_what_it_answers(new_client):
    client = new_client(hold=(Recognise,))
    client.send("session.update", session={"tools": [client.TOOL], "turn_detection": None})
    client.say()
    client.send("input_audio_buffer.commit")
    assert client.send("response.create") == []
    client.release()
    assert client.types()[-1] == "response.done"
    assert client.last("response.done")["response"]["output"][0]["type"] == "function_call"


def test_without_create_response_nothing_is_answered(client):
    client.send("session.update", session={"turn_detection": {"type": "server_vad", "create_response": False}})
    assert client.types(client.say())[-1] == "conversation.item.created"
    assert client.course(client.send("response.create")) == [*client.CALL]


def test_a_command_that_the_next_one_overtook_is_carried_out_too(new_client):
    client = new_client(hold=(Recognise,))
    client.send("session.update", session={"tools": [client.TOOL]})
    client.say()
    client.say()  # before the first is recognised
    first, second = client.held
    client.hold = ()
    for turn, words in ((first, "turn the light on"), (second, "turn the light off")):
        client.hears = words
        client.perform([turn])
    call = client.last("response.function_call_arguments.done")
    assert json.loads(call["arguments"]) == {"state": "on"}
    assert client.types().count("response.done") == 1
    item = {"type": "function_call_output", "call_id": call["call_id"], "output": "{}"}
    client.send("conversation.item.create", item=item)
    client.send("response.create")
    assert json.loads(client.last("response.function_call_arguments.done")["arguments"]) == {"state": "off"}


@pytest.mark.parametrize(
    ("then", "times"), [("well", 1), ("thank you", 1), ("turn the light on", 1), ("stop", 0), ("never mind", 0)]
)
def test_a_command_that_was_overtaken_is_carried_out_once_unless_it_is_taken_back(new_client, then, times):
    client = new_client(hold=(Recognise,))
    client.send("session.update", session={"tools": [client.TOOL]})
    client.say()
    client.say()
    first, second = client.held
    client.hold = ()
    client.hears = "turn the light on"
    client.perform([first])
    client.hears = then
    client.perform([second])
    assert client.types().count("response.function_call_arguments.done") == times


def test_a_response_that_was_asked_for_and_had_not_begun_is_cancelled_by_speech_in_so_many_words(new_client):
    client = new_client(hold=(PrepareGrammar, Recognise))
    assert client.send("response.create") == []
    frames = client.say()
    created, done = (frame["response"] for frame in frames if frame["type"].startswith("response."))
    assert created["id"] == done["id"]
    assert done["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    client.release()
    assert client.types().count("response.created") == 2  # the other is that to what was said


def test_speech_interrupts_the_reply_and_queued_sound_still_comes(speaking):
    types = speaking.course(speaking.say(silence=0.0))
    assert types == ["input_audio_buffer.speech_started", "response.audio.delta", *speaking.SPOKEN[5:]]
    done = speaking.last("response.done")["response"]
    assert (done["status"], done["status_details"]["reason"]) == ("cancelled", "turn_detected")
    speaking.release()
    assert speaking.types()[-1] == "response.done"


def test_speech_does_not_interrupt_where_that_is_off_and_is_answered_next(speaking):
    speaking.send("session.update", session={"turn_detection": {"type": "server_vad", "interrupt_response": False}})
    speaking.say()
    assert "response.done" not in speaking.types()
    speaking.release()
    statuses = [frame["response"]["status"] for frame in speaking.sent if frame["type"] == "response.done"]
    assert statuses == ["completed", "completed"]
    assert speaking.types()[-1] == "response.done"


def test_only_one_response_at_a_time(speaking):
    (error,) = speaking.send("response.create")
    assert error["error"]["code"] == "conversation_already_has_active_response"


def test_cancel_closes_what_is_open(speaking):
    frames = speaking.send("response.cancel")
    assert speaking.types(frames) == [*speaking.SPOKEN[5:]]
    assert frames[-1]["response"]["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert speaking.send("response.cancel")[0]["error"]["code"] == "response_cancel_not_active"


def test_a_reply_that_cannot_be_spoken_fails(new_client):
    client = new_client(hold=(Synthesise,))
    client.send("response.create")
    (synthesise,) = client.held
    client.perform(client.session.speech_failed(synthesise.response_id, "no voice"))
    response = client.last("response.done")["response"]
    assert (response["status"], response["status_details"]["error"]["message"]) == ("failed", "no voice")


def test_what_was_said_in_a_session_before_is_not_answered_again(client):
    for item in (
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "turn the light on"}]},
        {"type": "function_call", "call_id": "c", "name": "set_light", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": '{"ok": true, "reply": "It is on."}'},
        {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "It is on."}]},
    ):
        client.send("conversation.item.create", item=item)
    client.send("response.create")
    assert client.last("response.audio_transcript.done")["transcript"] == "How can I help?"
