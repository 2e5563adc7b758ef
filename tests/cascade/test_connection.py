"""A client's connection: what it takes of the event loop, and what its stages may do to it."""

import asyncio
import base64
import json
import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from voiced.cascade.connection import Connection
from voiced.cascade.ears import Ears
from voiced.cascade.grammar import Plain, build_grammar
from voiced.cascade.recogniser import NOTHING
from voiced.cascade.session import Session
from voiced.cascade.speech import Spoken

SECONDS = 20
SECOND = 48_000


class Deaf:
    """Recognises nothing, at once."""

    name = "deaf"

    def grammar(self, tools, phrases):
        return build_grammar(tools, phrases, bool)

    def recognise(self, grammar, samples):
        return NOTHING

    def follow(self, grammar, piece):
        return None


class Mute:
    async def sentences(self, text, voice=None):
        yield Spoken(text, b"\0\0" * 2400, last=True)


class Script:
    """A line on which the client's frames have all come already; nobody suspends to give one."""

    close_code = 1000

    def __init__(self, *frames):
        self.frames = frames
        self.sent = []
        self.served = asyncio.Event()
        self.left = asyncio.Event()

    async def run(self):
        pass

    async def aged(self):
        await asyncio.Event().wait()

    async def send(self, frame):
        self.sent.append(frame)

    async def messages(self):
        for frame in self.frames:
            yield frame if isinstance(frame, bytes) else json.dumps(frame)
        self.served.set()
        await self.left.wait()

    async def close(self, code, reason):
        self.left.set()

    def types(self):
        return [frame["type"] for frame in self.sent]


@pytest.fixture
def connect():
    with ThreadPoolExecutor(1) as worker:

        def made(line, *, recogniser=None, speech=None, reply=None, kind=Session, remote=None):
            session = kind("gpt-4.1", 0, chats=reply is not None)
            ears = Ears(recogniser or Deaf(), worker, {})
            return Connection(line, session, ears, speech or Mute(), remote, 3600, 3600, reply)

        yield made


def append(data):
    return {"type": "input_audio_buffer.append", "audio": base64.b64encode(data).decode()}


@pytest.mark.parametrize("frames", [1, SECONDS * 10], ids=["one long event", "many short ones at once"])
async def test_others_have_their_turn_while_much_sound_is_served(connect, frames):
    line = Script(*[append(bytes(SECOND * SECONDS // frames))] * frames)
    turns = 0

    async def another():
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with asyncio.TaskGroup() as tasks:
        other = tasks.create_task(another())
        serving = tasks.create_task(connect(line).run())
        await line.served.wait()
        found = turns
        line.left.set()
        await serving
        other.cancel()
    assert found >= SECONDS * 3, "loop turns, of which each second of sound leaves three at least"


def created(text):
    part = {"type": "input_text", "text": text}
    return [
        {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [part]}},
        {"type": "response.create"},
    ]


async def until(line, type_):
    async with asyncio.timeout(20):
        while type_ not in line.types():
            await asyncio.sleep(0)


class Hoarse:
    async def sentences(self, text, voice=None):
        raise ZeroDivisionError("no air")
        yield


class Confused:
    name = "oracle"

    async def reply(self, asked):
        raise ZeroDivisionError("no idea")
        yield


@pytest.mark.parametrize(
    ("stages", "status", "named"),
    [({"speech": Hoarse()}, "failed", "no air"), ({"reply": Confused()}, "completed", "no idea")],
)
async def test_a_stage_that_raises_ends_its_response_only(connect, caplog, stages, status, named):
    line = Script(*created("tell me a joke"))
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(connect(line, **stages).run())
        await until(line, "response.done")
        assert line.sent[-1]["response"]["status"] == status
        assert not serving.done()
        line.left.set()
    (error,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert named in error


class Talkative:
    """Says a sentence, and then nothing for ever."""

    name = "oracle"

    def __init__(self):
        self.closed = asyncio.Event()

    async def reply(self, asked):
        try:
            yield Plain("Let me think.")
            await asyncio.Event().wait()
        finally:
            self.closed.set()


async def test_a_cancelled_response_stops_the_stage_that_still_answers(connect):
    line, reply = Script(*created("tell me a joke")), Talkative()
    connection = connect(line, reply=reply)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(connection.run())
        await until(line, "response.audio.delta")
        assert not reply.closed.is_set()
        await connection.tell({"type": "response.cancel"})
        async with asyncio.timeout(10):
            await reply.closed.wait()
        assert line.sent[-1]["response"]["status"] == "cancelled"
        line.left.set()


class Defective(Session):
    def refuse_binary(self):
        raise KeyError("nobody thought of that")


async def test_a_defect_costs_an_error_and_not_the_session(connect, caplog):
    line = Script(b"binary", {"type": "input_audio_buffer.clear"})
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(connect(line, kind=Defective).run())
        await line.served.wait()
        line.left.set()
    (error,) = [frame["error"] for frame in line.sent if frame["type"] == "error"]
    assert (error["type"], error["code"]) == ("server_error", "internal_error")
    assert line.types()[-1] == "input_audio_buffer.cleared"
    assert "please report it" in caplog.text


class Endless:
    """Speaks one sentence after the other, from the second on when it may."""

    def __init__(self):
        self.made = 0
        self.go_on = asyncio.Event()

    async def sentences(self, text, voice=None):
        while True:
            self.made += 1
            yield Spoken("One.", b"\0\0" * 2400, last=False)
            await self.go_on.wait()


async def test_a_cancelled_response_is_not_spoken_to_its_end(connect):
    line, speech = Script(*created("tell me a joke")), Endless()
    connection = connect(line, speech=speech)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(connection.run())
        await until(line, "response.audio.delta")
        await connection.tell({"type": "response.cancel"})
        speech.go_on.set()
        while speech.made < 2:
            await asyncio.sleep(0)
        line.left.set()
    assert speech.made == 2


class Verbose:
    """Says more than it may, and notes whether it is let."""

    name = "oracle"
    went_on = False

    async def reply(self, asked):
        yield Plain("Once upon a time there was a king.")
        self.went_on = True
        yield Plain("He had three daughters.")


async def test_a_stage_that_has_said_all_it_may_is_asked_for_no_more(connect):
    item, _ = created("tell me a joke")
    reply = Verbose()
    line = Script(item, {"type": "response.create", "response": {"max_output_tokens": 1}})
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(connect(line, reply=reply).run())
        await until(line, "response.done")
        line.left.set()
    assert not reply.went_on


class Broken:
    """A client of MCP servers with a defect, before or after its servers' tools are known."""

    def __init__(self, *tools):
        self.tools = list(tools)

    async def list_tools(self, server):
        if not self.tools:
            raise RuntimeError("what never happens")
        return self.tools

    async def call(self, server, name, arguments):
        raise RuntimeError("what never happens")


@pytest.mark.parametrize("lists", [True, False])
async def test_a_session_outlives_a_defect_in_reaching_its_servers(connect, caplog, lists):
    tools = [{"name": "find_book", "input_schema": {"type": "object"}}] if lists else []
    server = {
        "type": "mcp", "server_label": "books", "server_url": "http://127.0.0.1:9/mcp", "require_approval": "never",
    }  # fmt: skip
    part = {"type": "input_text", "text": "use find_book"}
    line = Script({"type": "session.update", "session": {"tools": [server]}})
    connection = connect(line, remote=Broken(*tools))

    async def until(type_):
        while type_ not in line.types():
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(connection.run())
        await until("mcp_list_tools.completed" if lists else "mcp_list_tools.failed")
        if lists:
            await connection.tell({"type": "conversation.item.create", "item": {
                "type": "message", "role": "user", "content": [part],
            }})  # fmt: skip
            await connection.tell({"type": "response.create"})
            await until("response.mcp_call.failed")
        assert not serving.done()
        line.left.set()
    assert "RuntimeError: what never happens" in caplog.text
