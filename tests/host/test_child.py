import asyncio
import sys

import pytest

from voiced.host import child as module
from voiced.host.child import ServingChild

SERVE = """
import socket, sys, os
listening = socket.socket(fileno=int(sys.argv[1]))
connection, _ = listening.accept()
connection.sendall(os.environ["GREETING"].encode())
connection.close()
sys.exit(int(sys.argv[2]))
"""


def child(status=0):
    return ServingChild("greeter", [sys.executable, "-c", SERVE, "{fd}", str(status)], {"GREETING": "hello"})


async def greeting(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await reader.read()
    finally:
        writer.close()


async def test_client_that_comes_before_the_child_is_ready_waits_and_is_served():
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        running = child()
        early = tasks.create_task(greeting(running.port))
        task = tasks.create_task(running.run())
        assert await early == b"hello"
        task.cancel()


async def test_child_that_ends_is_started_again_on_the_same_port(monkeypatch, caplog):
    monkeypatch.setattr(module, "RESTART_SECONDS", (0.0,))
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        running = child(status=3)
        task = tasks.create_task(running.run())
        for _ in range(3):
            assert await greeting(running.port) == b"hello"
        task.cancel()
    assert "greeter ended (status 3)" in caplog.text


async def test_cancelled_child_is_ended():
    running = ServingChild("sleeper", [sys.executable, "-c", "import time; time.sleep(60)"], {})
    task = asyncio.create_task(running.run())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
