"""The service as its real client sees it: the official SDK over a socket."""

import asyncio
import base64
import contextlib
import itertools
import json
import logging
import socket

import aiohttp
import pytest
from azure.ai.voicelive.aio import ConnectionError as VoiceLiveConnectionError
from azure.ai.voicelive.aio import connect
from azure.ai.voicelive.models import FunctionCallItem, FunctionCallOutputItem
from azure.core.credentials import AzureKeyCredential

from voiced.cascade.recogniser import RecogniserError
from voiced.cascade.service import serve
from voiced.cascade.settings import CascadeSettings
from voiced.cascade.speech import SpeechError

KEY = "correct-key"
PATH = "/voice-live/realtime"
VERSION = "2026-07-15"


@pytest.fixture
async def endpoint(phrases):
    try:
        async with serve(CascadeSettings(max_sessions=3), phrases, ("127.0.0.1", 0), KEY) as url:
            yield url
    except SpeechError as error:
        pytest.skip(str(error))


def client(endpoint, key=KEY, **options):
    options.setdefault("model", "voiced")
    return connect(endpoint=endpoint, credential=AzureKeyCredential(key), **options)


def kind(event):
    return getattr(event.type, "value", event.type)


async def events(connection, until="response.done"):
    found = []
    while not found or kind(found[-1]) != until:
        found.append(await asyncio.wait_for(connection.recv(), 20))
    return found


def order(found):
    return [
        each for each, _ in itertools.groupby(kind(e) for e in found if kind(e) != "response.audio_transcript.delta")
    ]


async def send_sound(connection, samples):
    data = samples.tobytes()
    for start in range(0, len(data), 6400):
        await connection.input_audio_buffer.append(audio=base64.b64encode(data[start : start + 6400]).decode())


async def set_up(connection, tools, **session):
    await connection.session.update(session={"input_audio_sampling_rate": 16_000, "tools": tools, **session})
    return (await events(connection, "session.updated"))[-1]


async def test_a_command_is_called_answered_and_spoken(endpoint, tools, say):
    async with client(endpoint) as connection:
        await set_up(connection, tools)
        await send_sound(connection, say("hey jarvis turn on the kitchen light")[5000:])
        turn = await events(connection)
        assert order(turn) == [
            "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped", "input_audio_buffer.committed",
            "conversation.item.input_audio_transcription.completed", "conversation.item.created",
            "response.created", "response.output_item.added", "conversation.item.created",
            "response.function_call_arguments.delta", "response.function_call_arguments.done",
            "response.output_item.done", "response.done",
        ]  # fmt: skip
        call = next(event for event in turn if kind(event) == "response.function_call_arguments.done")
        assert (call.name, json.loads(call.arguments)) == ("set_light", {"room": "kitchen", "state": "on"})
        assert turn[3].transcript == "turn on the kitchen light"
        output = json.dumps({"ok": True, "reply": "The kitchen light is on."})
        await connection.conversation.item.create(item=FunctionCallOutputItem(call_id=call.call_id, output=output))
        await connection.response.create()
        reply = await events(connection)
        assert order(reply) == [
            "conversation.item.created",
            "response.created", "response.output_item.added", "conversation.item.created",
            "response.content_part.added", "response.audio.delta", "response.audio.done",
            "response.audio_transcript.done", "response.content_part.done", "response.output_item.done",
            "response.done",
        ]  # fmt: skip
        assert len(b"".join(event.delta for event in reply if kind(event) == "response.audio.delta")) > 48_000
        assert reply[-1].response.output[0].content[0].transcript == "The kitchen light is on."


async def test_other_speech_is_answered_without_a_call(endpoint, tools, say):
    async with client(endpoint) as connection:
        await set_up(connection, tools)
        await send_sound(connection, say("what is the capital of france"))
        found = await events(connection)
        assert found[-1].response.output[0].content[0].transcript == "Sorry, I did not understand that."


async def test_outputs_of_two_tools_make_one_reply(endpoint):
    async with client(endpoint) as connection:
        for call_id, reply in (("call_a", "One."), ("call_b", "Two.")):
            item = FunctionCallItem(call_id=call_id, name="t", arguments="{}")
            await connection.conversation.item.create(item=item)
            output = json.dumps({"ok": True, "reply": reply})
            await connection.conversation.item.create(item=FunctionCallOutputItem(call_id=call_id, output=output))
        await connection.response.create()
        assert (await events(connection))[-1].response.output[0].content[0].transcript == "One. Two."


async def test_speaking_over_the_reply_cancels_it(endpoint, tools, say):
    text = "This reply is so long that nobody will ever hear its end, " * 6
    message = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": text}]}
    async with client(endpoint) as connection:
        await set_up(connection, tools)
        create = {"type": "response.create", "response": {"pre_generated_assistant_message": message}}
        await connection.send(create)
        await events(connection, "response.audio.delta")
        await send_sound(connection, say("stop the music"))
        done = (await events(connection))[-1].response
        assert (done.status, done.status_details.reason) == ("cancelled", "turn_detected")
        assert (await events(connection))[-1].response.output[0].name == "stop_music"


async def test_manual_turns(endpoint, tools, say):
    async with client(endpoint) as connection:
        updated = await set_up(connection, tools, turn_detection=None)
        assert updated.session.turn_detection is None
        await send_sound(connection, say("stop the music"))
        await connection.input_audio_buffer.commit()
        assert order(await events(connection, "conversation.item.created")) == [
            "input_audio_buffer.committed", "conversation.item.input_audio_transcription.completed",
            "conversation.item.created",
        ]  # fmt: skip
        await connection.response.create()
        assert (await events(connection))[-1].response.output[0].name == "stop_music"


async def test_a_refused_update_leaves_the_session_open(endpoint):
    async with client(endpoint) as connection:
        await connection.session.update(session={"voice": "nobody"})
        error = (await events(connection, "error"))[-1].error
        assert (error.type, error.param) == ("invalid_request_error", "session.voice")
        await connection.session.update(session={"instructions": "Be brief."})
        assert (await events(connection, "session.updated"))[-1].session.instructions == "Be brief."


async def test_truncating_beyond_the_end_is_an_error(endpoint):
    async with client(endpoint) as connection:
        await connection.response.create()
        item_id = (await events(connection))[-1].response.output[0].id
        await connection.conversation.item.truncate(item_id=item_id, content_index=0, audio_end_ms=99_999)
        assert (await events(connection, "error"))[-1].error.code == "invalid_value"
        await connection.conversation.item.truncate(item_id=item_id, content_index=0, audio_end_ms=100)
        assert (await events(connection, "conversation.item.truncated"))[-1].audio_end_ms == 100


@pytest.mark.parametrize("model", ["voiced", "gpt-realtime"])
async def test_both_back_ends_greet(endpoint, model):
    async with client(endpoint, model=model) as connection:
        session = (await events(connection, "session.created"))[-1].session
        assert session.id.startswith("sess_")
        assert session.voice["name"] == ("alloy" if model == "gpt-realtime" else "en-US-AvaNeural")


async def test_a_wrong_key_is_refused(endpoint):
    with pytest.raises(VoiceLiveConnectionError) as refused:
        async with client(endpoint, "wrong-key"):
            pass
    assert refused.value.__cause__.status == 401


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ({}, {"api-key": KEY}, 400),
        ({"api-version": "1999-01-01", "model": "m"}, {"api-key": KEY}, 400),
        ({"api-version": VERSION}, {"api-key": KEY}, 400),
        ({"api-version": VERSION, "agent-name": "a"}, {"api-key": KEY}, 400),
        ({"api-version": VERSION, "model": "m"}, {}, 401),
        ({"api-version": VERSION, "model": "m"}, {"Authorization": KEY}, 401),
        ({"api-version": VERSION, "model": "m"}, {"api-key": KEY, "Origin": "http://evil.example"}, 403),
        ({"api-version": VERSION, "model": "m"}, {"api-key": KEY}, 426),
    ],
)
async def test_a_wrong_request_is_refused_before_the_upgrade(endpoint, query, headers, status):
    async with aiohttp.ClientSession() as http, http.get(endpoint + PATH, params=query, headers=headers) as answer:
        assert answer.status == status
        assert (await answer.json())["error"]["message"]


@pytest.mark.parametrize(
    ("prefix", "query", "headers"),
    [
        ("", {"model": "m"}, {"Authorization": f"Bearer {KEY}"}),
        ("", {"model": "m", "api-key": KEY}, {}),
        ("", {"model": "m", "Authorization": f"Bearer {KEY}"}, {}),
        ("/some/prefix", {"agent-name": "a", "agent-project-name": "p"}, {"api-key": KEY}),
    ],
)
async def test_every_way_to_show_the_key_opens_a_session(endpoint, prefix, query, headers):
    params = {"api-version": VERSION, **query}
    address = endpoint + prefix + PATH
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(address, params=params, headers=headers) as websocket,
    ):
        assert (await websocket.receive_json())["type"] == "session.created"
        await websocket.send_bytes(b"x")
        assert (await websocket.receive_json())["type"] == "error"
        await websocket.send_str("no json")
        assert (await websocket.receive_json())["error"]["code"] == "invalid_json"


async def test_too_many_sessions_are_refused_for_a_while(endpoint):
    async with client(endpoint), client(endpoint), client(endpoint):
        with pytest.raises(VoiceLiveConnectionError) as refused:
            async with client(endpoint):
                pass
    assert refused.value.__cause__.status == 429
    assert "Retry-After" in refused.value.__cause__.headers
    async with client(endpoint) as connection:
        await events(connection, "session.created")


async def test_too_many_connections_in_a_minute_are_told_when_to_come_back(phrases):
    settings = CascadeSettings(connections_per_minute=2)
    async with serve(settings, phrases, ("127.0.0.1", 0), KEY) as url:
        with pytest.raises(VoiceLiveConnectionError):
            async with client(url, "wrong-key"):
                pass
        for _ in range(2):
            async with client(url) as connection:
                await events(connection, "session.created")
        with pytest.raises(VoiceLiveConnectionError) as refused:
            async with client(url):
                pass
    assert refused.value.__cause__.status == 429
    assert 0 < int(refused.value.__cause__.headers["Retry-After"]) <= 60


async def test_client_that_sends_nothing_is_left(phrases):
    settings = CascadeSettings(idle_minutes=0.2 / 60)
    async with (
        serve(settings, phrases, ("127.0.0.1", 0), None) as url,
        aiohttp.ClientSession() as http,
        http.ws_connect(url + PATH, params={"api-version": VERSION, "model": "m"}) as websocket,
    ):
        assert (await websocket.receive_json())["type"] == "session.created"
        closed = await websocket.receive()
        assert (closed.data, closed.extra) == (1001, "nothing was sent for too long")


async def test_message_beyond_the_limit_ends_the_session(endpoint):
    params, headers = {"api-version": VERSION, "model": "m"}, {"api-key": KEY}
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(endpoint + PATH, params=params, headers=headers) as websocket,
    ):
        assert (await websocket.receive_json())["type"] == "session.created"
        with contextlib.suppress(ConnectionError):  # it may be gone before it has been sent all of it
            await websocket.send_str("x" * 21 * 1024 * 1024)
        await websocket.receive()
        assert websocket.closed
    async with client(endpoint) as connection:
        await events(connection, "session.created")


async def test_clients_that_vanish_leave_nothing_behind(endpoint, tools, say):
    for _ in range(5):
        async with client(endpoint) as connection:
            await set_up(connection, tools)
            await send_sound(connection, say("turn on the kitchen light"))
    async with client(endpoint) as connection:
        await events(connection, "session.created")


async def test_a_session_ends_with_its_time(phrases):
    settings = CascadeSettings(session_minutes=0.2 / 60)
    async with serve(settings, phrases, ("127.0.0.1", 0), None) as url, client(url, "any") as connection:
        assert (await events(connection, "error"))[-1].error.code == "session_expired"


async def test_it_serves_on_a_socket_that_is_given(phrases):
    with socket.create_server(("127.0.0.1", 0)) as bound:
        async with serve(CascadeSettings(), phrases, bound, None) as url:
            assert url.endswith(f":{bound.getsockname()[1]}")
            async with client(url, "any") as connection:
                await events(connection, "session.created")


async def test_an_address_for_others_needs_a_key(phrases):
    with pytest.raises(ValueError, match="key"):
        async with serve(CascadeSettings(), phrases, ("0.0.0.0", 0), None):
            pass


async def test_address_for_others_with_a_key_is_served_with_a_warning(phrases, caplog):
    async with serve(CascadeSettings(), phrases, ("0.0.0.0", 0), KEY) as url:
        port = url.rpartition(":")[2]
        async with client(f"http://127.0.0.1:{port}") as connection:
            await events(connection, "session.created")
        with pytest.raises(VoiceLiveConnectionError):
            async with client(f"http://127.0.0.1:{port}", "wrong-key"):
                pass
    assert "does not encrypt" in caplog.text
    assert KEY not in caplog.text


async def test_stopping_says_goodbye_to_clients(phrases):
    async with aiohttp.ClientSession() as http:
        async with serve(CascadeSettings(), phrases, ("127.0.0.1", 0), None) as url:
            websocket = await http.ws_connect(url + PATH, params={"api-version": VERSION, "model": "m"})
            await websocket.receive_json()
            closing = asyncio.create_task(websocket.receive())
        assert (await closing).type is aiohttp.WSMsgType.CLOSE
        assert websocket.close_code == 1001
        await websocket.close()


async def test_without_a_synthesiser_it_says_what_to_install(phrases, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SpeechError, match="apt install"):
        async with serve(CascadeSettings(), phrases, ("127.0.0.1", 0), None):
            pass


async def test_without_a_recogniser_it_says_what_to_install(phrases, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pocketsphinx", None)
    with pytest.raises(RecogniserError, match="pip install pocketsphinx"):
        async with serve(CascadeSettings(), phrases, ("127.0.0.1", 0), None):
            pass


async def test_frames_are_logged_without_their_sound(endpoint, caplog):
    with caplog.at_level(logging.DEBUG, "voiced.cascade.frame_log"):
        async with client(endpoint) as connection:
            await connection.response.create()
            await events(connection)
    lines = [record.getMessage() for record in caplog.records if "->" in record.getMessage()]
    assert any("response.audio.delta" in line for line in lines)
    assert max(map(len, lines)) < 3000
