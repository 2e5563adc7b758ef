"""Plays the phases' patterns on the light, frame by frame while something moves and not at all while nothing does."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from voiced.assistant.phases import Phase
from voiced.lights.drivers import Dark, Driver
from voiced.lights.patterns import FADE_SECONDS, OFF, Colour, Colours, cross_fade, pattern_for

FRAME_SECONDS = 1 / 30

_log = logging.getLogger(__name__)


class Lights:
    """The light of the speaker; dark until `run` is running. Not thread-safe: it belongs to the event loop.

    `observe` is called with what the device really shows, after each change of it; of several LEDs with the brightest.
    """

    def __init__(
        self,
        driver: Driver,
        *,
        phase: Phase = Phase.STARTING,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        observe: Callable[[Colour], None] | None = None,
    ) -> None:
        self._driver = driver
        self._clock = clock
        self._sleep = sleep
        self._observe = observe
        self._changed = asyncio.Event()
        self._phase = phase
        self._since = clock()
        self._dark: Colours = (OFF,) * driver.count
        self._before = self._dark
        self._drawn: Colours | None = None
        self._seen = OFF

    def show(self, phase: Phase) -> None:
        """From now on the pattern of this phase; the same phase again goes on undisturbed."""
        if phase is self._phase:
            return
        now = self._clock()
        self._before = self._colours_at(now)
        self._phase, self._since = phase, now
        self._changed.set()

    async def run(self) -> None:
        """Animate until cancelled, then go dark and close the driver. A driver's fault costs the light only."""
        try:
            while True:
                self._changed.clear()
                now = self._clock()
                self._draw(self._colours_at(now))
                if self._rests(now):
                    await self._changed.wait()
                else:
                    await self._sleep(FRAME_SECONDS)
        finally:
            self._put_out()

    def _colours_at(self, now: float) -> Colours:
        seconds = now - self._since
        return cross_fade(self._before, pattern_for(self._phase).colours_at(seconds, len(self._dark)), seconds)

    def _rests(self, now: float) -> bool:
        if isinstance(self._driver, Dark):
            return True
        return pattern_for(self._phase).still and now - self._since >= FADE_SECONDS

    def _draw(self, colours: Colours) -> None:
        if colours == self._drawn:
            return
        try:
            self._driver.show(colours)
            shown = self._driver.shown()
        except Exception as error:  # noqa: BLE001 - the hardware's libraries have each their own; the speaker goes on without light
            _log.warning(
                "The lights failed and stay dark until a restart: %s: %s. Check the wiring.",
                type(error).__name__,
                error,
            )
            self._close()
            self._driver = Dark()
            shown = OFF
        self._drawn = colours
        self._report(shown)

    def _put_out(self) -> None:
        try:
            self._draw(self._dark)
        finally:  # an observer may raise what it likes, the pins are given back
            self._close()

    def _close(self) -> None:
        try:
            self._driver.close()
        except Exception as error:  # noqa: BLE001 - as above; nothing is left to do for this light
            _log.debug("The lights can't be closed: %s: %s", type(error).__name__, error)

    def _report(self, shown: Colour) -> None:
        if shown != self._seen:
            self._seen = shown
            if self._observe is not None:
                self._observe(shown)
