"""What the official SDK's client sees of each fault (reference/voice-live.md §1.4)."""

import asyncio

import aiohttp
import pytest
from azure.ai.voicelive.aio import ConnectionClosed
from azure.ai.voicelive.aio import ConnectionError as VoiceLiveConnectionError

pytestmark = pytest.mark.asyncio(loop_scope="module")

TALK = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "One two three four five six."}]}
SPEAK = {"type": "response.create", "response": {"pre_generated_assistant_message": TALK}}


def code(connection):
    """The close code that the SDK hides."""
    return connection._connection.close_code


async def keep_sending(connection, event):
    while True:
        await connection.send(event)


async def nothing_more(connection, seconds=0.2):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            await connection.recv_bytes()


@pytest.mark.parametrize("number", [1000, 1001, 1008, 1009, 1011, 1013, 4000, 4401])
async def test_close_code_arrives(rigged, number):
    rigged.breaks("close", code=number, reason="because")
    async with rigged.client() as connection:
        await connection.recv()
        with pytest.raises(ConnectionClosed) as closed:
            await connection.recv()
        assert (closed.value.code, code(connection)) == (number, number)


@pytest.mark.parametrize("fault", [{"kind": "close", "code": 1006}, {"kind": "drop"}, {"kind": "reset"}])
async def test_broken_connection_has_no_close_frame(rigged, fault):
    rigged.breaks(**fault)
    async with rigged.client() as connection:
        await connection.recv()
        with pytest.raises(ConnectionClosed):
            await connection.recv()
        assert code(connection) == 1006


async def test_reset_is_one_of_tcp(rigged):
    host, port = rigged.endpoint.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    rigged.breaks("reset")
    writer.write(
        b"GET /voice-live/realtime?api-version=2026-07-15&model=m HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
    )
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()


@pytest.mark.parametrize(
    ("oddity", "error"),
    [
        ("malformed_json", VoiceLiveConnectionError),
        ("not_an_object", AttributeError),
        ("no_object_at_all", AttributeError),
        ("empty", ConnectionClosed),
    ],
)
async def test_frame_that_is_no_event_breaks_one_reading_but_not_the_connection(rigged, oddity, error):
    rigged.breaks("inject", oddity=oddity)
    async with rigged.client() as connection:
        await connection.recv()
        with pytest.raises(error):
            await connection.recv()
        assert code(connection) is None
        await rigged.order("say", text="Hello.")
        assert (await rigged.until(connection, "response.done"))[-1]["response"]["status"] == "completed"


@pytest.mark.parametrize(
    ("oddity", "kind"),
    [("unknown_event", "response.dreamt"), ("unknown_values", "response.done"), ("no_type", None)],
)
async def test_event_that_the_sdk_does_not_know_reaches_its_caller(rigged, oddity, kind):
    rigged.breaks("inject", oddity=oddity)
    async with rigged.client() as connection:
        await connection.recv()
        event = await connection.recv()
        assert getattr(event.type, "value", event.type) == kind


async def test_binary_frame_arrives_as_such(rigged):
    rigged.breaks("inject", oddity="binary")
    async with rigged.client() as connection:
        await connection.recv()
        assert len(await connection.recv_bytes()) == 320


async def test_oversized_frame_is_too_big_for_the_sdks_own_limit(rigged):
    rigged.breaks("inject", oddity="oversized")
    async with rigged.client() as connection:
        await connection.recv()
        with pytest.raises(ConnectionClosed):
            await connection.recv()
        assert code(connection) == 1009
    async with rigged.client(connection_options={"max_msg_size": 16 * 1024 * 1024}) as connection:
        await connection.recv()
        assert len((await connection.recv()).delta) > 4 * 1024 * 1024


@pytest.mark.parametrize(
    ("answer", "status", "headers"),
    [
        ({"status": 401}, 401, {}),
        ({"status": 403}, 403, {}),
        ({"status": 404}, 404, {}),
        ({"status": 429, "retry_after": "7"}, 429, {"Retry-After": "7"}),
        ({"status": 500}, 500, {}),
        ({"status": 503}, 503, {}),
    ],
)
async def test_refusal_before_the_upgrade(rigged, answer, status, headers):
    rigged.breaks("refuse", **answer, connections=1)
    with pytest.raises(VoiceLiveConnectionError) as refused:
        async with rigged.client():
            pass
    cause = refused.value.__cause__
    assert isinstance(cause, aiohttp.WSServerHandshakeError)
    assert cause.status == status
    assert {name: cause.headers[name] for name in headers} == headers
    async with rigged.client() as connection:
        await rigged.until(connection, "session.created")


async def test_redirect_is_not_followed(rigged):
    rigged.breaks("refuse", status=302, location=f"{rigged.endpoint}/elsewhere")
    with pytest.raises((VoiceLiveConnectionError, ValueError)):
        async with rigged.client():
            pass


async def test_hanging_handshake_hangs_until_the_faults_are_cleared(rigged):
    rigged.breaks("hang", connections=1)
    opening = asyncio.create_task(rigged.client().__aenter__())
    await asyncio.wait([opening], timeout=0.2)
    assert not opening.done()
    rigged.rig.clear()
    with pytest.raises(VoiceLiveConnectionError):
        await opening


async def test_half_open_connection_is_noticed_by_the_clients_pings(rigged):
    rigged.breaks("half_open")
    async with rigged.client(connection_options={"heartbeat": 0.2}) as connection:
        await rigged.until(connection, "session.created")
        with pytest.raises(ConnectionClosed):
            await connection.recv()
        assert code(connection) == 1006


async def test_stopped_pongs_break_a_connection_that_would_go_on(rigged):
    async with rigged.client(connection_options={"heartbeat": 0.2}) as connection:
        await rigged.until(connection, "session.created")
        await nothing_more(connection, 0.5)
        await rigged.order("strike", fault={"kind": "stop_ponging"})
        with pytest.raises(ConnectionClosed):
            await connection.recv()
        assert code(connection) == 1006


async def test_stopped_reading_holds_up_the_clients_sending_until_healed(rigged):
    append = {"type": "input_audio_buffer.append", "audio": "AAAA" * 100_000}
    async with rigged.client() as connection:
        await rigged.order("strike", fault={"kind": "stop_reading"})
        sending = asyncio.create_task(keep_sending(connection, append))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(sending, 1)
        await rigged.order("clear")
        await connection.input_audio_buffer.clear()
        await rigged.until(connection, "input_audio_buffer.cleared")


async def test_stalled_reply_never_ends_but_the_session_goes_on(rigged):
    rigged.breaks("stall", after="response.audio.delta", count=2)
    async with rigged.client() as connection:
        await connection.send(SPEAK)
        found = await rigged.until(connection, "response.audio.delta")
        found += await rigged.until(connection, "response.audio.delta")
        await nothing_more(connection)
        await connection.send({"type": "conversation.item.retrieve", "item_id": "nobody"})
        assert (await rigged.until(connection, "error"))[0]["type"] == "error"


async def test_duplicated_events_have_the_same_id(rigged):
    rigged.breaks("duplicate")
    async with rigged.client() as connection:
        await rigged.until(connection, "session.created")
        await connection.session.update(session={"instructions": "Be brief."})
        first, second = await connection.recv(), await connection.recv()
        assert first.type == second.type == "session.updated"
        assert first.event_id == second.event_id


async def test_altered_events_carry_what_no_client_knows(rigged):
    rigged.breaks("alter", types="session.updated", fields={"session.mood": "bright", "session.voice.type": "hummed"})
    async with rigged.client() as connection:
        await connection.session.update(session={"instructions": "Be brief."})
        session = (await rigged.until(connection, "session.updated"))[-1]["session"]
        assert (session["mood"], session["voice"]["type"]) == ("bright", "hummed")


@pytest.mark.parametrize("direction", ["up", "down"])
async def test_slow_line_delivers_everything_in_order(rigged, direction):
    rigged.breaks("slow", direction=direction, delay_ms=20, jitter_ms=60, bytes_per_second=200_000)
    async with rigged.client() as connection:
        for number in range(10):
            item = {"type": "conversation.item.retrieve", "event_id": str(number), "item_id": "nobody"}
            await connection.send(item)
        answers = [(await rigged.until(connection, "error"))[-1]["error"]["event_id"] for _ in range(10)]
        assert answers == [str(number) for number in range(10)]


@pytest.mark.parametrize("told", [True, False])
async def test_expiry_is_told_or_just_happens(rigged, told):
    async with rigged.client() as connection:
        await rigged.until(connection, "session.created")
        await rigged.order("expire", told=told)
        if told:
            assert (await rigged.until(connection, "error"))[-1]["error"]["code"] == "session_expired"
        with pytest.raises(ConnectionClosed) as closed:
            await connection.recv()
        assert closed.value.code == 1001
