import pytest

from voiced.cascade.outputs import Recognise
from voiced.cascade.recogniser import Heard


def test_the_native_back_end_creates_the_item_before_it_transcribes(new_client):
    client = new_client("gpt-realtime")
    client.send("session.update", session={"tools": [client.TOOL], "input_audio_transcription": {"model": "whisper-1"}})
    types = client.types(client.say())
    assert types[3:5] == ["conversation.item.created", "conversation.item.done"]
    assert types.index(client.TRANSCRIBED) > types.index("response.created")


def test_truncation_ends_within_what_was_sent(client):
    client.send("response.create")
    item_id = client.last("response.output_item.done")["item"]["id"]
    where = {"item_id": item_id, "content_index": 0}
    error = client.send("conversation.item.truncate", **where, audio_end_ms=1001)[0]["error"]
    assert error["code"] == "invalid_value"
    assert "already shorter than 1001ms" in error["message"]
    (truncated,) = client.send("conversation.item.truncate", **where, audio_end_ms=400)
    assert (truncated["type"], truncated["audio_end_ms"]) == ("conversation.item.truncated", 400)
    (retrieved,) = client.send("conversation.item.retrieve", item_id=item_id)
    assert retrieved["item"]["content"][0]["transcript"] == ""


@pytest.mark.parametrize("event", ["retrieve", "delete", "truncate"])
def test_an_unknown_item_is_an_error(client, event):
    (error,) = client.send(f"conversation.item.{event}", item_id="item_x", content_index=0, audio_end_ms=0)
    assert error["error"]["code"] == "item_not_found"


def test_items_keep_the_clients_ids_and_order(client):
    def create(item_id, **more):
        item = {"id": item_id, "type": "message", "role": "system", "content": [{"type": "input_text", "text": "x"}]}
        return client.send("conversation.item.create", item=item, **more)[0]

    assert create("one")["previous_item_id"] == ""
    assert create("two")["previous_item_id"] == "one"
    assert create("between", previous_item_id="one")["previous_item_id"] == "one"
    assert create("one")["error"]["code"] == "item_id_already_exists"
    assert create("three", previous_item_id="nowhere")["error"]["code"] == "item_not_found"
    assert client.send("conversation.item.delete", item_id="two")[0]["type"] == "conversation.item.deleted"
    assert create("two")["previous_item_id"] == "between"


@pytest.mark.parametrize("field", ["text", "transcript"])
@pytest.mark.parametrize("value", [5, ["a"], {"a": "b"}])
def test_a_part_whose_text_is_none_is_an_error(client, field, value):
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", field: value}]}
    assert client.send("conversation.item.create", item=item)[0]["error"]["param"] == "item.content"


def test_an_output_of_an_unknown_call_is_an_error(client):
    item = {"type": "function_call_output", "call_id": "call_x", "output": "{}"}
    assert client.send("conversation.item.create", item=item)[0]["error"]["code"] == "invalid_tool_call_id"


@pytest.mark.parametrize("model", ["voiced", "gpt-realtime"])
def test_a_turn_that_could_not_be_transcribed_says_so(new_client, model):
    client = new_client(model, hold=(Recognise,))
    transcriber = "whisper-1" if model == "gpt-realtime" else "azure-speech"
    client.send("session.update", session={"input_audio_transcription": {"model": transcriber}})
    client.say()
    ticket = client.held[-1].ticket
    client.perform(client.session.recognised(ticket, Heard("", None, failure="no decoder")))
    failed = client.last("conversation.item.input_audio_transcription.failed")
    assert failed["error"]["message"] == "no decoder"
    assert client.TRANSCRIBED not in client.types()
    assert client.last("response.audio_transcript.done")["transcript"] == "Sorry, I did not understand that."


def test_a_failed_recognition_is_an_error_where_no_transcript_is_wanted(new_client):
    client = new_client("gpt-realtime", hold=(Recognise,))
    client.say()
    (ticket,) = {each.ticket for each in client.held}
    client.perform(client.session.recognised(ticket, Heard("", None, failure="no decoder")))
    error = client.last("error")["error"]
    assert (error["type"], error["code"], error["message"]) == ("server_error", "transcription_failed", "no decoder")


@pytest.mark.parametrize("model", ["voiced", "gpt-realtime"])
def test_an_item_that_takes_a_turns_id_while_it_is_spoken_makes_no_harm(new_client, model):
    client = new_client(model)
    client.say(silence=0.2)
    taken = client.last("input_audio_buffer.speech_started")["item_id"]
    item = {"id": taken, "type": "message", "role": "system", "content": []}
    assert client.types(client.send("conversation.item.create", item=item))[0] == "conversation.item.created"
    client.say(seconds=0.0)
    assert client.last("input_audio_buffer.committed")["item_id"] != taken
    assert client.types()[-1] == "response.done"


@pytest.mark.parametrize("model", ["voiced", "gpt-realtime"])
def test_an_item_that_takes_the_id_of_a_turn_that_is_recognised_is_refused(new_client, model):
    client = new_client(model, hold=(Recognise,))
    client.say()
    item = {"id": client.last("input_audio_buffer.committed")["item_id"], "type": "message", "role": "system",
            "content": []}  # fmt: skip
    (error,) = client.send("conversation.item.create", item=item)
    assert error["error"]["code"] == "item_id_already_exists"
    client.release()
    assert client.types()[-1] == "response.done"


def test_items_to_be_appended_are_all_refused_where_one_is(client):
    item = {"id": "a", "type": "message", "role": "user", "content": []}
    (error,) = client.send("response.create", response={"append_input_items": [item, item]})
    assert error["error"]["code"] == "item_id_already_exists"
    assert client.types(client.send("conversation.item.retrieve", item_id="a")) == ["error"]
