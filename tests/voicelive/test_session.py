import asyncio
import base64

import pytest
from aiohttp import WSMsgType, web

from voiced.assistant import events as on
from voiced.assistant.events import FailureReason


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


async def test_redirect_is_refused(service, client):
    async def redirect(request):
        raise web.HTTPFound("http://127.0.0.1:9/")

    service.before = redirect
    (event,) = await client.run()
    assert isinstance(event, on.SessionFailed)


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
