import asyncio
import json
import logging
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, cast

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from voiced.settings import SecretReference
from voiced.tools.building import build
from voiced.tools.registry import Registry
from voiced.tools.runner import RESULT_BYTES, Runner, ToolOutcome, cut
from voiced.tools.settings import ToolSettings
from voiced.tools.wires import Resolve, Wires

Tool = dict[str, Any]
Validate = Callable[[Tool], ToolSettings]
Run = Callable[[Tool, str], Awaitable[ToolOutcome]]

ANSWERS: dict[str, Callable[[], web.Response]] = {
    "huge": lambda: web.Response(body=b"x" * 2_000_000),
    "long": lambda: web.json_response(["ö" * 9_000]),
    "binary": lambda: web.Response(body=b"\x89PNG\r\n\x1a\n\x00\xff", content_type="image/png"),
    "zeros": lambda: web.Response(body=b"\0\0\0", content_type="text/plain"),
    "charset": lambda: web.Response(body=b"ok", headers={"Content-Type": "text/plain; charset=klingon"}),
    "mislabelled": lambda: web.Response(body=b'{"on": true}', content_type="text/html"),
    "nan": lambda: web.Response(body=b"NaN"),
    "nested": lambda: web.Response(body=b"[" * 100_000),
    "text": lambda: web.Response(text="21.5 degrees"),
    "empty": lambda: web.Response(status=204),
}


class Device:
    """Two lamps, and every way in which a small device answers badly."""

    def __init__(self) -> None:
        self.lamps = {"kitchen": "off", "living room/east": "off"}
        self.requests: list[Tool] = []
        self.asked = asyncio.Event()
        self.released = asyncio.Event()
        app = web.Application(middlewares=[self._keep])
        app.add_routes(
            [
                web.post("/lamps/{room}", self._lamp),
                web.route("*", "/echo", self._echo),
                web.get("/status/{status}", self._status),
                web.get("/answer/{kind}", self._answer),
                web.get("/hang", self._hang),
            ]
        )
        self.server = TestServer(app)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.port}{path}"

    @web.middleware
    async def _keep(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        self.requests.append(
            {
                "method": request.method,
                "path": request.raw_path,
                "query": dict(request.query),
                "headers": dict(request.headers),
                "body": await request.text(),
            }
        )
        return await handler(request)

    async def _lamp(self, request: web.Request) -> web.Response:
        room = request.match_info["room"]
        if room not in self.lamps:
            return web.json_response({"message": "no such lamp"}, status=404)
        self.lamps[room] = (await request.json())["state"]
        return web.json_response({"room": room, "state": self.lamps[room]})

    async def _echo(self, request: web.Request) -> web.Response:
        return web.json_response(
            {"headers": dict(request.headers), "query": dict(request.query), "body": await request.text()}
        )

    async def _status(self, request: web.Request) -> web.Response:
        return web.Response(status=int(request.match_info["status"]), headers={"Location": "/echo"})

    async def _answer(self, request: web.Request) -> web.Response:
        return ANSWERS[request.match_info["kind"]]()

    async def _hang(self, request: web.Request) -> web.Response:
        self.asked.set()
        await self.released.wait()
        return web.Response()


@pytest.fixture
async def device() -> AsyncIterator[Device]:
    device = Device()
    await device.server.start_server()
    yield device
    device.released.set()
    await device.server.close()


SECRETS = {"lamp-token": "Bearer s3cret-value", "broken": "one\ntwo"}


class SecretError(Exception):
    """As voiced.config raises it, which the tools don't know."""


def resolve(reference: SecretReference) -> str:
    try:
        return SECRETS[reference.credential or ""]
    except KeyError:
        raise SecretError(f"add LoadCredential={reference.credential}:PATH to the unit") from None


@asynccontextmanager
async def opened(
    tools: list[ToolSettings], secrets: Resolve = resolve, clock: Callable[[], float] = time.monotonic
) -> AsyncIterator[Runner]:
    async with Wires(secrets) as wires:
        yield Runner(Registry(build(tools, wires)), clock=clock)


@pytest.fixture
async def run(validate: Validate) -> Run:
    """One call of one tool, with a clock that advances a quarter of a second at each look."""

    async def call(tool: Tool, arguments: str) -> ToolOutcome:
        ticks = count()
        async with opened([validate(tool)], clock=lambda: next(ticks) * 0.25) as runner:
            return await runner.call(tool["name"], arguments)

    return call


def tool(http: Tool, **more: object) -> Tool:
    return {"name": "probe", "description": "A probe.", "http": http} | more


async def test_a_call_changes_the_device_once_and_tells_the_model(run: Run, device: Device, set_light: Tool) -> None:
    set_light["http"]["url"] = device.url("/lamps/{{ room }}")
    outcome = await run(set_light, '{"room": "kitchen", "state": "on"}')
    assert device.lamps["kitchen"] == "on"
    assert len(device.requests) == 1
    assert (outcome.ok, outcome.error, outcome.seconds) == (True, None, 0.25)
    assert json.loads(outcome.output) == {
        "ok": True,
        "status": 200,
        "result": {"room": "kitchen", "state": "on"},
        "reply": "The kitchen light is on.",
    }


async def test_a_value_stays_one_path_segment(run: Run, device: Device, set_light: Tool) -> None:
    set_light["http"]["url"] = device.url("/lamps/{{ room }}")
    assert (await run(set_light, '{"room": "living room/east", "state": "on"}')).ok
    assert device.lamps["living room/east"] == "on"
    assert device.requests[0]["path"] == "/lamps/living%20room%2Feast"


async def test_a_json_body_keeps_types_and_a_form_does_not(run: Run, device: Device) -> None:
    parameters = {"level": {"type": "integer"}, "word": {"type": "string"}, "soft": {"type": "boolean"}}
    arguments = '{"level": 5.0, "word": "5", "soft": true}'
    body = {"level": "{{ level }}", "word": "{{ word }}", "list": ["{{ soft }}", "{{ level * 2 }}%"], "fixed": None}
    to_echo = {"method": "PUT", "url": device.url("/echo")}
    await run(tool({**to_echo, "json": body}, parameters=parameters), arguments)
    assert json.loads(device.requests[0]["body"]) == {"level": 5, "word": "5", "list": [True, "10%"], "fixed": None}
    assert '"level": 5,' in device.requests[0]["body"]
    await run(tool({**to_echo, "form": {"l": "{{ level }}", "s": "{{ soft }}"}}, parameters=parameters), arguments)
    assert device.requests[1]["body"] == "l=5&s=true"
    assert device.requests[1]["headers"]["Content-Type"] == "application/x-www-form-urlencoded"


async def test_defaults_fill_what_was_not_said(run: Run, device: Device) -> None:
    parameters = {"level": {"type": "integer", "default": 40}}
    await run(tool({"url": device.url("/echo?level={{ level }}")}, parameters=parameters), "")
    assert device.requests[0]["query"] == {"level": "40"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ('{"room": "kitchen"', "The arguments are not valid JSON."),
        ("[" * 5_000, "The arguments are not valid JSON."),
        ('"kitchen"', "The arguments must be a JSON object."),
        (json.dumps({"room": "x" * 20_000}), "The arguments are too long."),
        ("", "The room, state is missing."),
        ('{"room": "kitchen"}', "The state is missing."),
        ('{"room": "garage", "state": "on"}', "The room can't be garage; it can be kitchen, living room/east, attic."),
        (
            '{"romo": "kitchen", "room": "kitchen", "state": "on"}',
            "There is no parameter romo (did you mean 'room'?).",
        ),
    ],
)
async def test_arguments_that_do_not_fit_never_reach_the_device(
    run: Run, device: Device, set_light: Tool, arguments: str, sentence: str
) -> None:
    set_light["http"]["url"] = device.url("/lamps/{{ room }}")
    outcome = await run(set_light, arguments)
    assert outcome.error == sentence
    assert json.loads(outcome.output) == {"ok": False, "error": sentence}
    assert device.requests == []


@pytest.mark.parametrize(
    ("level", "sentence"),
    [
        ("0", "The level must be at least 1."),
        ("11", "The level must be at most 10."),
        ("1.5", "The level must be a whole number, not 1.5."),
        ('"five"', "The level must be a whole number, not five."),
        ("true", "The level must be a whole number, not true."),
        ("NaN", "The arguments are not valid JSON."),
        ("1e999", "The arguments are not valid JSON."),
    ],
)
async def test_a_number_out_of_range_is_refused(run: Run, device: Device, level: str, sentence: str) -> None:
    parameters = {"level": {"type": "integer", "minimum": 1, "maximum": 10}}
    outcome = await run(tool({"url": device.url("/echo")}, parameters=parameters), f'{{"level": {level}}}')
    assert outcome.error == sentence
    assert device.requests == []


async def test_an_unknown_tool_is_answered_with_the_nearest(
    validate: Validate, set_light: Tool, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened([validate(set_light)]) as runner:
        outcome = await runner.call("set_lihgt", "{}")
    assert outcome.error == "I can't do that: there is no tool 'set_lihgt' (did you mean 'set_light'?)."
    assert [record.name for record in caplog.records] == ["voiced.tools.runner"]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/status/404", "127.0.0.1 answered with error 404, Not Found."),
        ("/status/503", "127.0.0.1 answered with error 503, Service Unavailable."),
        ("/status/799", "127.0.0.1 answered with error 799, unknown."),
        ("/status/302", "127.0.0.1 has moved, it answered with a redirect."),
        ("/answer/huge", "127.0.0.1 answered with too much data."),
        ("/answer/binary", "127.0.0.1 answered with binary data."),
        ("/answer/zeros", "127.0.0.1 answered with binary data."),
        ("/answer/charset", "127.0.0.1 answered with binary data."),
        ("/hang", "The device did not answer within 0.2 seconds."),
    ],
)
async def test_a_device_that_answers_badly_is_an_honest_sentence_and_one_log_line(
    run: Run, device: Device, caplog: pytest.LogCaptureFixture, path: str, sentence: str
) -> None:
    caplog.set_level(logging.INFO, "voiced")
    async with asyncio.timeout(5):  # a tool's own timeout, and not the default of 8 seconds
        outcome = await run(tool({"url": device.url(path)}, timeout_seconds=0.2 if path == "/hang" else 8), "{}")
    assert (outcome.ok, outcome.error) == (False, sentence)
    lines = [record for record in caplog.records if record.name.startswith("voiced")]
    assert [(line.levelname, sentence in line.getMessage()) for line in lines] == [("WARNING", True)]
    assert len(device.requests) == 1


@pytest.mark.parametrize(
    ("kind", "result"),
    [
        ("mislabelled", {"on": True}),
        ("text", "21.5 degrees"),
        ("nan", "NaN"),
        ("empty", None),
        ("nested", "[" * RESULT_BYTES + "…"),
    ],
)
async def test_an_answer_is_json_where_it_can_be_read_as_json(
    run: Run, device: Device, kind: str, result: object
) -> None:
    outcome = await run(tool({"url": device.url(f"/answer/{kind}")}), "{}")
    assert json.loads(outcome.output)["result"] == result
    assert "reply" not in json.loads(outcome.output)


async def test_a_long_answer_is_cut_for_the_model_and_whole_for_the_reply(run: Run, device: Device) -> None:
    reply = "{{ result[0] | length }} letters: {{ result[0] }}"
    output = json.loads((await run(tool({"url": device.url("/answer/long")}, reply=reply), "{}")).output)
    assert output["reply"].startswith("9000 letters: ö")
    assert len(output["reply"].encode()) <= RESULT_BYTES + len("…".encode())
    assert output["result"].endswith("…")
    assert len(output["result"].encode()) <= RESULT_BYTES + len("…".encode())


async def test_a_dead_url_and_an_unknown_name_are_told_apart(run: Run) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        refused = await run(tool({"url": f"http://127.0.0.1:{unused.getsockname()[1]}/"}), "{}")
    assert refused.error == "127.0.0.1 can't be reached."
    unknown = await run(tool({"url": "http://lamp.invalid/"}), "{}")  # RFC 2606: never resolves
    assert unknown.error == "lamp.invalid can't be found on the network."


async def test_a_device_that_hangs_up_is_an_honest_sentence(run: Run) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        outcome = await run(tool({"url": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"}), "{}")
    assert outcome.error == "127.0.0.1 broke off the connection."


async def test_a_secret_reaches_the_device_and_nobody_else(
    run: Run, device: Device, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    headers = {"Authorization": {"credential": "lamp-token"}, "X-Plain": "{{ 1 + 1 }}"}
    outcome = await run(tool({"url": device.url("/echo"), "headers": headers}, reply="{{ result }}"), "{}")
    assert device.requests[0]["headers"]["Authorization"] == SECRETS["lamp-token"]
    assert device.requests[0]["headers"]["X-Plain"] == "2"
    assert outcome.ok
    assert "s3cret" not in outcome.output + caplog.text


async def test_a_secret_in_a_template_reaches_the_device_and_nobody_else(
    run: Run, device: Device, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    http = {"url": device.url("/echo?key={{ secret.lamp }}"), "headers": {"X-Key": "{{ secret.lamp }}"}}
    given = tool(http, secrets={"lamp": {"credential": "lamp-token"}}, reply="{{ result }}")
    outcome = await run(given, "{}")
    assert device.requests[0]["query"] == {"key": SECRETS["lamp-token"]}
    assert device.requests[0]["headers"]["X-Key"] == SECRETS["lamp-token"]
    assert outcome.ok
    ours = [record.getMessage() for record in caplog.records if record.name != "aiohttp.access"]  # the device's own log
    assert ours
    assert "s3cret" not in outcome.output + "".join(ours)


@pytest.mark.parametrize(
    ("credential", "sentence"),
    [
        ("absent", "The secret absent can't be read."),
        ("broken", "The header X-Key contains a line break or a control character."),
    ],
)
async def test_a_secret_that_can_not_be_used_is_named_and_not_told(
    run: Run, device: Device, caplog: pytest.LogCaptureFixture, credential: str, sentence: str
) -> None:
    outcome = await run(tool({"url": device.url("/echo"), "headers": {"X-Key": {"credential": credential}}}), "{}")
    assert outcome.error == sentence
    assert "two" not in caplog.text
    assert device.requests == []


async def test_a_secret_that_is_absent_is_logged_with_the_fix(
    run: Run, device: Device, caplog: pytest.LogCaptureFixture
) -> None:
    await run(tool({"url": device.url("/echo"), "headers": {"X-Key": {"credential": "absent"}}}), "{}")
    assert "add LoadCredential=absent:PATH" in caplog.text


@pytest.mark.parametrize("value", ["x\r\nX-Evil: 1", "x\nY", "\0"])
async def test_a_value_can_not_add_a_header(run: Run, device: Device, value: str) -> None:
    probe = tool({"url": device.url("/echo"), "headers": {"X-A": "{{ word }}"}}, parameters={"word": {}})
    outcome = await run(probe, json.dumps({"word": value}))
    assert outcome.error == "The header X-A contains a line break or a control character."
    assert device.requests == []


@pytest.mark.parametrize("value", ["..", "."])
async def test_a_value_can_not_walk_out_of_its_path(run: Run, device: Device, value: str) -> None:
    probe = tool({"url": device.url("/lamps/{{ word }}/x")}, parameters={"word": {}})
    outcome = await run(probe, json.dumps({"word": value}))
    assert outcome.error == "A path can't contain dots only."
    assert device.requests == []


@pytest.mark.parametrize(
    ("expression", "detail"),
    [
        ("{{ 1 // level }}", "ZeroDivisionError"),
        ("{{ level.nothing }}", "has no attribute 'nothing'"),
        ("{{ level.__class__ }}", "unsafe"),
        ("{{ range }}", "JSON can't hold"),
    ],
)
async def test_a_template_that_fails_is_an_error_and_sends_nothing(
    run: Run, device: Device, caplog: pytest.LogCaptureFixture, expression: str, detail: str
) -> None:
    probe = tool(
        {"method": "POST", "url": device.url("/echo"), "json": {"a": expression}},
        parameters={"level": {"type": "integer"}},
    )
    outcome = await run(probe, '{"level": 0}')
    assert outcome.error == "The tool's template can't be filled in."
    assert detail in caplog.text
    assert device.requests == []


async def test_a_reply_that_fails_does_not_undo_what_was_done(
    run: Run, device: Device, caplog: pytest.LogCaptureFixture
) -> None:
    outcome = await run(tool({"url": device.url("/answer/text")}, reply="{{ result.temperature }}"), "{}")
    assert json.loads(outcome.output) == {"ok": True, "status": 200, "result": "21.5 degrees"}
    assert "its reply can't be rendered" in caplog.text


async def test_calls_run_side_by_side(validate: Validate, device: Device, set_light: Tool) -> None:
    set_light["http"]["url"] = device.url("/lamps/{{ room }}")
    both = [validate(set_light), validate(tool({"url": device.url("/hang")}))]
    async with opened(both) as runner, asyncio.TaskGroup() as group:
        waiting = group.create_task(runner.call("probe", "{}"))
        calls = [group.create_task(runner.call("set_light", '{"room": "kitchen", "state": "on"}')) for _ in range(20)]
        outcomes = [await call for call in calls]
        assert all(outcome.ok for outcome in outcomes)
        assert not waiting.done()
        device.released.set()
    assert waiting.result().ok


async def test_a_cancelled_call_is_not_swallowed(validate: Validate, device: Device) -> None:
    async with opened([validate(tool({"url": device.url("/hang")}))]) as runner:
        call = asyncio.create_task(runner.call("probe", "{}"))
        await asyncio.wait_for(device.asked.wait(), 10)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call


async def test_a_fault_of_our_own_is_still_answered(
    validate: Validate, device: Device, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: SecretReference) -> str:
        return cast("str", 5)

    headers = {"A": {"env": "X"}}
    async with opened([validate(tool({"url": device.url("/echo"), "headers": headers}))], broken) as runner:
        outcome = await runner.call("probe", "{}")
    assert outcome.error == "The tool broke."
    assert "please report this" in caplog.text


async def test_wires_that_are_not_open_refuse() -> None:
    with pytest.raises(RuntimeError, match="not open"):
        _ = Wires(resolve).session


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=50)


@given(JSON | st.text(min_size=1500))
def test_a_cut_result_never_exceeds_its_size(result: Any) -> None:
    short = cut(result)
    text = short if isinstance(short, str) else json.dumps(short, ensure_ascii=False)
    assert len(text.encode(errors="replace")) <= RESULT_BYTES + len("…".encode())
    assert short == result or text.endswith("…")
