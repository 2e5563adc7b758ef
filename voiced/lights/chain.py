"""LEDs in a row or a ring, each with a colour of its own, on SPI."""

import logging
from collections.abc import Callable
from typing import Protocol

from voiced.lights.patterns import OFF, Colour, Colours

_log = logging.getLogger(__name__)


class Wire(Protocol):
    """What leads to the chain: gpiozero's `SPI`."""

    def write(self, data: bytes) -> object:
        """Send it in one go."""
        ...

    def close(self) -> None:
        """Give its pins back."""
        ...


class Supply(Protocol):
    """What switches the chain's power: gpiozero's output device."""

    def close(self) -> None:
        """Give its pin back."""
        ...


class Chain:
    """A `Driver` of `count` LEDs; `encode` makes their colours what is sent, at that brightness.

    A write takes as long as the wire does: 1 ms for a ring of 12 WS2812, 5 ms for the longest chain.
    """

    def __init__(
        self,
        wire: Wire,
        encode: Callable[[Colours], bytes],
        count: int,
        *,
        brightness: float,
        supply: Supply | None = None,
    ) -> None:
        self._wire = wire
        self._encode = encode
        self._brightness = brightness
        self._supply = supply
        self._dark: Colours = (OFF,) * count
        self._lit = self._dark
        self._closed = False

    @property
    def count(self) -> int:
        """How many LEDs there are."""
        return len(self._dark)

    def show(self, colours: Colours) -> None:
        """Light them so."""
        self._lit = colours
        self._wire.write(self._encode(colours))

    def shown(self) -> Colour:
        """The brightest LED's, as it was sent: a chain can't be read."""
        return max(self._lit, key=lambda colour: colour.intensity).scaled(self._brightness)

    def close(self) -> None:
        """Go dark and give the pins back; nothing is sent where nothing was lit, for another process may light it."""
        if self._closed:
            return
        self._closed = True
        if self._lit != self._dark:
            self._attempt(lambda: self.show(self._dark))
        self._attempt(self._wire.close)
        if self._supply is not None:
            self._attempt(self._supply.close)

    @staticmethod
    def _attempt(deed: Callable[[], object]) -> None:
        try:
            deed()
        except Exception as error:  # noqa: BLE001 - whatever the library raises, the rest is given back, too
            _log.debug("The lights can't be closed: %s: %s", type(error).__name__, error)
