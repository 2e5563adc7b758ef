"""The switch of the SDK's OpenTelemetry traces. Nothing of OpenTelemetry is imported while it is off."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

from voiced import installing
from voiced.voicelive.tracing_settings import TracesSettings

_EXTRA = ("opentelemetry.sdk.trace", "azure.core.tracing.ext.opentelemetry_span")
_OTLP = "opentelemetry.exporter.otlp.proto.http"


def lacking(settings: TracesSettings | None) -> str | None:
    """What is not installed that these settings need, with the fix; None where nothing is missing."""
    if settings is None:
        return None
    _look_beside()
    if not all(_is_there(name) for name in _EXTRA):
        return f"OpenTelemetry is not installed; install it with: {installing.command('telemetry')}"
    if settings.exporter == "otlp" and not _is_there(_OTLP):
        exporter = installing.command("opentelemetry-exporter-otlp-proto-http")
        return f"OpenTelemetry's OTLP exporter is not installed; install it with: {exporter}"
    return None


@asynccontextmanager
async def tracing(settings: TracesSettings | None, speaker: str) -> AsyncIterator[None]:
    """The SDK makes spans of every session that opens while the context lasts; none without settings."""
    if settings is None:
        yield
        return
    from voiced.voicelive.spans import Spans, exporter  # noqa: PLC0415 (OpenTelemetry, only for who wants it)

    spans = Spans(exporter(settings), speaker, content=settings.content)
    try:
        yield
    finally:
        await asyncio.to_thread(spans.close)


def _look_beside() -> None:
    """Have Python find a plug-in of azure-core's that lies in another folder than azure-core itself.

    It does where an owner adds one to Debian's package (see `installing`), and azure-core is no namespace package.
    """
    try:
        from azure.core.tracing import ext  # noqa: PLC0415 (only for who wants traces)
    except ImportError:  # which is told as what is missing
        return
    for folder in sys.path:
        beside = Path(folder, "azure", "core", "tracing", "ext")
        if str(beside) not in ext.__path__ and beside.is_dir():
            ext.__path__.append(str(beside))


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # not even the packages around it
        return False
