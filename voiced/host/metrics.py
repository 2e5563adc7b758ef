"""Figures for Prometheus, served on this device only.

What happens is counted when it happens; what merely holds (a level, a budget) is read from `status` at each scrape.
Names follow Prometheus's conventions: base units, `_total` for what only grows.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from voiced.host.settings import address_of

log = logging.getLogger(__name__)

STAGE_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0)
"""Upper bounds of the latency histograms: from a period of the sound card to a user who gave up."""
SOCKET_MODE = 0o660
disable_created_metrics()  # type: ignore[no-untyped-call]  # when a counter was made says nothing here, and doubles what is sent

Status = Callable[[], Mapping[str, Any]]


class Metrics:
    """Everything that is counted. `status` is asked once a scrape, on the event loop."""

    def __init__(self, status: Status) -> None:
        self.registry = own = CollectorRegistry()
        self.phases = Counter("voiced_phase_changes", "Phases entered.", ["phase"], registry=own)
        self.stages = _seconds("voiced_turn_stage_seconds", "What a turn took, by stage.", "stage", own)
        self.sessions = Counter("voiced_sessions_ended", "Sessions by how they ended.", ["reason"], registry=own)
        self.barge_ins = Counter("voiced_barge_ins", "Replies that the user cut short.", registry=own)
        self.tools = Counter("voiced_tool_calls", "Tool calls.", ["tool", "outcome"], registry=own)
        self.tool_seconds = _seconds("voiced_tool_seconds", "What tool calls took.", "tool", own)
        self.registry.register(_Held(status))
        ProcessCollector(registry=self.registry)

    def text(self) -> bytes:
        """All figures in Prometheus's text format."""
        return generate_latest(self.registry)


def _seconds(name: str, told: str, label: str, registry: CollectorRegistry) -> Histogram:
    return Histogram(name, told, [label], registry=registry, buckets=STAGE_SECONDS)


class _Held(Collector):
    """What holds now, from the speaker's status."""

    def __init__(self, status: Status) -> None:
        self._status = status

    def describe(self) -> list[Metric]:
        """Nothing: the status exists only once the speaker runs."""
        return []

    def collect(self) -> Iterator[Metric]:
        status = self._status()
        yield InfoMetricFamily(
            "voiced",
            "This speaker.",
            {"name": status["name"], "version": status["version"], "endpoint": status["endpoint"]},
        )
        phase = GaugeMetricFamily("voiced_phase", "1 for the phase that the speaker is in.", labels=["phase"])
        phase.add_metric([status["phase"]], 1)
        yield phase
        yield GaugeMetricFamily("voiced_uptime_seconds", "Since the daemon's start.", value=status["uptime_seconds"])
        yield from _words(status["wake"])
        yield from _sound(status["microphone"], status["loudspeaker"])
        outage = status["service"].get("outage")
        yield GaugeMetricFamily(
            "voiced_outage_seconds",
            "How long the service can't be had; 0 where it can.",
            value=0 if outage is None else outage["seconds"],
        )
        if status.get("budget") is not None:
            yield from _budget(status["budget"])


def _words(wake: Mapping[str, Any]) -> Iterator[Metric]:
    for key, told in (
        ("wakes", "Wake words that were heard."),
        ("false_wakes", "Those after which nobody spoke."),
        ("near_misses", "Sound that nearly was one."),
    ):
        family = CounterMetricFamily(f"voiced_{key}", told, labels=["word"])
        for word, found in wake["words"].items():
            family.add_metric([word], found[key])
        yield family
    yield CounterMetricFamily("voiced_wake_steps_dropped", "Blocks of sound nobody listened to.", value=wake["dropped"])


def _sound(microphone: Mapping[str, Any], loudspeaker: Mapping[str, Any]) -> Iterator[Metric]:
    for side, found, xruns in (("microphone", microphone, "overruns"), ("loudspeaker", loudspeaker, "underruns")):
        yield CounterMetricFamily(f"voiced_{side}_{xruns}", "Periods of sound that were lost.", value=found[xruns])
        yield CounterMetricFamily(
            f"voiced_{side}_reopenings", "How often the device had to be opened again.", value=found["reopenings"]
        )
        yield CounterMetricFamily(
            f"voiced_{side}_late_callbacks", "Callbacks three periods late.", value=found["late_callbacks"]
        )
    for key in ("rms_dbfs", "peak_dbfs", "noise_floor_dbfs"):
        yield GaugeMetricFamily(f"voiced_microphone_{key}", "Level of the microphone.", value=microphone[key])
    yield GaugeMetricFamily(
        "voiced_microphone_hearing",
        "1 where sound comes and is listened to.",
        value=microphone["hearing"] and not microphone["paused"],
    )


def _budget(budget: Mapping[str, Any]) -> Iterator[Metric]:
    tokens = GaugeMetricFamily("voiced_tokens", "Tokens used in a period.", labels=["period"])
    minutes = GaugeMetricFamily("voiced_conversation_minutes", "Minutes with the service.", labels=["period"])
    cost = GaugeMetricFamily("voiced_cost", "Estimated by the owner's prices.", labels=["period", "currency"])
    for period in ("today", "month"):
        used = budget[period]
        tokens.add_metric([period], used["tokens"])
        minutes.add_metric([period], used["minutes"])
        if used["cost"] is not None:
            cost.add_metric([period, budget["currency"]], used["cost"])
    yield from (tokens, minutes, cost)
    yield GaugeMetricFamily("voiced_budget_spent", "1 once a hard limit is reached.", value=budget["spent"] is not None)


async def serve(metrics: Metrics, listen: str, until: Callable[[], Any]) -> None:
    """Serve `/metrics` until `until()` returns or it is cancelled.

    A place that can't be had is one warning: the speaker works without.
    """
    application = web.Application()

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    application.router.add_get("/metrics", answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        address = address_of(listen)
        if isinstance(address, Path):
            if address.is_socket():  # what a killed daemon left; another file there is somebody's
                address.unlink()
            await web.UnixSite(runner, address).start()
            address.chmod(SOCKET_MODE)
        else:
            await web.TCPSite(runner, *address).start()
    except OSError as error:
        log.warning("no metrics at %s: %s", listen, error.strerror or error)
        await runner.cleanup()
        return
    try:
        log.info("metrics at %s", listen)
        await until()
    finally:
        await runner.cleanup()
