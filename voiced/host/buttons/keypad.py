"""Watches the buttons on a thread of its own."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from voiced.host.buttons.contact import Contact
from voiced.host.buttons.pins import GpioPin, Pin, explained
from voiced.host.buttons.settings import Button, ButtonSettings, ButtonsSettings

LOOK_SECONDS = 0.03
"""Between two looks while nothing moves: with the time for bounces, still shorter than a quick press."""
CLOSE_LOOK_SECONDS = 0.005
"""Between two looks at what moves or is held."""
COMMANDS = "voiced mute switches it off, voiced unmute on."
"""What is left to the owner of a switch that can't be read."""
_REPEATING = frozenset({Button.VOLUME_UP, Button.VOLUME_DOWN})

Report = Callable[[Button, bool], None]
"""Called on the event loop: true where a button was pressed (or is held and repeats), false where it was let go."""

log = logging.getLogger(__name__)


class Keypad:
    """The buttons of the configuration. One that can't be read is a warning, and the others work.

    Attributes:
        faults: the buttons that can't be read, each with the reason and what helps.
    """

    def __init__(
        self,
        settings: ButtonsSettings,
        report: Report,
        *,
        open_pin: Callable[[ButtonSettings], Pin] = GpioPin,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._report = report
        self._open_pin = open_pin
        self._clock = clock
        self._open: dict[Button, tuple[Pin, Contact]] = {}
        self.faults: dict[Button, str] = {}

    def open(self) -> None:
        """Take the pins, and note which buttons are pressed: these were not pressed for us."""
        for button, wiring in self._settings.wired().items():
            try:
                self._take(button, wiring)
            except Exception as error:  # noqa: BLE001 (lgpio, gpiozero and the kernel each have their own; told below)
                self.faults[button] = "{}. {}".format(*explained(error))
        for fault in dict.fromkeys(self.faults.values()):
            buttons = ", ".join(button for button, its in self.faults.items() if its == fault)
            log.warning("No button for %s: %s", buttons, fault)

    def reads(self, button: Button) -> bool:
        """Whether there is such a button, and it can be read."""
        return button in self._open

    def is_closed(self, button: Button) -> bool:
        """Whether a button is pressed, or a switch is on; not where it can't be read."""
        known = self._open.get(button)
        return known is not None and known[1].closed

    def look(self, now: float) -> list[tuple[Button, bool]]:
        """Read every pin once, at `now` (seconds); what has happened, as for `Report`."""
        happened = []
        for button, (pin, contact) in list(self._open.items()):
            try:
                change = contact.read(closed=pin.closed(), now=now)
            except Exception as error:  # noqa: BLE001 (as above; the speaker goes on without this button)
                self._lose(button, "{}. {}".format(*explained(error)))
                continue
            if change is not None:
                happened.append((button, change))
        return happened

    async def run(self) -> None:
        """Watch what `open` has opened until cancelled, and give the pins back; there is no thread without a button."""
        loop = asyncio.get_running_loop()
        if not self._open:
            await loop.create_future()  # until cancelled
        ended = threading.Event()
        thread = ThreadPoolExecutor(1, "buttons")  # of its own: the loop's are for what comes and goes
        watching = loop.run_in_executor(thread, self._watch, loop, ended)
        try:
            await asyncio.shield(watching)
            await loop.create_future()  # every pin is lost: as without a button
        finally:
            ended.set()
            await asyncio.wait([watching])  # for one look
            thread.shutdown()
            self.close()

    def close(self) -> None:
        """Give the pins back; may be called twice."""
        for button in list(self._open):
            self._give_back(button)

    def _watch(self, loop: asyncio.AbstractEventLoop, ended: threading.Event) -> None:
        pause = LOOK_SECONDS
        while self._open and not ended.is_set():
            time.sleep(pause)  # `ended` could be waited for, at nearly twice the cost
            for button, pressed in self.look(self._clock()):
                loop.call_soon_threadsafe(self._report, button, pressed)
            restless = any(contact.restless for _, contact in self._open.values())
            pause = CLOSE_LOOK_SECONDS if restless else LOOK_SECONDS

    def _take(self, button: Button, wiring: ButtonSettings) -> None:
        pin = self._open_pin(wiring)
        try:
            closed = pin.closed()
        except Exception:
            _close(button, pin)
            raise
        contact = Contact(closed=closed, bounce_seconds=wiring.bounce_ms / 1000, repeats=button in _REPEATING)
        self._open[button] = pin, contact

    def _lose(self, button: Button, fault: str) -> None:
        self.faults[button] = fault
        log.warning("The button for %s is lost until a reload or restart: %s", button, fault)
        if button is Button.MUTE and self._settings.has_mute_switch:
            log.warning("The mute switch says nothing any more: the microphone stays as it is. %s", COMMANDS)
        self._give_back(button)

    def _give_back(self, button: Button) -> None:
        pin, _ = self._open.pop(button)
        _close(button, pin)


def _close(button: Button, pin: Pin) -> None:
    try:
        pin.close()
    except Exception as error:  # noqa: BLE001 (as above; nothing is left to do for this pin)
        log.debug("the pin of %s can't be closed: %s: %s", button, type(error).__name__, error)
