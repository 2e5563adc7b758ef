import asyncio
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from voiced.cascade.line import Line

HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)


@asynccontextmanager
async def serving(use):
    """Serves `use(line)`; gives the port and what it returned, in time."""
    done = asyncio.get_running_loop().create_future()

    async def handle(request):
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        line = Line(websocket, lambda *_: None, request.transport, patience=0.2)
        done.set_result(await use(line))
        return websocket

    application = web.Application()
    application.router.add_get("/", handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1], done
    finally:
        await runner.cleanup()


async def test_client_that_reads_nothing_is_left(caplog):
    async def speak(line):
        while line.close_code is None:
            await line.send({"type": "response.audio.delta", "delta": "A" * 1_000_000})
            if "read nothing" in caplog.text:
                break
        return [message async for message in line.messages()]

    async with serving(speak) as (port, done):
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(HANDSHAKE)
        assert await asyncio.wait_for(done, 10) == []
        writer.transport.abort()


async def test_goodbye_to_a_client_that_reads_nothing_does_not_wait_for_ever(caplog):
    async def leave(line):
        for _ in range(10):
            line._transport.write(b"x" * 1_000_000)  # what is on its way and not read
        await line.close(1001, "the end")
        return line.close_code

    async with serving(leave) as (port, done):
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(HANDSHAKE)
        await asyncio.wait_for(done, 10)
        writer.transport.abort()
    assert "read nothing" in caplog.text


async def test_messages_of_both_kinds_come_until_the_client_leaves():
    async def listen(line):
        return [message async for message in line.messages()]

    async with serving(listen) as (port, done), aiohttp.ClientSession() as http:
        connection = await http.ws_connect(f"http://127.0.0.1:{port}/")
        await connection.send_str("text")
        await connection.send_bytes(b"bytes")
        await connection.close()
        assert await done == ["text", b"bytes"]
