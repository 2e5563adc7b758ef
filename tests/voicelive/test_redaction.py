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
     "password", "Cookie", "x-api-key", "accessToken", "azureApiKey", "clientSecret", "accesstoken", "X-Auth",
     "userPin", "credentials", "user_code"],
)  # fmt: skip
def test_secret_is_hidden_wherever_its_name_tells(key):
    frame = {"type": "session.update", "session": {"tools": [{"server_label": "files", key: SECRET}]}}
    hidden = without_secrets(frame)
    assert hidden["session"]["tools"][0] == {"server_label": "files", key: HIDDEN}
    assert frame["session"]["tools"][0][key] == SECRET, "what is sent stays as it is"


@pytest.mark.parametrize("secret", [{"value": SECRET}, [SECRET], 12345, 0, -1.5, {"a": {"b": [SECRET]}}])
def test_secret_is_hidden_whatever_its_type(secret):
    hidden = without_secrets({"api_key": secret, "tools": [{"authorization": secret}]})
    assert hidden == {"api_key": HIDDEN, "tools": [{"authorization": HIDDEN}]}


@pytest.mark.parametrize("secret", [None, True, "", [], {}])
def test_that_there_is_no_secret_can_be_seen(secret):
    assert without_secrets({"token": secret}) == {"token": secret}


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ({"room": "hall", "token": 12345}, {"room": "hall", "token": HIDDEN}),
        ({"pin": 1234}, {"pin": HIDDEN}),
        ({"list": [{"apiKey": {"value": SECRET, "of": "me"}}]}, {"list": [{"apiKey": HIDDEN}]}),
        ({"password": 'it\'s "odd" \\'}, {"password": HIDDEN}),
        ({"inner": json.dumps({"token": [1, 2]})}, {"inner": json.dumps({"token": HIDDEN})}),
    ],
)
def test_json_in_a_string_is_looked_through(arguments, shown):
    assert json.loads(without_secrets({"arguments": json.dumps(arguments)})["arguments"]) == shown


def test_json_that_is_nested_beyond_reason_is_hidden_and_no_fault():
    assert without_secrets({"arguments": '{"a":' * 100_000 + "1" + "}" * 100_000}) == {"arguments": HIDDEN}


@pytest.mark.parametrize("kind", ["response.function_call_arguments.delta", "response.mcp_call_arguments.delta"])
def test_pieces_of_arguments_are_hidden_because_a_secret_may_be_cut_in_two(kind):
    assert without_secrets({"type": kind, "delta": "s3cr"}) == {"type": kind, "delta": HIDDEN}


def test_code_to_sign_in_with_is_hidden():
    event = {"event": "SignInRequested", "address": "https://login.example/device", "code": SECRET}
    assert without_secrets({"at": 1.5, "event": event}) == {"at": 1.5, "event": {**event, "code": HIDDEN}}


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (f"https://mcp.example/{SECRET}/sse", f"https://mcp.example/{HIDDEN}"),
        (f"https://mcp.example:8443?x={SECRET}", f"https://mcp.example:8443/{HIDDEN}"),
        (f"https://{SECRET}@[::1]:1/", "https://[::1]:1"),
        ("https://mcp.example/", "https://mcp.example"),
        (SECRET, HIDDEN),
        (f"https://[{SECRET}", HIDDEN),
        (5, HIDDEN),
    ],
)
@pytest.mark.parametrize("key", ["server_url", "serverUrl"])
def test_of_a_remote_server_only_the_host_is_shown(key, address, shown):
    assert without_secrets({"type": "mcp", key: address}) == {"type": "mcp", key: shown}


def test_every_header_is_hidden_because_any_may_be_a_key():
    assert without_secrets({"headers": {"X-Team": SECRET}}) == {"headers": {"X-Team": HIDDEN}}
    assert without_secrets({"extraHeaders": [["X-Team", SECRET]]}) == {"extraHeaders": HIDDEN}


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
        f"password={SECRET}, room=1",
        f"accessToken: {SECRET}",
        f"Authorization: ApiKey {SECRET}",
        f'the first of it: {{"token": {{"value": "{SECRET}',
        f'{{"password": "it\'s {SECRET}", "a": …',
    ],
)
def test_secret_in_running_text_is_hidden(text):
    hidden = without_secrets({"address": text, "arguments": [text]})
    assert SECRET not in json.dumps(hidden)
    assert HIDDEN in hidden["address"]


@pytest.mark.parametrize(
    "frame",
    [
        {
            "type": "response.done",
            "response": {"usage": {"input_tokens": 5, "input_token_details": {"cached_tokens": 1}}},
        },
        {"total_tokens": 5, "max_tokens": 6, "maxTokens": 7, "max_response_output_tokens": "inf", "tokenCount": 8},
        {"arguments": '{"max_tokens":  6, "pins": [17]}', "detail": "input_tokens: 5, spin: 3", "x_api_key_id": "k"},
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
