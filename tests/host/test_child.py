import asyncio
import sys

import pytest

from voiced.host import child as module
from voiced.host.child import ServingChild

ORPHAN = """
import asyncio, os, sys
from voiced.host.child import ServingChild
reader = "import os, sys; sys.stdin.read(); os.unlink(sys.argv[1])"
child = ServingChild("reader", [sys.executable, "-c", reader, sys.argv[1]], {})
asyncio.run(child.run())
"""
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


async def test_child_sees_its_standard_input_end_when_the_daemon_is_killed(tmp_path):
    mark = tmp_path / "alive"
    mark.touch()
    daemon = await asyncio.create_subprocess_exec(sys.executable, "-c", ORPHAN, str(mark))
    await asyncio.sleep(1)
    daemon.kill()
    await daemon.wait()
    async with asyncio.timeout(10):
        while mark.exists():
            await asyncio.sleep(0.02)


async def test_child_that_is_served_again_answers_on_the_same_port():
    running = child()
    async with asyncio.timeout(10):
        for _ in range(2):
            task = asyncio.create_task(running.serve())
            assert await greeting(running.port) == b"hello"
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    running.close()
