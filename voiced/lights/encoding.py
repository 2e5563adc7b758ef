"""What is sent to a chain of LEDs for its colours: pure functions from colours to bytes.

APA102: the datasheet of Shiji Lighting, with what cpldcpu measured on it and on its clone, "Understanding the APA102
superled" and "SK9822 - a clone of the APA102?": data moves on by half a clock an LED, so that as many more have to
follow; the clone shows what it has when 32 zeros come after the last LED; and zeros say nothing to an LED beyond the
last one that is counted.

WS2812: the datasheets of Worldsemi for the WS2812B and WS2812B-V5. A bit is a pulse, the short one 0; green comes
first, the highest bit first; and a chain shows what it has when its line was low for 50 us, since the V5 280 us.
"""

import math
from collections.abc import Sequence
from functools import cache

from voiced.lights.patterns import Colour

APA102_HERTZ = 4_000_000
"""The LEDs have a clock of their own and take any rate; at this one the wires of a hobbyist still carry it."""
WS2812_HERTZ = 6_400_000
"""Eight bits of SPI are one of the chain's (1.25 us). A Pi divides its clocks to 6.25 MHz: 0.32 us for a 0, 0.8 us for
a 1, which the WS2812B, its V5 and, within 50 ns, the SK6812 all ask for."""

_START = bytes(4)
_LATCH = bytes(4)
_MARK = 0xE0
"""Three ones begin an LED's word; the other five bits are its current, 0 to 31."""
_MOST_CURRENT = 31

_ZERO, _ONE = 0b11000000, 0b11111000
"""A byte for each bit, so that a pause between two bytes, which some of the Pi's SPI transfers have, only lengthens
the low part of a pulse, where a chain has patience."""
_PAUSE = bytes(math.ceil(280e-6 * WS2812_HERTZ / 8))


def apa102(colours: Sequence[Colour], *, order: str = "bgr", brightness: float = 1) -> bytes:
    """One frame for a chain of APA102 or SK9822.

    Brightness is the current's business as far as it goes, so that dim colours keep their steps.
    """
    current = math.ceil(brightness * _MOST_CURRENT)
    left = brightness * _MOST_CURRENT / current if current else 0
    words = b"".join(bytes((_MARK | current, *_steps(colour, order, left))) for colour in colours)
    return _START + words + _LATCH + bytes(math.ceil(len(colours) / 16))


def ws2812(colours: Sequence[Colour], *, order: str = "grb", brightness: float = 1) -> bytes:
    """One frame for a chain of WS2812, for SPI at `WS2812_HERTZ`.

    A pause is before it, too: where the line rests high, its fall would be taken for a bit.
    """
    pulses = b"".join(_pulses(step) for colour in colours for step in _steps(colour, order, brightness))
    return _PAUSE + pulses + _PAUSE


def _steps(colour: Colour, order: str, brightness: float) -> list[int]:
    """Its parts 0..255 in the chain's order."""
    parts = {"r": colour.red, "g": colour.green, "b": colour.blue}
    return [round(parts[letter] * brightness * 255) for letter in order]


@cache
def _pulses(step: int) -> bytes:
    return bytes(_ONE if step >> bit & 1 else _ZERO for bit in reversed(range(8)))
