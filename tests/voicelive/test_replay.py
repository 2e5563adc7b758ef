import asyncio
import base64
import socket

import aiohttp
import pytest

from voiced.assistant import events as on
from voiced.voicelive.recording import RecordedFrame, RecordedSession, Recording
from voiced.voicelive.replay import serve
from voiced.voicelive.tap import Direction

SOUND = base64.b64encode(b"\1\2" * 100).decode()


def session(*steps, ended=None):
    """A recorded session of (direction, fields) a tenth of a second apart."""
    frames = [RecordedFrame(number / 10, direction, frame) for number, (direction, frame) in enumerate(steps)]
    return RecordedSession("azure", frames, ended)


def sent(kind, **fields):
    return Direction.SENT, {"type": kind, **fields}


def received(kind, **fields):
    return Direction.RECEIVED, {"type": kind, **fields}


OPENING = (sent("session.update", session={}), received("session.updated"))
REPLY = (
    received("response.created", response={"id": "r"}),
    received("response.audio.delta", response_id="r", item_id="m", delta=SOUND),
    received("response.done", response={"id": "r", "status": "completed"}),
)
TOOL = (
    received("response.function_call_arguments.done", response_id="r", call_id="c", name="lamp", arguments="{}"),
    sent("conversation.item.create", item={"type": "function_call_output", "call_id": "c", "output": "{}"}),
    sent("response.create"),
)


@pytest.fixture
async def replay(client_of):
    """Runs a client of the voicelive tests against recorded sessions; `act` may use it meanwhile."""

    async def run(*sessions, act=None, fast=True, patience=5.0):
        told = []
        listening = socket.create_server(("127.0.0.1", 0))
        recording = Recording({}, sessions, (), truncated=False)
        async with serve(recording, listening, fast=fast, tell=told.append, patience=patience) as url:
            client = client_of(url)
            running = asyncio.create_task(client.run())
            try:
                async with asyncio.timeout(10):
                    await (act or leave_after_the_reply)(client)
            finally:
                client.session.close()
                await running
        return client, told

    return run


async def leave_after_the_reply(client):
    await client.until(on.ReplyFinished)


async def test_recorded_frames_come_as_the_events_they_were(replay):
    client, told = await replay(session(*OPENING, *REPLY))
    assert client.events == [
        on.SessionOpened(),
        on.ReplyStarted("r"),
        on.ReplyAudioReceived("r", "m", b"\1\2" * 100),
        on.ReplyFinished("r", "completed"),
        on.SessionClosed(),
    ]
    assert told == []


async def test_sound_that_was_not_recorded_is_silence_of_its_length(replay):
    delta = received("response.audio.delta", response_id="r", item_id="m", delta="", audio_bytes=30)
    client, _ = await replay(session(*OPENING, delta, REPLY[-1]))
    assert on.ReplyAudioReceived("r", "m", bytes(30)) in client.events


async def test_what_followed_a_tools_output_waits_for_it(replay):
    async def answer(client):
        await client.until(on.FunctionCalled)
        await asyncio.sleep(0.05)
        assert not any(isinstance(event, on.ReplyStarted) for event in client.events)
        client.session.send_tool_output("c", "{}")
        client.session.request_reply()
        await client.until(on.ReplyFinished)

    _, told = await replay(session(*OPENING, *TOOL, *REPLY), act=answer)
    assert told == []


async def test_speaker_that_does_something_else_is_told_of_and_waited_for_no_longer(replay):
    client, told = await replay(session(*OPENING, *TOOL, *REPLY), patience=0.05)
    assert [line.split(" (")[0] for line in told] == [
        "the speaker has not sent conversation.item.create",
        "the speaker has not sent response.create",
    ]
    assert isinstance(client.events[-2], on.ReplyFinished)


async def test_truncation_is_not_waited_for(replay):
    barge_in = (sent("conversation.item.truncate"), sent("response.cancel"))
    _, told = await replay(session(*OPENING, *barge_in, *REPLY), patience=0.05)
    assert told == []


async def test_first_sound_is_waited_for_and_no_more(replay):
    async def speak(client):
        await client.until(on.SessionOpened)
        client.session.send_audio(bytes(2000))
        await client.until(on.ReplyFinished)

    sounds = [sent("input_audio_buffer.append", audio="")] * 50
    client, told = await replay(session(*OPENING, *sounds, *REPLY), act=speak)
    assert told == []
    assert client.events.index(on.UplinkBegan()) < client.events.index(on.ReplyStarted("r"))


async def test_recorded_pace_is_kept_unless_it_shall_be_fast(replay):
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await replay(session(*OPENING, *REPLY), fast=False)
    assert loop.time() - begun >= 0.4, "five steps of a tenth of a second"


async def test_each_connection_gets_the_next_session(replay, client_of):
    second = session(*OPENING, received("response.done", response={"id": "r2", "status": "completed"}))

    async def connect_again(client):
        await client.until(on.ReplyFinished)
        again = client_of(client.session._target.endpoint)
        running = asyncio.create_task(again.run())
        assert (await again.until(on.ReplyFinished)).response_id == "r2"
        again.session.close()
        await running

    client, _ = await replay(session(*OPENING, *REPLY), second, act=connect_again)
    assert on.ReplyFinished("r", "completed") in client.events


async def test_session_that_broke_breaks_again(replay):
    async def wait(client):
        await client.until(on.SessionFailed)

    client, _ = await replay(session(*OPENING, ended=0.3), act=wait)
    assert client.failure is not None


async def test_page_in_a_browser_is_not_served():
    listening = socket.create_server(("127.0.0.1", 0))
    recording = Recording({}, (session(*OPENING),), (), truncated=False)
    async with serve(recording, listening, fast=True, tell=print) as url, aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(f"{url}/voice-live/realtime", headers={"Origin": "http://evil.example"})


async def test_recording_without_any_service_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as listening, pytest.raises(ValueError, match="nothing to replay"):
        async with serve(Recording({}, (session(OPENING[0]),), (), truncated=False), listening, fast=True, tell=print):
            pass
