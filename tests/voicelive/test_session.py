import asyncio
import base64
import gc
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import WSMsgType, web

from voiced.assistant import events as on
from voiced.assistant.events import FailureReason
from voiced.voicelive.connection import LARGEST_FRAME, Link, Target
from voiced.voicelive.credentials import KeyCredential
from voiced.voicelive.failures import CredentialError, Failure, Remedy
from voiced.voicelive.session import Session


async def test_session_is_opened_with_key_model_version_and_settings(service, client):
    task = asyncio.create_task(client.run())
    await client.until(on.SessionOpened)
    assert service.headers["api-key"] == "key"
    assert service.query["model"] == "gpt-realtime"
    assert service.query["api-version"] == "2026-07-15"
    assert service.received[0]["session"] == {"modalities": ["text", "audio"], "tools": []}
    client.session.close()
    assert (await task)[-1] == on.SessionClosed()


async def test_audio_and_requests_go_out_in_order_and_the_first_sound_is_told(service, client):
    done = asyncio.Event()

    async def script(socket):
        await service.expect(socket, "session.update")
        await service.send(socket, type="session.updated")
        await service.expect(socket, "response.create")
        done.set()
        await socket.receive()

    service.script = script
    task = asyncio.create_task(client.run())
    await client.until(on.SessionOpened)
    client.session.send_audio(b"\1\0" * 320)
    client.session.send_audio(b"\2\0" * 320)
    client.session.send_tool_output("call_1", "out")
    client.session.truncate("msg_1", 380)
    client.session.request_reply()
    await done.wait()
    client.session.close()
    await task
    append, item, truncate, create = service.received[1:]
    assert base64.b64decode(append["audio"]) == b"\1\0" * 320 + b"\2\0" * 320
    assert item["item"] == {"type": "function_call_output", "call_id": "call_1", "output": "out"}
    assert (truncate["item_id"], truncate["content_index"], truncate["audio_end_ms"]) == ("msg_1", 0, 380)
    assert create["type"] == "response.create"
    assert [type(event) for event in client.events].count(on.UplinkBegan) == 1


async def test_what_is_asked_for_before_the_session_is_open_comes_after_its_settings(service, client):
    done = asyncio.Event()

    async def script(socket):
        await service.expect(socket, "session.update")
        await service.send(socket, type="session.updated")
        await service.expect(socket, "response.create")
        done.set()
        await socket.receive()

    service.script = script
    client.session.send_item({"type": "message"})
    client.session.ask_user("Dinner is ready.", "announcement")
    task = asyncio.create_task(client.run())
    async with asyncio.timeout(10):
        await done.wait()
    client.session.close()
    await task
    assert [event["type"] for event in service.received] == [
        "session.update", "conversation.item.create", "response.create",
    ]  # fmt: skip


async def test_other_tools_are_told_once_and_only_to_a_session_that_has_begun(service, client):
    done = asyncio.Event()

    async def script(socket):
        await service.expect(socket, "session.update")
        await service.send(socket, type="session.updated")
        await service.expect(socket, "session.update")
        done.set()
        await socket.receive()

    service.script = script
    early, late = [{"type": "function", "name": "early"}], [{"type": "function", "name": "late"}]
    client.session.set_tools(early)
    task = asyncio.create_task(client.run())
    await client.until(on.SessionOpened)
    for tools in (early, late, late):
        client.session.set_tools(tools)
    await done.wait()
    client.session.close()
    await task
    first, second = service.received
    assert first["session"] == {"modalities": ["text", "audio"], "tools": early}
    assert second["session"] == {"tools": late}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, FailureReason.NOT_FOUND),
        (401, FailureReason.REFUSED),
        (403, FailureReason.REFUSED),
        (404, FailureReason.NOT_FOUND),
        (429, FailureReason.BUSY),
        (500, FailureReason.BUSY),
        (503, FailureReason.BUSY),
    ],
)
async def test_refused_handshake_is_classified_by_its_status(service, client, status, reason):
    async def refuse(request):
        return web.json_response({"error": {}}, status=status)

    service.before = refuse
    (event,) = await client.run()
    assert event.reason is reason
    assert str(status) in event.detail


async def test_nobody_listening_is_unreachable(client_of):
    (event,) = await client_of("http://127.0.0.1:9").run()
    assert event.reason is FailureReason.UNREACHABLE


async def test_name_that_does_not_exist_is_unreachable(client_of):
    (event,) = await client_of("https://voiced.invalid").run()
    assert event.reason is FailureReason.UNREACHABLE
    assert "voiced.invalid" in event.detail


async def test_tls_to_a_plain_port_is_unreachable(service, client_of):
    (event,) = await client_of(service.url.replace("http", "https")).run()
    assert event.reason is FailureReason.UNREACHABLE


async def test_hanging_handshake_times_out_and_leaks_nothing(service, client_of):
    async def hang(request):
        await asyncio.sleep(60)

    service.before = hang
    (event,) = await client_of(service.url, connect_seconds=0.2).run()
    assert event.reason is FailureReason.TIMED_OUT  # an unclosed ClientSession would be a warning, and so an error


async def test_cancelled_handshake_leaks_nothing(service, client):
    reached = asyncio.Event()

    async def hang(request):
        reached.set()
        await asyncio.sleep(60)

    service.before = hang
    task = asyncio.create_task(client.session.run())
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (1000, None),
        (1001, FailureReason.LOST),
        (1008, FailureReason.REFUSED),
        (1011, FailureReason.LOST),
        (1012, FailureReason.BUSY),
        (1013, FailureReason.BUSY),
        (4000, FailureReason.LOST),
    ],
)
async def test_close_code_decides_the_ending(service, client, code, expected):
    async def script(socket):
        await service.expect(socket, "session.update")
        await service.send(socket, type="session.updated")
        await socket.close(code=code)

    service.script = script
    ending = (await client.run())[-1]
    assert ending == on.SessionClosed() if expected is None else ending.reason is expected


async def test_expired_session_is_told_apart_from_a_lost_one(service, client):
    async def script(socket):
        await service.expect(socket, "session.update")
        await service.send(
            socket, type="error", error={"type": "x", "code": "session_expired", "message": "60 minutes"}
        )
        await socket.close(code=1001)

    service.script = script
    assert (await client.run())[-1].reason is FailureReason.EXPIRED


async def test_connection_cut_without_goodbye_is_lost_though_the_sdk_calls_it_1000(service, client):
    async def script(socket):
        await service.expect(socket, "session.update")
        await service.send(socket, type="session.updated")
        socket._req.transport.abort()

    service.script = script
    assert (await client.run())[-1].reason is FailureReason.LOST


async def test_refused_settings_end_the_session_with_the_services_words(service, client):
    async def script(socket):
        event = await service.expect(socket, "session.update")
        error = {"type": "invalid_request_error", "code": "invalid_value", "message": "no such voice", "param": "voice"}
        await service.send(socket, type="error", error={**error, "event_id": event["event_id"]})
        await socket.receive()

    service.script = script
    ending = (await client.run())[-1]
    assert ending.reason is FailureReason.REJECTED
    assert ending.detail == "no such voice (voice)"


@pytest.mark.parametrize(
    "junk", ["not json", "[1]", '"text"', "null", "{}", '{"type": 7}', '{"type": "brand.new"}', ""]
)
async def test_frame_that_makes_no_sense_is_passed_over(service, client, junk):
    async def script(socket):
        await service.expect(socket, "session.update")
        await socket.send_str(junk)
        await service.send(socket, type="session.updated")
        async for message in socket:
            assert message.type is WSMsgType.TEXT

    service.script = script
    task = asyncio.create_task(client.run())
    await client.until(on.SessionOpened)
    client.session.close()
    assert (await task)[-1] == on.SessionClosed()


async def test_settings_accepted_twice_open_once(service, client):
    async def script(socket):
        await service.expect(socket, "session.update")
        await service.send(socket, type="session.updated")
        await service.send(socket, type="session.updated")
        await socket.close()

    service.script = script
    assert [type(event) for event in await client.run()].count(on.SessionOpened) == 1


async def test_closed_sessions_leave_no_task_behind(service, client_of):
    before = len(asyncio.all_tasks())
    for _ in range(20):
        client = client_of(service.url)
        task = asyncio.create_task(client.run())
        await client.until(on.SessionOpened)
        client.session.close()
        await task
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) <= before + 2


async def test_session_that_is_cancelled_is_so_though_its_connection_breaks_as_it_closes(service, client, monkeypatch):
    real = Link.close

    async def breaks(link):
        await real(link)
        raise OSError("broke while closing")

    monkeypatch.setattr(Link, "close", breaks)
    task = asyncio.create_task(client.run())
    await client.until(on.SessionOpened)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_closing_while_connecting_ends_at_once_and_leaks_nothing(service, client):
    reached = asyncio.Event()

    async def hang(request):
        reached.set()
        await asyncio.sleep(60)

    service.before = hang
    task = asyncio.create_task(client.run())
    await reached.wait()
    client.session.close()
    assert await asyncio.wait_for(task, 2) == [on.SessionClosed()]


# -- opening ----------------------------------------------------------------------------------------------------------


async def test_each_connection_carries_an_id_for_the_services_support(service, client_of):
    seen = []
    for _ in range(2):
        client = client_of(service.url)
        task = asyncio.create_task(client.run())
        await client.until(on.SessionOpened)
        client.session.close()
        await task
        assert service.headers["x-ms-client-request-id"] == client.session.request_id
        seen.append(client.session.request_id)
    assert len(set(seen)) == 2


async def test_projects_address_is_answered_by_its_resource(service, client_of):
    client = client_of(f"{service.url}/api/projects/home")
    task = asyncio.create_task(client.run())
    await client.until(on.SessionOpened)
    client.session.close()
    await task


async def test_service_that_never_accepts_the_settings_times_out(service, client_of):
    async def script(socket):
        await service.send(socket, type="session.created", session={})
        async for _ in socket:
            pass

    service.script = script
    client = client_of(service.url, connect_seconds=0.2)
    (event,) = await client.run()
    assert event.reason is FailureReason.TIMED_OUT
    assert client.failure.remedy is Remedy.RETRY_NOW


async def test_session_that_is_open_lasts_longer_than_opening_may_take(service, client_of):
    told = asyncio.Event()

    async def script(socket):
        await service.expect(socket, "session.update")
        await service.send(socket, type="session.updated")
        await told.wait()
        await service.send(socket, type="response.created", response={"id": "r"})
        await socket.receive()

    service.script = script
    client = client_of(service.url, connect_seconds=0.2)
    task = asyncio.create_task(client.run())
    await client.until(on.SessionOpened)
    await asyncio.sleep(0.3)  # past the deadline
    told.set()
    await client.until(on.ReplyStarted)
    client.session.close()
    await task
    assert client.failure is None


async def test_credential_that_never_comes_times_out(service, client_of):
    class Slow(KeyCredential):
        async def proof(self):
            await asyncio.Event().wait()

    client = client_of(service.url, connect_seconds=0.1, credential=Slow(lambda: ""))
    (event,) = await client.run()
    assert event.reason is FailureReason.TIMED_OUT


async def test_credential_that_can_not_be_had_is_told_without_asking_the_service(service, client_of):
    failure = Failure(FailureReason.REFUSED, Remedy.FIX_CONFIGURATION, "the file is missing")

    def read():
        raise CredentialError(failure)

    client = client_of(service.url, credential=KeyCredential(read))
    assert await client.run() == [failure.event()]
    assert service.headers == {}


async def test_what_the_model_is_to_know_goes_out_after_the_settings(service, client_of):
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}
    seen = asyncio.Event()

    async def script(socket):
        await service.expect(socket, "conversation.item.create")
        seen.set()
        await socket.receive()

    service.script = script
    client = client_of(service.url, seed=[item])
    task = asyncio.create_task(client.run())
    await seen.wait()
    client.session.close()
    await task
    assert [event["type"] for event in service.received] == ["session.update", "conversation.item.create"]
    assert service.received[1]["item"] == item


@pytest.mark.parametrize(
    ("headers", "status", "after"), [({"Retry-After": "17"}, 429, 17.0), ({"Retry-After": "2"}, 503, 2.0)]
)
async def test_busy_service_tells_when_to_come_back(service, client, headers, status, after):
    async def refuse(request):
        return web.json_response({}, status=status, headers=headers)

    service.before = refuse
    await client.run()
    assert (client.failure.remedy, client.failure.after) == (Remedy.RETRY_LATER, after)


async def test_something_else_that_answers_there_is_for_the_owner(service, client):
    async def greet(request):
        return web.Response(text="Welcome to the hotel's network")

    service.before = greet
    (event,) = await client.run()
    assert event.reason is FailureReason.NOT_FOUND
    assert client.failure.remedy is Remedy.FIX_CONFIGURATION


async def test_redirect_is_for_the_owner(service, client):
    async def redirect(request):
        raise web.HTTPFound("http://127.0.0.1:9/")

    service.before = redirect
    (event,) = await client.run()
    assert event.reason is FailureReason.NOT_FOUND
    assert client.failure.remedy is Remedy.FIX_CONFIGURATION


async def test_connection_reset_in_the_handshake_is_tried_again(service, client):
    async def reset(request):
        request.transport.abort()
        return web.Response()

    service.before = reset
    (event,) = await client.run()
    assert event.reason is FailureReason.UNREACHABLE
    assert client.failure.remedy is Remedy.RETRY_NOW


# -- TLS and proxies --------------------------------------------------------------------------------------------------


@pytest.fixture
def answered(client_of):
    """Opens a session; gives the client once it is over."""

    async def answer(url, **target):
        client = client_of(url, **target)
        task = asyncio.create_task(client.run())
        while not task.done() and not client.session.opened:
            await asyncio.sleep(0.001)
        client.session.close()
        await task
        return client

    return answer


async def test_certificate_of_an_authority_that_is_trusted_is_accepted(service_behind, secure, trust, answered):
    async with service_behind(secure()) as service:
        client = await answered(service.url, trust=trust)
    assert client.session.opened
    assert client.failure is None


async def test_certificate_that_is_not_valid_yet_means_a_wrong_clock(service_behind, secure, trust, answered):
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    async with service_behind(secure(not_before=tomorrow, not_after=tomorrow + timedelta(days=9))) as service:
        client = await answered(service.url, trust=trust)
    assert client.events[-1].reason is FailureReason.WRONG_CLOCK
    assert "clock" in client.failure.detail


async def test_certificate_that_has_expired_is_for_the_owner(service_behind, secure, trust, answered):
    past = datetime.now(UTC) - timedelta(days=9)
    async with service_behind(secure(not_before=past, not_after=past + timedelta(days=1))) as service:
        client = await answered(service.url, trust=trust)
    assert client.failure.remedy is Remedy.FIX_CONFIGURATION
    assert "expired" in client.failure.detail


async def test_certificate_of_another_name_is_for_the_owner(service_behind, secure, trust, answered):
    async with service_behind(secure("elsewhere.example")) as service:
        client = await answered(service.url, trust=trust)
    assert client.failure.remedy is Remedy.FIX_CONFIGURATION
    assert "no trust in localhost" in client.failure.detail


async def test_certificate_of_an_authority_nobody_knows_is_for_the_owner(service_behind, secure, answered):
    async with service_behind(secure()) as service:
        client = await answered(service.url)
    assert client.failure.remedy is Remedy.FIX_CONFIGURATION
    assert "no trust in localhost" in client.failure.detail


async def test_session_goes_through_a_proxy(service_behind, secure, trust, answered, tunnel):
    async with service_behind(secure("voice.test")) as service:
        port = service.url.rpartition(":")[2]
        client = await answered(
            f"https://voice.test:{port}", trust=trust, proxy=f"http://127.0.0.1:{tunnel.port}", connect_seconds=5
        )
    assert client.failure is None
    assert tunnel.connected_to == [f"voice.test:{port}"]


async def test_proxy_that_refuses_is_for_the_owner(answered, tunnel):
    tunnel.status = 407
    client = await answered("https://voice.test", proxy=f"http://127.0.0.1:{tunnel.port}")
    assert client.failure.remedy is Remedy.FIX_CONFIGURATION
    assert "407" in client.failure.detail


async def test_proxy_that_is_not_there_is_told_as_that(answered):
    client = await answered("https://voice.test", proxy="http://127.0.0.1:9")
    assert client.failure.remedy is Remedy.RETRY_NOW
    assert "proxy" in client.failure.detail


# -- dead links and strange frames ------------------------------------------------------------------------------------


def open_sockets_to(port):
    """This process' client sockets that the event loop still holds."""
    transports = [thing for thing in gc.get_objects() if isinstance(thing, asyncio.Transport)]
    peers = [each.get_extra_info("peername") for each in transports if getattr(each, "_sock", None) is not None]
    return [peer for peer in peers if peer and peer[1] == port]


@pytest.mark.parametrize("talking", [False, True])
async def test_link_that_falls_silent_is_noticed(service, client_of, tunnel, talking):
    """As when the Wi-Fi goes: nothing is closed, nothing arrives. With a full send buffer, too."""
    tunnel.target = ("localhost", int(service.url.rpartition(":")[2]))
    client = client_of(f"http://127.0.0.1:{tunnel.port}", heartbeat=0.1)
    task = asyncio.create_task(client.run())
    await client.until(on.SessionOpened)
    tunnel.silent.set()
    if talking:
        while not task.done():
            client.session.send_audio(bytes(320_000))
            await asyncio.sleep(0.001)
    await task
    await asyncio.sleep(0)
    assert not open_sockets_to(tunnel.port), "a socket with unsent bytes would linger for a quarter of an hour"
    assert client.events[-1].reason is FailureReason.LOST
    assert client.failure.remedy is Remedy.RETRY_NOW


async def test_frame_bigger_than_any_ends_the_session_without_a_retry(service, client):
    async def script(socket):
        await service.expect(socket, "session.update")
        await service.send(socket, type="session.updated")
        await socket.send_str('"' + "x" * (LARGEST_FRAME + 1) + '"')
        await socket.receive()

    service.script = script
    await client.run()
    assert client.events[-1].reason is FailureReason.LOST
    assert client.failure.remedy is Remedy.GIVE_UP


async def test_binary_frame_is_read_like_any_other(service, client):
    async def script(socket):
        await service.expect(socket, "session.update")
        await socket.send_bytes(b"\xff\xfe")
        await socket.send_bytes(b'{"type": "session.updated"}')
        await socket.receive()

    service.script = script
    task = asyncio.create_task(client.run())
    await client.until(on.SessionOpened)
    client.session.close()
    assert (await task)[-1] == on.SessionClosed()


async def test_service_that_guesses_what_was_heard_is_not_told(service):
    async def script(socket):
        await service.expect(socket, "session.update")
        await service.send(socket, type="session.updated")
        await service.expect(socket, "response.create")
        await socket.close()

    def emit(event):
        if isinstance(event, on.SessionOpened):
            session.truncate("msg_1", 380)
            session.request_reply()

    service.script = script
    request = {"turn_detection": {"type": "azure_semantic_vad", "auto_truncate": True}}
    target = Target(service.url, "gpt-realtime", "2026-07-15")
    session = Session(target, KeyCredential(lambda: "key"), request, emit)
    async with asyncio.timeout(10):
        await session.run()
    assert [event["type"] for event in service.received] == ["session.update", "response.create"]
