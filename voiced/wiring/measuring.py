"""What the metrics are told: the assistant's events, turns and tools."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from voiced.assistant import events as on
from voiced.assistant.events import Event
from voiced.assistant.phases import Phase
from voiced.host.settings import MetricsSettings
from voiced.wiring.latency import Turn

if TYPE_CHECKING:
    from voiced.host.metrics import Metrics


class Measuring:
    """Counts for Prometheus where the owner asked for it; nothing is imported or done otherwise."""

    def __init__(self, settings: MetricsSettings, status: Callable[[], Mapping[str, Any]]) -> None:
        self._listen = settings.listen
        self._metrics = None if self._listen is None else _counted(status)

    async def run(self) -> None:
        """Serve until cancelled; returns at once where nobody asked for it."""
        if self._metrics is None or self._listen is None:
            return
        from voiced.host.metrics import serve  # noqa: PLC0415 (as above)

        await serve(self._metrics, self._listen, lambda: asyncio.get_running_loop().create_future())

    def event(self, event: Event) -> None:
        """Take an event."""
        if self._metrics is None:
            return
        match event:
            case on.SessionClosed():
                self._metrics.sessions.labels("closed").inc()
            case on.SessionFailed():
                self._metrics.sessions.labels(event.reason.value).inc()
            case on.PlaybackFlushed():
                self._metrics.barge_ins.inc()
            case _:
                pass

    def phase(self, phase: Phase) -> None:
        """Take a change of the phase."""
        if self._metrics is not None:
            self._metrics.phases.labels(phase.value).inc()

    def turn(self, turn: Turn) -> None:
        """Take what a turn took."""
        if self._metrics is not None:
            for stage, milliseconds in turn.stages().items():
                self._metrics.stages.labels(stage).observe(milliseconds / 1000)

    def tool(self, name: str, *, ok: bool, seconds: float) -> None:
        """Take a tool's call. The name is one there is, for each has figures of its own."""
        if self._metrics is not None:
            self._metrics.tools.labels(name, "done" if ok else "failed").inc()
            self._metrics.tool_seconds.labels(name).observe(seconds)


def _counted(status: Callable[[], Mapping[str, Any]]) -> "Metrics":
    from voiced.host.metrics import Metrics  # noqa: PLC0415 (only for who asked for it)

    return Metrics(status)
