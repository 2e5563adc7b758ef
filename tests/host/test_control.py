import asyncio
import json
import logging
import os
import socket
from contextlib import asynccontextmanager

import pytest

from voiced.host import control as module
from voiced.host.control import ControlSocket


class Line:
    """A client's end of the socket."""

    def __init__(self, reader, writer):
        self._reader, self.writer = reader, writer

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self):
        return json.loads(await self._reader.readline())

    async def ended(self):
        return await self._reader.read() == b""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "control.sock"


@asynccontextmanager
async def serving(path, **more):
    async def echo(request):
        await asyncio.sleep(0)
        if "text" not in request:
            raise RuntimeError("a defect")
        return {"said": request.get("text")}

    control = ControlSocket(path, {"status": lambda: {"phase": "idle"}}, {"echo": echo, **more})
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(control.run())
        while not path.exists():
            await asyncio.sleep(0.001)
        lines = []

        async def connect():
            lines.append(Line(*await asyncio.open_unix_connection(path)))
            return lines[-1]

        yield control, connect
        for line in lines:
            line.writer.close()
        task.cancel()


async def test_verb_is_answered_and_the_line_stays_open(path):
    async with serving(path) as (_, connect):
        line = await connect()
        for _ in range(2):
            await line.send(b'{"verb": "status"}\n')
            assert await line.answer() == {"phase": "idle"}


async def test_errand_gets_the_fields_of_its_request_and_may_take_its_time(path):
    async with serving(path) as (_, connect):
        line = await connect()
        await line.send(b'{"verb": "echo", "text": "hello"}\n{"verb": "status"}\n')
        assert await line.answer() == {"said": "hello"}
        assert await line.answer() == {"phase": "idle"}


class Question:
    """An errand that is answered when the test says."""

    def __init__(self):
        self.asked, self.answered, self.taken_back = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def __call__(self, request):
        self.asked.set()
        try:
            await self.answered.wait()
        except asyncio.CancelledError:
            self.taken_back.set()
            raise
        return {"text": "Noon."}


@pytest.mark.parametrize("behind", [b"", b'{"verb": "status"}\n' * 3, b'{"verb": '])
async def test_errand_ends_when_who_asked_goes(path, behind):
    question = Question()
    async with serving(path, ask=question) as (_, connect):
        line = await connect()
        await line.send(b'{"verb": "ask"}\n' + behind)
        await question.asked.wait()
        line.writer.close()
        await question.taken_back.wait()
        other = await connect()
        await other.send(b'{"verb": "status"}\n')
        assert await other.answer() == {"phase": "idle"}


async def test_errand_ends_when_an_endless_line_comes_behind_it(path):
    question = Question()
    async with serving(path, ask=question) as (_, connect):
        line = await connect()
        await line.send(b'{"verb": "ask"}\n' + b"x" * (module.LINE_LIMIT * 3))
        await question.taken_back.wait()


async def test_many_requests_behind_an_errand_are_answered_in_order(path):
    question, many = Question(), module.REQUESTS_AHEAD + 2
    async with serving(path, ask=question) as (_, connect):
        line = await connect()
        behind = b"".join(b'{"verb": "echo", "text": %d}\n' % number for number in range(many))
        await line.send(b'{"verb": "ask"}\n' + behind)
        await question.asked.wait()
        question.answered.set()
        assert await line.answer() == {"text": "Noon."}
        assert [(await line.answer())["said"] for _ in range(many)] == list(range(many))


async def shut(request):
    answer = await request.ask({"question": "Shall I?"})
    return {"told": answer.get("approve")}


async def test_errand_may_ask_who_asked_past_the_requests_that_wait(path):
    async with serving(path, shut=shut) as (_, connect):
        line = await connect()
        await line.send(b'{"verb": "shut"}\n{"verb": "status"}\n')
        assert await line.answer() == {"question": "Shall I?"}
        await line.send(b'{"approve": true}\n')
        assert await line.answer() == {"told": True}
        assert await line.answer() == {"phase": "idle"}


async def test_errand_that_asks_again_gets_the_next_answer_and_nonsense_is_none(path):
    async def twice(request):
        return {"told": [(await shut(request))["told"] for _ in range(2)]}

    async with serving(path, shut=twice) as (_, connect):
        line = await connect()
        await line.send(b'{"verb": "shut"}\n')
        for answer in (b"junk\n", b'{"approve": true}\n'):
            assert await line.answer() == {"question": "Shall I?"}
            await line.send(answer)
        assert await line.answer() == {"told": [None, True]}


async def test_who_goes_in_place_of_an_answer_ends_the_errand(path):
    ended = asyncio.Event()

    async def waiting(request):
        try:
            return await shut(request)
        finally:
            ended.set()

    async with serving(path, shut=waiting) as (_, connect):
        line = await connect()
        await line.send(b'{"verb": "shut"}\n')
        await line.answer()
        line.writer.close()
        await ended.wait()


async def test_errand_that_breaks_is_told_and_the_line_stays_open(path, caplog):
    async with serving(path) as (_, connect):
        line = await connect()
        await line.send(b'{"verb": "echo"}\n{"verb": "status"}\n')
        assert await line.answer() == {"error": "echo broke; the journal says how"}
        assert await line.answer() == {"phase": "idle"}
    assert "a defect" in caplog.text


@pytest.mark.parametrize("request_", [b'{"verb": "dance"}\n', b"junk\n", b"[]\n", b'{"verb": 3}\n', b"\xff\n"])
async def test_nonsense_is_answered_with_the_known_verbs(path, request_):
    async with serving(path) as (_, connect):
        line = await connect()
        await line.send(request_)
        assert "known: echo, follow, status" in (await line.answer())["error"]


async def test_endless_line_ends_that_connection_only(path):
    async with serving(path) as (_, connect):
        line = await connect()
        await line.send(b"x" * (module.LINE_LIMIT * 3))
        other = await connect()
        await other.send(b'{"verb": "status"}\n')
        assert await other.answer() == {"phase": "idle"}


async def test_follower_gets_the_status_and_then_every_event(path):
    async with serving(path) as (control, connect):
        line = await connect()
        await line.send(b'{"verb": "follow"}\n')
        assert await line.answer() == {"event": "status", "phase": "idle"}
        control.publish({"event": "phase", "phase": "listening"})
        assert await line.answer() == {"event": "phase", "phase": "listening"}


async def test_follower_that_does_not_read_is_disconnected(path, caplog):
    async with serving(path) as (control, connect):
        line = await connect()
        await line.send(b'{"verb": "follow"}\n')
        await line.answer()
        for _ in range(module.FOLLOWER_EVENTS + 2):  # without a chance for the loop to send
            control.publish({"event": "x"})
        assert "too slow" in caplog.text
        assert not control._followers


async def test_socket_is_for_the_group_only_and_goes_with_the_daemon(path):
    async with serving(path):
        assert path.stat().st_mode & 0o777 == 0o660
    assert not path.exists()


async def test_place_that_cannot_hold_a_socket_is_one_warning(tmp_path, caplog):
    (tmp_path / "run").write_text("")
    await ControlSocket(tmp_path / "run" / "control.sock", {}).run()
    assert "no control socket" in caplog.text


async def test_follower_that_goes_is_forgotten_at_once(path):
    async with serving(path) as (control, connect):
        line = await connect()
        await line.send(b'{"verb": "follow"}\n')
        await line.answer()
        line.writer.close()
        while control._followers:
            await asyncio.sleep(0.001)


async def test_any_text_of_a_device_can_be_told(path):
    async with serving(path) as (control, connect):
        line = await connect()
        await line.send(b'{"verb": "follow"}\n')
        await line.answer()
        control.publish({"event": "tool", "output": "\ud83d"})
        assert (await line.answer())["output"] == "\ud83d"


async def test_second_daemon_leaves_the_socket_to_the_first(path, caplog):
    async with serving(path) as (_, connect):
        await ControlSocket(path, {}).run()
        assert "another daemon" in caplog.text
        line = await connect()
        await line.send(b'{"verb": "status"}\n')
        assert await line.answer() == {"phase": "idle"}


async def test_who_asks_for_something_is_logged_with_their_identity(path, caplog):
    caplog.set_level(logging.INFO)
    async with serving(path) as (_, connect):
        line = await connect()
        await line.send(b'{"verb": "status"}\n')
        await line.answer()
        await line.send(b'{"verb": "echo", "text": "x"}\n')
        await line.answer()
    assert [record.getMessage() for record in caplog.records if record.name == "voiced.host.control"] == [
        f"control: echo, asked by process {os.getpid()} of user {os.getuid()}, group {os.getgid()}"
    ]


@pytest.mark.parametrize("request_", ["status", "follow"])
def test_client_that_stays_to_the_end_is_no_error(path, request_, caplog):
    async def life(client):
        serving = asyncio.create_task(ControlSocket(path, {"status": dict}).run())
        while not path.exists():
            await asyncio.sleep(0)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(client, str(path))
        await loop.sock_sendall(client, json.dumps({"verb": request_}).encode() + b"\n")
        await loop.sock_recv(client, 4096)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    with socket.socket(socket.AF_UNIX) as client:
        client.setblocking(False)  # noqa: FBT003 (the standard library's signature)
        asyncio.run(life(client))  # which cancels what is left
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_request_of_nested_brackets_is_no_request_and_no_fault(path, caplog):
    async with serving(path) as (_, connect):
        line = await connect()
        await line.send(b"[" * 60_000 + b"\n")
        assert "unknown verb" in (await line.answer())["error"]
    assert caplog.records == []
