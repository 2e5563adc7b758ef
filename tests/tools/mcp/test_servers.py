import asyncio
import json
import socket
import sys
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from mcp.types import CallToolResult, TextContent
from mcp.types import Tool as ServerTool

from voiced.settings import SecretReference
from voiced.tools.calls import Caller
from voiced.tools.mcp.schemas import SchemaArguments
from voiced.tools.mcp.server import NotThereError, Server, permit
from voiced.tools.mcp.servers import McpServers, reached
from voiced.tools.mcp.settings import LocalMcpServerSettings
from voiced.tools.registry import Registry
from voiced.tools.runner import Runner
from voiced.tools.tool import FunctionDefinition, Tool

PROGRAM = str(Path(__file__).with_name("notes_server.py"))
STDIO = {"label": "notes", "command": [sys.executable, PROGRAM, "stdio"], "confirm": False}


def settings(**given):
    return LocalMcpServerSettings.model_validate_json(json.dumps(given), strict=True)


@asynccontextmanager
async def running(registry=None, make=Server, **given):
    registry = registry or Registry()
    runner = Runner(registry)
    servers = McpServers([settings(**given)], registry, lambda _: "s3cret-value", make)

    async def call(name, /, caller=None, **arguments):
        return json.loads((await runner.call(name, json.dumps(arguments), caller or Caller())).output)

    async with reached(servers):
        yield registry, call


@pytest.mark.system
async def test_program_supplies_its_tools_and_runs_them():
    async with running(**STDIO, environment={"NOTES_KEY": {"credential": "k"}, "COLOUR": "red"}) as (registry, call):
        definition = registry["add_note"].definition
        assert definition.description == "Write a note down."
        assert definition.parameters["required"] == ["text"]
        assert definition.parameters["properties"]["times"]["type"] == "integer"
        assert (await call("add_note", text="milk"))["result"] == "1 notes, the last one is milk"
        assert json.loads((await call("volume"))["result"]) == {"percent": 40}
        assert (await call("environment", name="COLOUR"))["result"] == "red"
        assert (await call("environment", name="NOTES_KEY"))["result"] == "***", "it has its key, and no model does"
        assert "the pencil is broken" in (await call("fail"))["error"]
        assert "'text' is a required property" in (await call("add_note"))["error"]
        assert len((await call("flood"))["result"]) < 5000


@pytest.mark.system
async def test_changed_tools_are_told():
    async with running(**STDIO) as (registry, call):
        changed = asyncio.Event()
        registry.on_change(changed.set)
        assert (await call("learn"))["result"] == "learned"
        await changed.wait()
        assert (await call("new_trick"))["result"] == "new"


@pytest.mark.system
async def test_program_that_died_is_started_anew(caplog):
    quick = partial(Server, ping_seconds=0.2, backoff_seconds=[0.05])
    async with running(**STDIO, timeout_seconds=2, make=quick) as (registry, call):
        await call("add_note", text="a")
        assert not (await call("leave"))["ok"]
        assert "add_note" in registry  # the model is not told of every hiccup
        while not (answer := await call("add_note", text="b"))["ok"]:
            assert "notes" in answer["error"] or "did not answer" in answer["error"]
            await asyncio.sleep(0.1)
        assert answer["result"] == "1 notes, the last one is b"
    assert caplog.text.count("the MCP server notes is not there") == 1


@pytest.mark.system
async def test_server_in_the_house_is_reached_over_http():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(sys.executable, PROGRAM, "http", str(port))
    quick = partial(Server, ping_seconds=0.2, backoff_seconds=[0.1])
    try:
        url = f"http://127.0.0.1:{port}/mcp"
        async with running(label="nas", url=url, confirm=["add_note"], make=quick) as (registry, call):
            while "volume" not in registry:  # it is still starting, and so it is tried again
                await asyncio.sleep(0.05)
            assert json.loads((await call("volume"))["result"]) == {"percent": 40}
            assert "nobody can be asked" in (await call("add_note", text="a"))["error"]
            process.kill()
            await process.wait()
            assert (await call("volume"))["error"] in (
                "The server nas ended before it answered.",
                "The server nas is not running.",
            )
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def answering(handler):
    """A web server on loopback; its port."""
    application = web.Application()
    application.router.add_route("*", "/mcp", handler)
    async with TestServer(application, host="127.0.0.1") as server:
        yield server.port


async def test_name_that_comes_to_stand_for_another_address_leads_to_the_one_that_was_looked_at(monkeypatch):
    looked, heard = [], []
    real = socket.getaddrinfo

    def changing(host, port, *arguments, **more):
        if host != "nas.test":
            return real(host, port, *arguments, **more)
        looked.append(host)
        if len(looked) > 1:
            raise socket.gaierror(socket.EAI_NONAME, "another address by now")
        # a speaker is often known by two addresses, of which a server listens on one
        return [each for address in ("::1", "127.0.0.1") for each in real(address, port, type=socket.SOCK_STREAM)]

    async def handler(request):
        heard.append((request.host, request.headers["X-Key"]))
        return web.Response(status=404)

    monkeypatch.setattr(socket, "getaddrinfo", changing)
    async with answering(handler) as port:
        url = f"http://nas.test:{port}/mcp"
        async with running(label="nas", url=url, headers={"X-Key": {"credential": "k"}}, make=Server):
            pass
    assert (heard[0], looked) == ((f"nas.test:{port}", "s3cret-value"), ["nas.test"])


async def test_program_that_is_not_there_is_told_once(caplog):
    quick = partial(Server, backoff_seconds=[0.01])
    async with running(label="gone", command=["no-such-program"], make=quick) as (registry, _):
        await asyncio.sleep(0.1)
        assert len(registry) == 0
    assert caplog.text.count("the MCP server gone is not there") == 1


@pytest.mark.parametrize("url", ["http://8.8.8.8/mcp", "https://[2001:4860:4860::8888]/mcp"])
async def test_server_on_the_internet_is_refused(url):
    with pytest.raises(NotThereError, match="voice_live"):
        await permit(url)


class Fake(Server):
    """Nothing is connected to; the test says what is found."""

    async def run(self):
        self.tried.set()
        await asyncio.Event().wait()


def described(name, schema=None):
    return ServerTool(name=name, description=f"{name}!", inputSchema=schema or {"type": "object"})


async def test_names_and_schemas_that_no_service_takes_are_dealt_with(caplog):
    registry = Registry()
    servers = McpServers([settings(label="a", command=["x"]), settings(label="b", command=["x"])], registry, str, Fake)
    one, two = servers._servers
    one._found([described("get.state"), described("search")])
    two._found(
        [
            described("search"),
            described("b_search"),
            described("1st"),
            described("text", {"type": "string"}),
            described("wrong", {"type": "object", "properties": {"a": {"type": "strin"}}}),
            described("huge", {"type": "object", "description": "x" * 20_000}),
        ]
    )
    assert [tool.name for tool in registry] == ["get_state", "search", "b_search", "b_b_search", "b_1st"]
    assert registry["search"].definition.parameters == {"type": "object", "properties": {}, "required": []}
    assert [record.message.split(":")[0] for record in caplog.records] == [
        f"the tool {name} of b is left out" for name in ("text", "wrong", "huge")
    ]
    two._found([described("search")])
    assert [tool.name for tool in registry] == ["get_state", "search", "b_search"]


async def test_allowed_tools_and_confirmation_are_the_owners(caplog):
    registry = Registry()
    given = settings(label="a", command=["x"], allowed_tools=["read", "wipe", "gone"], confirm=["wipe"], personas=["p"])
    McpServers([given], registry, str, Fake)._servers[0]._found([described("read"), described("wipe"), described("x")])
    assert {tool.name: tool.policy.confirm for tool in registry} == {"read": False, "wipe": True}
    assert registry["read"].policy.personas == {"p"}
    assert "a has no tool gone" in caplog.text


class Talkative:
    """A session with a server that tells of its key."""

    async def call_tool(self, tool, arguments):
        raise ValueError("401: the token s3cret-value is not valid")


async def test_key_of_a_server_is_in_no_answer_and_no_log(caplog):
    def make(*arguments):
        server = Server(*arguments, backoff_seconds=(0.01,))

        async def live():
            server._resolved({"Authorization": SecretReference(credential="k")})
            server._session = Talkative()
            raise ValueError("Illegal header value b's3cret-value'")

        server._live = live
        return server

    async with asyncio.TaskGroup() as tasks:
        servers = McpServers([settings(**STDIO)], registry := Registry(), lambda _: "s3cret-value", make)
        (server,) = servers._servers
        trying = tasks.create_task(server.run())
        await server.tried.wait()
        server._session = Talkative()
        registry.replace([bridged(server)])
        outcome = await Runner(registry).call("add_note", "{}")
        trying.cancel()
    assert "the token *** is not valid" in caplog.text
    assert "s3cret-value" not in caplog.text + outcome.output


def bridged(server):
    async def call(values):
        return await server.call("add_note", values)

    return Tool(FunctionDefinition("add_note", "Write.", {"type": "object"}), SchemaArguments({"type": "object"}), call)


async def test_label_of_a_server_takes_the_place_of_no_other_source():
    registry = Registry()
    registry.supply("built-in", [bridged(None)])
    McpServers([settings(**STDIO | {"label": "built-in"})], registry, str)._found(
        settings(**STDIO | {"label": "built-in"}), []
    )
    assert "add_note" in registry


async def test_key_that_is_cut_off_in_the_middle_is_still_one():
    class Long:
        async def call_tool(self, tool, arguments):
            return CallToolResult(content=[TextContent(type="text", text="x" * 295 + "s3cret-value")], isError=True)

    server = Server(settings(**STDIO), lambda _: "s3cret-value", lambda _: None)
    server._resolved({"Authorization": SecretReference(credential="k")})
    server._session = Long()
    outcome = await Runner(Registry([bridged(server)])).call("add_note", "{}")
    assert "xxx" in outcome.output
    assert "s3" not in outcome.output
