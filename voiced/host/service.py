"""What systemd is told: readiness, a status in words, and that the speaker is alive."""

import asyncio
import logging
import os
from collections.abc import Callable

from voiced.messages import Message, explained

log = logging.getLogger(__name__)

LATE_SECONDS = 1.0
"""An event loop that sleeps this much longer than asked is too late to be called alive."""


def notify(state: str) -> None:
    """Send a state to systemd (sd_notify(3)); nothing where systemd did not start us."""
    if "NOTIFY_SOCKET" in os.environ:
        from systemd.daemon import notify as sd_notify  # noqa: PLC0415 (a terminal has no use for it)

        try:
            sd_notify(state)
        except OSError as error:
            log.debug("systemd was not told %r: %s", state, error)


class Watchdog:
    """Feeds systemd's watchdog only while `ailment` finds none: the microphone brings frames, no phase is overdue."""

    def __init__(self, ailment: Callable[[], str | None]) -> None:
        self._ailment = ailment

    async def run(self) -> None:
        """Look and feed until cancelled; returns at once where systemd set no watchdog."""
        microseconds = os.environ.get("WATCHDOG_USEC")
        if not microseconds:
            return
        period = int(microseconds) / 1e6 / 4
        loop = asyncio.get_running_loop()
        said = ""
        while True:
            due = loop.time() + period
            await asyncio.sleep(period)
            late = loop.time() - due
            found = f"the event loop is {late:.1f} s late" if late > LATE_SECONDS else self._ailment()
            if found is None:
                notify("WATCHDOG=1")
            elif found != said:
                log.error("not well, the watchdog goes hungry: %s", found, extra=explained(Message.UNHEALTHY))
            said = found or ""
