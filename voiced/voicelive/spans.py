"""Spans of the SDK's own making, and their way out, without what nobody is to read.

The SDK's switch for content is not enough: it writes what was said by either side, what tools were told, the
instructions and every tool with its credentials into spans even where that is off (1.3.1, `_extract_done_event_content`
and `_extract_session_config_from_send`).
"""

import importlib
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from azure.ai.voicelive.telemetry import VoiceLiveInstrumentor
from azure.core.settings import settings as azure_settings
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter, SpanExportResult
from opentelemetry.trace import Status, StatusCode
from opentelemetry.util.types import Attributes

from voiced.voicelive.redaction import without_secrets, without_sound
from voiced.voicelive.tracing_settings import TracesSettings

_SWITCH = "AZURE_EXPERIMENTAL_ENABLE_GENAI_TRACING"
"""The SDK makes no spans without it; ours is the setting."""
_CONTENT = frozenset({"gen_ai.event.content", "gen_ai.system_instructions", "gen_ai.request.tools"})
_ERROR = "error.type"
_CANCELLED = "asyncio.exceptions.CancelledError"
_EXPORT_SECONDS = 3.0
"""How long a collector is waited for, at the end of the process, too."""
_LARGEST_QUEUE = 2048
"""Spans that wait to be exported, some half a minute's; the newest are left out when it is full."""
_EXPORT_EVERY_MS = 2000


class Spans:
    """From now until `close` the SDK makes spans, of sessions opened after now, and `exporter` gets them.

    A process may have one such thing at a time. The provider, which OpenTelemetry allows to be set once, stays.
    """

    def __init__(self, exporter: SpanExporter, speaker: str, *, content: bool) -> None:
        self._processor = BatchSpanProcessor(
            Discreet(exporter, content=content), _LARGEST_QUEUE, _EXPORT_EVERY_MS, _LARGEST_QUEUE
        )
        _provider(speaker).add_span_processor(self._processor)
        os.environ[_SWITCH] = "true"
        azure_settings.tracing_implementation = "opentelemetry"
        self._instrumentor = VoiceLiveInstrumentor()
        self._instrumentor.instrument(enable_content_recording=content)

    def close(self) -> None:
        """Export the last ones and make no more; takes as long as the collector does, `_EXPORT_SECONDS` at most."""
        self._instrumentor.uninstrument()
        azure_settings.tracing_implementation.unset_value()
        del os.environ[_SWITCH]
        self._processor.shutdown()  # type: ignore[no-untyped-call]  # theirs is not typed


class Discreet(SpanExporter):
    """Passes spans on without secrets, and without content unless that is wanted; without sound in any case."""

    def __init__(self, exporter: SpanExporter, *, content: bool) -> None:
        self._exporter = exporter
        self._content = content

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Pass them on."""
        return self._exporter.export([self._shown(span) for span in spans])

    def shutdown(self) -> None:
        """Close the exporter behind."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the exporter behind."""
        return self._exporter.force_flush(timeout_millis)

    def _shown(self, span: ReadableSpan) -> ReadableSpan:
        attributes = self._readable(span.attributes)
        status, description = span.status.status_code, span.status.description
        if attributes.get(_ERROR) == _CANCELLED:  # we end each session while a frame is awaited
            del attributes[_ERROR]
            status, description = StatusCode.UNSET, None
        return ReadableSpan(
            span.name,
            span.context,
            span.parent,
            span.resource,
            attributes,
            [Event(event.name, self._readable(event.attributes), event.timestamp) for event in span.events],
            span.links,
            span.kind,
            status=Status(status, None if description is None else without_secrets(description)),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    def _readable(self, attributes: Attributes) -> dict[str, Any]:
        return {
            name: _frame_shown(value) if name in _CONTENT and isinstance(value, str) else without_secrets(value)
            for name, value in (attributes or {}).items()
            if self._content or name not in _CONTENT
        }


def _frame_shown(text: str) -> str:
    """A frame, or a part of one, without secrets and sound."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):  # words of the owner's
        shown: str = without_secrets(text)
        return shown
    return json.dumps(without_secrets(without_sound(frame)), ensure_ascii=False)


def exporter(settings: TracesSettings) -> SpanExporter:
    """What the settings name; its packages are there (`tracing.lacking`)."""
    if settings.exporter == "console":
        return ConsoleSpanExporter(out=sys.stdout, formatter=lambda span: f"{span.to_json(indent=None)}\n")
    otlp = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")  # not ours to require
    made: SpanExporter = otlp.OTLPSpanExporter(endpoint=settings.endpoint, timeout=_EXPORT_SECONDS)
    return made


def _provider(speaker: str) -> TracerProvider:
    """The process' own, made the first time."""
    found = trace.get_tracer_provider()
    if isinstance(found, TracerProvider):
        return found
    made = TracerProvider(
        resource=Resource.create({"service.name": "voiced", "service.instance.id": speaker}), shutdown_on_exit=False
    )
    trace.set_tracer_provider(made)
    return made
