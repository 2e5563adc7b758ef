import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.voicelive.redaction import AUDIO_BYTES, HIDDEN, without_secrets, without_sound

SECRET = "s3cr3t-Value.9"
values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)


@pytest.mark.parametrize(
    "key",
    ["authorization", "Authorization", "api-key", "api_key", "apiKey", "token", "access_token", "client_secret",
     "password", "Cookie", "x-api-key"],
)  # fmt: skip
def test_secret_is_hidden_wherever_its_name_tells(key):
    frame = {"type": "session.update", "session": {"tools": [{"server_label": "files", key: SECRET}]}}
    hidden = without_secrets(frame)
    assert hidden["session"]["tools"][0] == {"server_label": "files", key: HIDDEN}
    assert frame["session"]["tools"][0][key] == SECRET, "what is sent stays as it is"


def test_every_header_is_hidden_because_any_may_be_a_key():
    assert without_secrets({"headers": {"X-Team": SECRET}}) == {"headers": {"X-Team": HIDDEN}}


@pytest.mark.parametrize(
    "text",
    [
        f"https://house.example/mcp?room=1&token={SECRET}",
        f"https://house.example/mcp?code={SECRET}&room=1",
        f"https://blob.example/x?sv=1&sig={SECRET}",
        f"https://me:{SECRET}@house.example/",
        f"Authorization: Bearer {SECRET}",
        json.dumps({"url": "http://x", "api_key": SECRET}),
        json.dumps(json.dumps({"password": SECRET})),
        f"password = '{SECRET}'",
    ],
)
def test_secret_in_running_text_is_hidden(text):
    hidden = without_secrets({"server_url": text, "arguments": [text]})
    assert SECRET not in json.dumps(hidden)
    assert HIDDEN in hidden["server_url"]


@pytest.mark.parametrize(
    "frame",
    [
        {
            "type": "response.done",
            "response": {"usage": {"input_tokens": 5, "input_token_details": {"cached_tokens": 1}}},
        },
        {
            "type": "session.update",
            "session": {"max_response_output_tokens": 100, "instructions": "Keys are in the bowl."},
        },
        {"type": "response.function_call_arguments.done", "call_id": "c", "arguments": '{"room": "kitchen"}'},
        {"type": "conversation.item.created", "item": {"text": "What's the password? I forgot the token."}},
        {"delta": base64.b64encode(bytes(1000)).decode()},
    ],
)
def test_what_is_no_secret_stays(frame):
    assert without_secrets(frame) == frame


@given(st.recursive(values | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_anything_json_holds_can_be_looked_through(value):
    json.dumps(without_secrets(value))
    json.dumps(without_sound(value))


@given(st.binary(max_size=50))
def test_sound_that_is_left_out_has_its_length(sound):
    coded = base64.b64encode(sound).decode()
    assert without_sound({"type": "response.audio.delta", "delta": coded}) == {
        "type": "response.audio.delta", "delta": "", AUDIO_BYTES: len(sound),
    }  # fmt: skip
    sent = {"item": {"content": [{"type": "input_audio", "audio": coded}]}}
    assert without_sound(sent)["item"]["content"][0][AUDIO_BYTES] == len(sound)


def test_words_are_no_sound():
    frame = {"type": "response.audio_transcript.delta", "delta": "hello"}
    assert without_sound(frame) == frame
