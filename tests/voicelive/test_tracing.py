import asyncio
import json
import subprocess
import sys
from importlib.util import find_spec

import pytest
from azure.core.tracing import ext
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from pydantic import ValidationError

from voiced.assistant import events as on
from voiced.cascade.service import serve
from voiced.cascade.settings import CascadeSettings
from voiced.config.loading import ConfigurationError, load
from voiced.voicelive.connection import Target
from voiced.voicelive.credentials import KeyCredential
from voiced.voicelive.session import Session
from voiced.voicelive.spans import Spans, exporter
from voiced.voicelive.tracing import lacking
from voiced.voicelive.tracing_settings import TracesSettings

SECRET = "s3cr3t-Value.9"
SAID = "The aunt comes on Thursday."
TOLD = "You are the voice of our house."
REQUEST = {
    "modalities": ["text", "audio"],
    "instructions": TOLD,
    "tools": [
        {
            "type": "mcp",
            "server_label": "notes",
            "server_url": f"https://notes.example.com/{SECRET}",
            "authorization": f"Bearer {SECRET}",
            "headers": {"x-key": SECRET},
        }
    ],
}


async def session_with_the_cascade():
    """A whole session in which something is said; what it emitted."""
    events = []

    def emit(event):
        events.append(event)
        if isinstance(event, on.SessionOpened):
            session.send_audio(bytes(3200))
            session.ask_user(SAID, "test")
        if isinstance(event, on.ReplyFinished):
            session.close()

    async with serve(CascadeSettings(), {}, ("127.0.0.1", 0), "key") as address:
        target = Target(address, "gpt-realtime", "2026-07-15")
        session = Session(target, KeyCredential(lambda: "key"), REQUEST, emit)
        async with asyncio.timeout(20):
            await session.run()
    return events


def traced(*, content):
    """The session's spans, and what it emitted."""
    memory = InMemorySpanExporter()
    spans = Spans(memory, "Kitchen", content=content)
    try:
        events = asyncio.run(session_with_the_cascade())
    finally:
        spans.close()
    return memory.get_finished_spans(), events


@pytest.fixture(scope="module")
def plain():
    return traced(content=False)


def attributes(spans, name):
    return next(dict(span.attributes) for span in spans if span.name == name)


def test_session_yields_the_sdks_spans_under_that_of_its_connection(plain):
    spans, _ = plain
    (connection,) = [span for span in spans if span.parent is None]
    assert connection.name == "connect"
    assert {span.parent.span_id for span in spans if span is not connection} == {connection.context.span_id}
    names = [span.name for span in spans]
    for name in ("send session.update", "recv session.updated", "send input_audio_buffer.append", "recv response.done"):
        assert name in names
    assert names.count("close") == 1
    assert connection.resource.attributes["service.name"] == "voiced"
    failed = [span.name for span in spans if span.status.status_code is StatusCode.ERROR]
    assert not failed, "to end a session is no error"


def test_connections_span_ends_with_what_the_session_counted(plain):
    spans, events = plain
    counted = attributes(spans, "connect")
    sound = sum(len(event.data) for event in events if isinstance(event, on.ReplyAudioReceived))
    assert counted["gen_ai.voice.session_id"]
    assert counted["gen_ai.voice.turn_count"] == 1
    assert counted["gen_ai.voice.audio_bytes_sent"] > 0
    assert sound > 0, "the session hears what it hears without traces"


def test_nothing_that_was_said_or_asked_and_no_secret_is_in_any_span(plain):
    spans, _ = plain
    written = "".join(span.to_json() for span in spans)
    for word in (SECRET, SAID, "Thursday", TOLD, "notes.example.com"):
        assert word not in written


def test_content_that_is_asked_for_comes_without_secrets_and_sound():
    spans, _ = traced(content=True)
    written = "".join(span.to_json() for span in spans)
    assert SAID in written
    assert TOLD in written
    assert SECRET not in written
    (update,) = [span for span in spans if span.name == "send session.update"]
    assert json.loads(update.events[0].attributes["gen_ai.event.content"])["session"]["instructions"] == TOLD
    sound = [span for span in spans if span.name == "recv response.audio.delta"]
    assert all(len(span.events[0].attributes["gen_ai.event.content"]) < 500 for span in sound)


@pytest.mark.parametrize("junk", ["not json", "[1]", "null", "", '{"type": 7}'])
async def test_frame_that_the_sdk_throws_at_is_passed_over_while_traced_too(service, client, junk):
    async def script(socket):
        await service.expect(socket, "session.update")
        await socket.send_str(junk)
        await service.send(socket, type="session.updated")
        await socket.close(code=1013)

    service.script = script
    spans = Spans(InMemorySpanExporter(), "Kitchen", content=False)
    try:
        *_, ending = await client.run()
    finally:
        spans.close()
    assert any(isinstance(event, on.SessionOpened) for event in client.events)
    assert ending.reason is on.FailureReason.BUSY, "the close code is known while traced, too"


async def test_connection_that_fails_has_a_span_that_says_so(client_of):
    memory = InMemorySpanExporter()
    spans = Spans(memory, "Kitchen", content=False)
    await client_of("http://127.0.0.1:9").run()
    spans.close()
    (span,) = memory.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR


async def test_after_the_end_the_sdk_is_as_it_was(service, client):
    memory = InMemorySpanExporter()
    Spans(memory, "Kitchen", content=False).close()
    task = asyncio.create_task(client.run())
    await client.until(on.SessionOpened)
    client.session.close()
    await task
    assert not memory.get_finished_spans()


OFF = """
import asyncio, sys
from voiced.config.loading import load
from voiced.voicelive.session import Session
from voiced.voicelive.tracing import tracing

async def main():
    async with tracing(None, "Kitchen"):
        pass

asyncio.run(main())
print([name for name in sys.modules if name.startswith(("opentelemetry", "azure.ai.voicelive.telemetry"))])
"""


def test_switched_off_nothing_of_opentelemetry_is_imported():
    program = subprocess.run([sys.executable, "-c", OFF], capture_output=True, text=True, check=True)
    assert program.stdout.strip() == "[]"


def test_console_writes_a_line_for_each_span(plain, capsys):
    spans, _ = plain
    exporter(TracesSettings(exporter="console")).export(spans[:2])
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["name"] for line in lines] == [span.name for span in spans[:2]]


@pytest.mark.parametrize(
    ("package", "traces", "fix"),
    [
        ("opentelemetry.exporter.otlp.proto.http", "otlp", "pip install opentelemetry-exporter-otlp-proto-http"),
        ("opentelemetry.sdk.trace", "console", "pip install 'voiced[telemetry]'"),
        ("azure.core.tracing.ext.opentelemetry_span", "otlp", "pip install 'voiced[telemetry]'"),
    ],
)
def test_package_that_is_missing_is_told_with_its_place_and_the_fix(tmp_path, monkeypatch, package, traces, fix):
    monkeypatch.setitem(sys.modules, package, None)  # as Python has it where there is none
    path = tmp_path / "voiced.yaml"
    path.write_text(f"voice_live:\n  traces: {traces}\n")
    with pytest.raises(ConfigurationError) as raised:
        load(path)
    (problem,) = raised.value.problems
    assert problem.startswith(f"{path}:2:3: voice_live.traces: ")
    assert problem.endswith(fix)


def test_plug_in_of_the_sdk_is_found_in_another_folder_than_the_sdk(tmp_path, monkeypatch):
    """As an owner of Debian's package adds it."""
    plug_in = tmp_path / "azure" / "core" / "tracing" / "ext" / "added_by_the_owner"
    plug_in.mkdir(parents=True)
    (plug_in / "__init__.py").touch()
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    monkeypatch.setattr(ext, "__path__", list(ext.__path__))
    assert lacking(TracesSettings(exporter="console")) is None
    assert find_spec("azure.core.tracing.ext.added_by_the_owner") is not None


def test_nothing_is_missing_where_nothing_is_asked_for(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    assert lacking(None) is None


def test_endpoint_is_for_a_collector():
    given = {"exporter": "otlp", "endpoint": "http://nas.lan:4318/v1/traces"}
    assert TracesSettings.model_validate(given).endpoint == "http://nas.lan:4318/v1/traces"
    with pytest.raises(ValidationError, match="otlp"):
        TracesSettings.model_validate({**given, "exporter": "console"})
