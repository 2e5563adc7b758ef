"""What a `response.create` and the session's parameters change about one response (reference/voice-live.md §7.15)."""

import base64

import pytest

from voiced.audio.g711 import encode
from voiced.cascade.intents.meanings import Call, Plain
from voiced.cascade.outputs import Synthesise, Wait

AUTO_TRUNCATE = {"type": "server_vad", "auto_truncate": True}
TWO = (Call("set_light", {"state": "on"}), Call("set_light", {"state": "off"}))


def prepared(text, **more):
    message = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": text}]}
    return {"pre_generated_assistant_message": message, **more}


def sound_of(frames):
    deltas = [frame["delta"] for frame in frames if frame["type"] == "response.audio.delta"]
    return b"".join(map(base64.b64decode, deltas))


def message(text, **more):
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}], **more}


@pytest.mark.parametrize(
    ("form", "size"),
    [("pcm16", 48_000), ("pcm16_16000hz", 32_000), ("pcm16_8000hz", 16_000), ("pcm16-8000hz", 16_000),
     ("g711_ulaw", 8000), ("g711_alaw", 8000)],
)  # fmt: skip
def test_a_second_of_speech_comes_in_the_format_that_is_asked_for(client, form, size):
    assert len(sound_of(client.send("response.create", response={"output_audio_format": form}))) == size
    assert client.last("response.done")["response"]["output_audio_format"] == form.replace("-", "_")
    client.send("session.update", session={"output_audio_format": form})
    assert len(sound_of(client.send("response.create"))) == size


@pytest.mark.parametrize("law", ["g711_ulaw", "g711_alaw"])
def test_a_turn_is_found_in_telephone_sound(client, law):
    (updated,) = client.send("session.update", session={"input_audio_format": law})
    assert updated["session"]["input_audio_sampling_rate"] == 8000
    frames = client.say(rate=8000, encode=lambda samples: encode(samples, law))
    assert client.types(frames)[:3] == [*client.TURN]
    assert frames[1]["audio_end_ms"] == pytest.approx(1800, abs=60)
    (error,) = client.send("session.update", session={"input_audio_format": "pcm16"})
    assert error["error"]["param"] == "session.input_audio_format"


def test_a_format_has_its_rate(client):
    def rate(**session):
        (frame,) = client.send("session.update", session=session)
        return frame["session"]["input_audio_sampling_rate"] if "session" in frame else frame["error"]["param"]

    assert rate(input_audio_format="g711_alaw", input_audio_sampling_rate=16_000) == "session.input_audio_sampling_rate"
    assert rate(input_audio_format="g711_alaw", input_audio_sampling_rate=8000) == 8000
    assert rate(input_audio_format="pcm16") == 24_000
    echo = {"reference_source": "client", "channels": 2}
    assert rate(input_audio_format="g711_alaw", input_audio_echo_cancellation=echo) == "session.input_audio_format"


def test_words_and_mouth_shapes_are_told_where_they_are_asked_for(client):
    animation = {"outputs": ["viseme_id"]}
    client.send("session.update", session={"output_audio_timestamp_types": ["word"], "animation": animation})
    frames = client.send("response.create", response=prepared("Four words of text."))
    words = [frame for frame in frames if frame["type"] == "response.audio_timestamp.delta"]
    assert [word["text"] for word in words] == ["Four", "words", "of", "text."]
    assert words[-1]["audio_offset_ms"] + words[-1]["audio_duration_ms"] == 1000
    assert {word["timestamp_type"] for word in words} == {"word"}
    visemes = [frame for frame in frames if frame["type"] == "response.animation_viseme.delta"]
    assert [viseme["viseme_id"] for viseme in visemes][:3] == [18, 9, 13]
    types = client.types(frames)
    done = [types.index(f"response.{name}.done") for name in ("audio_timestamp", "animation_viseme", "content_part")]
    assert done == sorted(done)


def test_nothing_is_told_of_words_where_it_is_not_asked_for(client):
    types = client.types(client.send("response.create"))
    assert not any("timestamp" in type_ or "viseme" in type_ for type_ in types)


@pytest.mark.parametrize("name", ["max_output_tokens", "max_response_output_tokens"])
def test_a_reply_over_its_limit_is_incomplete(client, name):
    client.send("response.create", response=prepared("One two three four five.", **{name: 3}))
    response = client.last("response.done")["response"]
    assert response["status"] == "incomplete"
    assert response["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    assert response["output"][0]["content"][0]["transcript"] == "One two"
    assert response["output"][0]["status"] == "incomplete"


def test_a_response_aside_stays_out_of_the_conversation(client):
    frames = client.send("response.create", response=prepared("Aside.", conversation="none"))
    assert "conversation.item.created" not in client.types(frames)
    item = client.last("response.output_item.done")["item"]
    assert client.send("conversation.item.retrieve", item_id=item["id"])[0]["type"] == "error"
    assert client.last("response.done")["response"]["conversation_id"] is None


def test_other_items_may_be_answered_than_the_conversations(client):
    client.send("conversation.item.create", item=message("turn the light on"))
    client.send("response.create", response={"input_items": [message("turn the light off")]})
    assert client.last("response.function_call_arguments.done")["arguments"] == '{"state": "off"}'
    client.send("response.create")
    assert client.last("response.function_call_arguments.done")["arguments"] == '{"state": "on"}'


def test_items_may_be_appended_to_the_conversation_first(client):
    frames = client.send("response.create", response={"append_input_items": [message("turn the light on", id="mine")]})
    assert frames[0]["item"]["id"] == "mine"
    assert client.course(frames[1:]) == [*client.CALL]
    (error,) = client.send("response.create", response={"append_input_items": [message("x", id="new"), {"type": "x"}]})
    assert error["error"]["param"] == "item.type"
    assert client.send("conversation.item.retrieve", item_id="new")[0]["type"] == "error"


def test_the_response_before_may_be_cancelled_at_once(new_client):
    client = new_client(hold=(Wait,))
    client.send("response.create")
    frames = client.send("response.create", response={"cancel_previous": True})
    assert client.types(frames).index("response.done") < client.types(frames).index("response.created")
    assert frames[-1]["type"] == "response.audio.delta"


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"conversation": "all"}, "response.conversation"), ({"input_items": {}}, "response.input_items"),
        ({"input_items": [5]}, "item"), ({"output_audio_format": "mp3"}, "response.output_audio_format"),
        ({"voice": "nobody"}, "response.voice"), ({"dance": True}, "response.dance"),
        ({"max_output_tokens": 0}, "response.max_output_tokens"),
    ],
)  # fmt: skip
def test_an_option_that_there_is_not_is_refused(client, options, param):
    (error,) = client.send("response.create", response=options)
    assert error["error"]["param"] == param


def test_several_calls_are_made_in_one_response(client):
    client.session.script(TWO)
    frames = client.send("response.create")
    calls = [frame for frame in frames if frame["type"] == "response.function_call_arguments.done"]
    assert [(call["output_index"], call["arguments"]) for call in calls] == [
        (0, '{"state": "on"}'), (1, '{"state": "off"}'),
    ]  # fmt: skip
    assert len(client.last("response.done")["response"]["output"]) == 2


def test_a_script_is_followed_whatever_is_asked(client):
    client.session.script(Plain("As you wish."))
    client.send("conversation.item.create", item=message("turn the light on"))
    client.send("response.create")
    assert client.last("response.audio_transcript.done")["transcript"] == "As you wish."


def test_a_reply_may_come_sentence_by_sentence(new_client):
    client = new_client(hold=(Synthesise, Wait))
    client.send("session.update", session={"output_audio_timestamp_types": ["word"]})
    client.send("response.create", response=prepared("First part. Second part."))
    wanted = client.held.pop()
    client.perform(client.session.synthesised(wanted.response_id, b"\1\0" * 12_000, "First part.", last=False))
    client.release()
    assert "response.done" not in client.types()
    client.perform(client.session.synthesised(wanted.response_id, b"\1\0" * 12_000, "Second part."))
    assert client.types()[-1] == "response.done"
    assert len(sound_of(client.sent)) == 48_000
    words = [frame for frame in client.sent if frame["type"] == "response.audio_timestamp.delta"]
    assert [word["audio_offset_ms"] for word in words] == [0, 250, 500, 773]


@pytest.mark.parametrize(("after", "cut"), [(0.03, 30), (5.0, None)])
def test_what_was_not_heard_is_truncated_where_that_is_asked_for(new_client, after, cut):
    now = 0.0
    client = new_client(hold=(Wait,), clock=lambda: now)
    client.send("session.update", session={"turn_detection": {**AUTO_TRUNCATE, "appended_text_after_truncation": "…"}})
    client.send("response.create")
    item_id = client.last("conversation.item.created")["item"]["id"]
    now = after
    types = client.types(client.say(silence=0.0))
    (kept,) = client.send("conversation.item.retrieve", item_id=item_id)
    if cut is None:
        assert "conversation.item.truncated" not in types
        return
    assert types.index("conversation.item.truncated") < types.index("response.audio.done")
    assert client.last("conversation.item.truncated")["audio_end_ms"] == cut
    assert kept["item"]["content"][0]["transcript"] == "…"


def test_a_reply_that_was_sent_but_not_played_is_truncated_too(new_client):
    client = new_client(clock=lambda: 0.0)
    client.send("session.update", session={"turn_detection": AUTO_TRUNCATE})
    client.send("response.create")
    client.say(silence=0.0)
    assert client.last("conversation.item.truncated")["audio_end_ms"] == 0


def test_without_auto_truncate_nothing_is(new_client):
    client = new_client(clock=lambda: 0.0)
    client.send("response.create")
    client.say(silence=0.0)
    assert "conversation.item.truncated" not in client.types()


def test_a_session_without_tokens_left_fails_until_the_minute_is_over(new_client):
    now = 0.0
    client = new_client(clock=lambda: now, tokens_per_minute=5)
    client.send("response.create")
    assert client.last("response.done")["response"]["status"] == "completed"
    assert client.last("rate_limits.updated")["rate_limits"][0]["remaining"] == 0
    client.send("response.create")
    details = client.last("response.done")["response"]["status_details"]
    assert details["error"]["code"] == "rate_limit_exceeded"
    now = 100_000.0
    client.send("response.create")
    assert client.last("response.done")["response"]["status"] == "completed"
