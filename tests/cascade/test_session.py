import base64
import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from voiced.cascade.echo_model import EchoModel
from voiced.cascade.outputs import PrepareGrammar, Recognise, Synthesise, Wait


def test_a_session_begins_with_all_of_its_configuration(new_client):
    (created,) = new_client().sent
    assert created["type"] == "session.created"
    assert created["session"]["id"].startswith("sess_")
    assert created["session"]["turn_detection"]["type"] == "server_vad"


def test_expiry_says_so_and_closes(client):
    client.perform(client.session.expire())
    assert client.sent[-1]["error"]["code"] == "session_expired"
    assert client.closed == 1001


def test_ids_of_events_never_repeat(client):
    client.say()
    ids = [frame["event_id"] for frame in client.sent]
    assert len(ids) == len(set(ids))


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5000) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_block = st.sampled_from(
    [
        "turn_detection",
        "voice",
        "tools",
        "tool_choice",
        "modalities",
        "input_audio_echo_cancellation",
        "input_audio_transcription",
        "input_audio_sampling_rate",
        "max_response_output_tokens",
        "temperature",
        "metadata",
        "instructions",
        "model",
        "avatar",
        "animation",
        "input_audio_format",
        "output_audio_format",
    ]
)
_item = st.fixed_dictionaries(
    {"type": st.sampled_from(["message", "function_call", "function_call_output", "mcp_approval_response", "x"])},
    optional={
        "id": st.sampled_from(["a", "b"]), "role": st.sampled_from(["user", "assistant", "system"]) | _json,
        "content": st.just([{"type": "input_text", "text": "turn the light on"}]) | _json,
        "call_id": st.just("c") | _json, "name": st.just("set_light") | _json, "arguments": st.just("{}") | _json,
        "output": st.just("{}") | _json, "approval_request_id": _json, "approve": _json,
    },
)  # fmt: skip
_sound = np.random.default_rng(1).normal(size=12_000) * 3000
_SOUNDS = {
    name: base64.b64encode(each.astype(np.int16).tobytes()).decode()
    for name, each in (("noise", _sound), ("silence", _sound * 0))
}
_TOOLS = [
    {"tools": [{"type": "function", "name": "set_light"}]},
    {"tools": [{"type": "mcp", "server_label": "b", "server_url": "http://b"}], "avatar": {"character": "lisa"}},
    {"output_audio_format": "g711_ulaw", "turn_detection": {"type": "server_vad", "auto_truncate": True}},
]
_OPTIONS = [
    "modalities", "tools", "metadata", "tool_choice", "output_audio_format", "max_output_tokens", "input_items",
    "append_input_items", "cancel_previous", "conversation", "voice",
]  # fmt: skip
_event = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            [
                "session.update", "input_audio_buffer.append", "input_audio_buffer.append",
                "input_audio_buffer.commit", "input_audio_buffer.clear", "conversation.item.create",
                "conversation.item.retrieve", "conversation.item.delete", "conversation.item.truncate",
                "response.create", "response.cancel", "output_audio_buffer.clear", "session.avatar.connect", "x",
            ]
        )
        | _json
    },
    optional={
        "session": st.dictionaries(_block, _json, max_size=2)
        | st.just({"turn_detection": None}) | st.sampled_from(_TOOLS) | _json,
        "audio": st.sampled_from(sorted(_SOUNDS)) | _json,
        "item": _item | _json, "item_id": st.sampled_from(["a", "b"]) | _json,
        "previous_item_id": st.sampled_from(["a", "root"]) | _json, "content_index": _json, "audio_end_ms": _json,
        "response": st.dictionaries(st.sampled_from(_OPTIONS), _json) | _json,
        "response_id": _json, "event_id": _json,
    },
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(_event, max_size=12), st.sampled_from(["voiced", "gpt-realtime"]), st.booleans(), st.booleans())
def test_no_sequence_of_events_breaks_a_session(new_client, events, model, held, room):
    hold = (Recognise, Synthesise, Wait, PrepareGrammar) if held else ()
    client = new_client(model, hold=hold, echo_model=EchoModel(50, 0) if room else None)
    for each in events:
        sound = each.get("audio")  # by name: examples stay short enough to be shown
        client.text(
            json.dumps({**each, "audio": _SOUNDS[sound]} if isinstance(sound, str) and sound in _SOUNDS else each)
        )
    while client.held:
        client.release()
    json.dumps(client.sent)
    begun = [frame["response"]["id"] for frame in client.sent if frame["type"] == "response.created"]
    ended = [frame["response"]["id"] for frame in client.sent if frame["type"] == "response.done"]
    assert begun == ended
    (updated,) = client.send("session.update", session={})
    assert updated["type"] == "session.updated"


@given(st.text(max_size=20))
def test_text_that_is_no_event_is_an_error(new_client, text):
    assert {frame["type"] for frame in new_client().text(text)} == {"error"}


def test_deeply_nested_json_is_an_error(client):
    assert client.types(client.text("[" * 100_000)) == ["error"]


def test_expiry_may_come_without_a_word(client):
    before = len(client.sent)
    client.perform(client.session.expire(told=False))
    assert client.sent[before:] == []
    assert client.closed == 1001


OFFER = base64.b64encode(json.dumps({"type": "offer", "sdp": "v=0\r\nm=video 9 RTP/AVP 96\r\n"}).encode()).decode()


def test_an_avatar_can_be_connected_but_has_no_picture(client):
    updated, warning = client.send("session.update", session={"avatar": {"character": "lisa"}})
    assert updated["session"]["avatar"]["ice_servers"]
    assert warning["warning"]["param"] == "session.avatar"
    (connecting,) = client.send("session.avatar.connect", client_sdp=OFFER)
    assert connecting["type"] == "session.avatar.connecting"
    assert connecting["server_sdp"]
    assert client.types(client.send("output_audio_buffer.clear")) == ["output_audio_buffer.cleared"]


def test_without_an_avatar_there_is_nothing_of_it(client):
    assert client.types(client.send("session.avatar.connect", client_sdp=OFFER)) == ["error"]
    assert client.types(client.send("output_audio_buffer.clear")) == ["error"]


def test_blendshapes_are_not_promised(client):
    assert client.types(client.send("session.update", session={"animation": {"outputs": ["blendshapes"]}})) == [
        "session.updated", "warning",
    ]  # fmt: skip
    assert client.types(client.send("session.update", session={"temperature": 1})) == ["session.updated"]
