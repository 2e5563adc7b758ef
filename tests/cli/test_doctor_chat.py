import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from voiced.cli.doctor_chat import ChatExamination, language_model_is_there
from voiced.cli.findings import Verdict
from voiced.config.schema import VoicedSettings
from voiced.config.secrets import SecretError


class Models(ThreadingHTTPServer):
    """A server that answers /v1/models so, and remembers the bearer tokens it was shown."""

    def __init__(self, status, body):
        self.status, self.body, self.shown = status, body, []
        super().__init__(("127.0.0.1", 0), Answering)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/v1/"


class Answering(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.shown.append(self.headers.get("Authorization"))
        self.send_response(self.server.status if self.path == "/v1/models" else 500)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def served():
    servers = []

    def serve(status=200, body=b""):
        server = Models(status, body)
        servers.append((server, thread := threading.Thread(target=server.serve_forever, args=(0.01,))))
        thread.start()
        return server

    yield serve
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def examined(url, resolve=lambda _: "secret", **chat):
    settings = VoicedSettings.model_validate({"cascade": {"reply": {"chat": {"url": url, "model": "llama3", **chat}}}})
    return language_model_is_there(ChatExamination(settings, resolve))


def listing(*names):
    return json.dumps({"object": "list", "data": [{"id": name} for name in names]}).encode()


def test_without_a_language_model_nothing_is_said():
    assert language_model_is_there(ChatExamination(VoicedSettings())) is None


@pytest.mark.parametrize("name", ["llama3", "llama3:latest"])
def test_server_that_has_the_model_is_good_and_is_shown_the_key(served, name):
    server = served(body=listing("other", name))
    assert examined(server.url, key={"env": "K"}).verdict is Verdict.OK
    assert server.shown == ["Bearer secret"]


def test_server_without_the_model_tells_which_it_has(served):
    found = examined(served(body=listing("qwen3", "phi4")).url)
    assert (found.verdict, found.what.partition(" has no ")[2]) == (Verdict.WARN, "llama3, but qwen3, phi4")


@pytest.mark.parametrize(
    ("status", "body"), [(404, b""), (200, b"<html>"), (200, b"[]"), (200, b'{"data": 1}'), (200, b"\xff")]
)
def test_address_where_no_list_is_may_be_too_short(served, status, body):
    found = examined(served(status, body).url)
    assert (found.verdict, "/v1?" in found.fix) == (Verdict.WARN, True)


def test_refused_key_is_named(served):
    found = examined(served(401).url)
    assert (found.verdict, found.fix) == (Verdict.FAIL, "correct cascade.reply.chat.key")


def test_server_that_is_not_there_is_a_fault():
    found = examined("http://127.0.0.1:1/v1")
    assert (found.verdict, "cascade.reply.chat.url" in found.fix) == (Verdict.FAIL, True)


def test_key_that_can_not_be_had_is_a_fault():
    def none(_):
        raise SecretError("the environment variable K is not set")

    found = examined("http://127.0.0.1:1/v1", none, key={"env": "K"})
    assert (found.verdict, "K is not set" in found.what) == (Verdict.FAIL, True)
