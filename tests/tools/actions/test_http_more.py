"""The request's further sides: methods, retries, TLS, which part of the answer is the result."""

import json
import ssl

import pytest
import trustme
from aiohttp import web
from aiohttp.test_utils import TestServer

from voiced.tools.actions.http import HttpRequest
from voiced.tools.actions.http_settings import HttpAction
from voiced.tools.wires import Wires


class Device:
    """Answers with the statuses that the test has put in line, then with 200."""

    def __init__(self):
        self.statuses = []
        self.methods = []
        self.certificates = []
        app = web.Application()
        app.router.add_route("*", "/", self.answer)
        self.server = TestServer(app)

    async def answer(self, request):
        self.methods.append(request.method)
        self.certificates.append(request.transport.get_extra_info("peercert"))
        status = self.statuses.pop(0) if self.statuses else 200
        if status is None:
            request.transport.abort()  # as a device that reboots
            return web.Response()
        return web.json_response({"state": {"temperature": 20.5, "on": False}, "error": "busy"}, status=status)

    @property
    def url(self):
        return str(self.server.make_url("/"))


@pytest.fixture
async def device():
    device = Device()
    await device.server.start_server()
    yield device
    await device.server.close()


@pytest.fixture
def send():
    """One request; the waits before its retries are kept, not waited."""

    async def sent(waits, **settings):
        async def sleep(seconds):
            waits.append(seconds)

        async with Wires(lambda _: "") as wires:
            action = HttpAction.model_validate_json(json.dumps(settings), strict=True)
            return await HttpRequest(action, wires, sleep)({})

    return sent


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "OPTIONS", "SUBSCRIBE", "M-SEARCH"])
async def test_any_method_reaches_the_device(once, device, method):
    assert (await once({"http": {"url": device.url, "method": method}}))["status"] == 200
    assert device.methods == [method]


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("state.temperature", 20.5),
        ("state.on", False),
        ("length(state)", 2),
        ("state", {"temperature": 20.5, "on": False}),
    ],
)
async def test_part_of_the_answer_is_the_result(once, device, expression, result):
    assert (await once({"http": {"url": device.url, "result": expression}}))["result"] == result


@pytest.mark.parametrize("expression", ["state.humidity", "length(`5`)"])
async def test_answer_without_that_part_is_an_error(once, device, expression):
    assert "The answer of 127.0.0.1" in (await once({"http": {"url": device.url, "result": expression}}))["error"]


async def test_busy_or_rebooting_device_is_asked_again_and_longer_each_time(send, device):
    device.statuses = [503, None, 502]
    waits = []
    retries = {"max": 3, "backoff_seconds": 0.5, "idempotent": True}
    answer = await send(waits, url=device.url, method="POST", retries=retries)
    assert answer.status == 200
    assert waits == [0.5, 1.0, 2.0]


async def test_retries_come_to_an_end(once, device):
    device.statuses = [503] * 9
    answer = await once({"http": {"url": device.url, "retries": {"max": 2, "backoff_seconds": 0.01}}})
    assert answer["error"] == "127.0.0.1 answered with error 503, Service Unavailable."
    assert len(device.methods) == 3


@pytest.mark.parametrize("status", [400, 404, 500])
async def test_refusal_is_not_repeated(once, device, status):
    device.statuses = [status]
    assert not (await once({"http": {"url": device.url, "retries": {"max": 2, "backoff_seconds": 0.01}}}))["ok"]
    assert len(device.methods) == 1


async def test_without_retries_nothing_is_sent_twice(once, device):
    device.statuses = [None]
    assert not (await once({"http": {"url": device.url, "method": "POST"}}))["ok"]
    assert len(device.methods) == 1


async def test_post_is_repeated_where_the_owner_allows_it(send, device):
    device.statuses = [503]
    await send([], url=device.url, method="POST", retries={"max": 1, "idempotent": True})
    assert device.methods == ["POST", "POST"]


@pytest.fixture
async def secured(tmp_path):
    """A device with a certificate of the house's authority, which wants to see one of the speaker."""
    authority = trustme.CA()
    device = Device()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    authority.configure_trust(context)
    await device.server.start_server(ssl=context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    speaker = authority.issue_cert("speaker.local")
    speaker.private_key_and_cert_chain_pem.write_to_path(tmp_path / "speaker.pem")
    yield device
    await device.server.close()


async def test_unknown_authority_is_refused_and_not_asked_again(once, secured):
    answer = await once({"http": {"url": secured.url, "retries": {"max": 3, "backoff_seconds": 30}}})
    assert answer["error"] == "127.0.0.1 has a certificate that can't be trusted."


async def test_authority_of_the_house_is_trusted_and_shown_a_certificate(once, secured, tmp_path):
    tls = {"ca_file": str(tmp_path / "ca.pem"), "certificate": str(tmp_path / "speaker.pem")}
    assert (await once({"http": {"url": secured.url, "tls": tls}}))["ok"]
    assert ("DNS", "speaker.local") in secured.certificates[0]["subjectAltName"]


async def test_any_certificate_does_where_the_owner_says_so(once, secured):
    assert (await once({"http": {"url": secured.url, "tls": {"verify": False}}}))["ok"]


@pytest.mark.parametrize("key", ["ca_file", "certificate"])
async def test_certificate_file_that_is_not_there_is_named_in_the_log(once, secured, caplog, key):
    answer = await once({"http": {"url": secured.url, "tls": {key: "/nowhere.pem"}}})
    assert "certificate" in answer["error"]
    assert "/nowhere.pem" in caplog.text


async def test_password_in_an_address_is_told_in_no_form(make, calling):
    async def echo(request):
        return web.Response(text=request.headers["Authorization"])

    app = web.Application()
    app.router.add_get("/", echo)
    async with TestServer(app) as server:
        url = f"http://me:{{{{ secret.word }}}}@127.0.0.1:{server.port}/"
        tool = make(secrets={"word": {"credential": "word"}}, http={"url": url})
        async with calling(tool) as call:
            assert json.loads((await call()).output)["result"] == "Basic ***"
