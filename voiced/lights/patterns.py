"""What every phase looks like, as pure functions of the seconds since it began.

Each phase has a rhythm and a brightness of its own, so that a single LED and any eye tell them apart; colour only adds
to it. The hues keep to blue, orange and purple with different lightness, which stay distinct in the common
colour-vision deficiencies (Okabe and Ito, "Color Universal Design").
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from voiced.assistant.phases import Phase

FADE_SECONDS = 0.2
"""How long one phase's pattern takes to become the next one's."""


@dataclass(frozen=True, slots=True)
class Colour:
    """Light, linear: each part 0..1 of what the LED can give."""

    red: float
    green: float
    blue: float

    @property
    def intensity(self) -> float:
        """What a single LED shows of it, 0..1."""
        return max(self.red, self.green, self.blue)

    def scaled(self, factor: float) -> "Colour":
        """The same hue, dimmer by a factor of 0..1."""
        return Colour(self.red * factor, self.green * factor, self.blue * factor)


OFF = Colour(0, 0, 0)

_WHITE = Colour(1, 0.9, 0.7)
_SKY = Colour(0.1, 0.6, 1)
_BLUE = Colour(0, 0.25, 1)
_PURPLE = Colour(0.7, 0.15, 1)
_TEAL = Colour(0, 1, 0.55)
_AMBER = Colour(1, 0.55, 0)
_RED = Colour(1, 0.08, 0)

_Level = Callable[[float], float]
"""Seconds since the phase began to brightness 0..1 as an eye sees it."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One phase's light.

    Attributes:
        still: it never changes, so that nothing needs to run while it is shown.
    """

    hue: Colour
    level: _Level
    still: bool = False

    def colour_at(self, seconds: float) -> Colour:
        """What is lit so many seconds after the phase began."""
        # an eye sees the square root of light, roughly; without this a breath is bright nearly all the time
        return self.hue.scaled(self.level(seconds) ** 2)


def pattern_for(phase: Phase) -> Pattern:
    """The pattern of a phase; every phase has one."""
    return _PATTERNS[phase]


def cross_fade(before: Colour, after: Colour, seconds: float) -> Colour:
    """Between two patterns, so many seconds after the change: `before` at 0, `after` from `FADE_SECONDS` on."""
    share = min(max(seconds / FADE_SECONDS, 0), 1)
    smooth = share * share * (3 - 2 * share)
    return Colour(
        before.red + (after.red - before.red) * smooth,
        before.green + (after.green - before.green) * smooth,
        before.blue + (after.blue - before.blue) * smooth,
    )


def _steady(level: float) -> _Level:
    return lambda _: level


def _breath(low: float, high: float, period: float) -> _Level:
    """Up from `low` to `high` and down again, one breath a period (seconds)."""
    return lambda seconds: low + (high - low) * (1 - math.cos(math.tau * seconds / period)) / 2


def _pulses(number: int, width: float, period: float) -> _Level:
    """So many soft pulses (`width` seconds each) to full brightness and then dark, once a period."""

    def level(seconds: float) -> float:
        within = seconds % period
        return (1 - math.cos(math.tau * within / width)) / 2 if within < number * width else 0

    return level


_PATTERNS: Mapping[Phase, Pattern] = MappingProxyType(
    {
        Phase.STARTING: Pattern(_WHITE, _breath(0.1, 0.6, 4)),
        Phase.IDLE: Pattern(OFF, _steady(0), still=True),
        Phase.CONNECTING: Pattern(_SKY, _breath(0.4, 1, 0.7)),
        Phase.LISTENING: Pattern(_SKY, _steady(1), still=True),
        Phase.THINKING: Pattern(_PURPLE, _breath(0.15, 0.85, 1.4)),
        Phase.SPEAKING: Pattern(_TEAL, _breath(0.65, 0.9, 2.4)),
        Phase.FOLLOWING_UP: Pattern(_BLUE, _breath(0.3, 0.7, 3)),
        # below three flashes a second, the limit for photosensitive people (WCAG 2.3.1)
        Phase.ALERTING: Pattern(_AMBER, _pulses(2, 0.4, 1.4)),
        Phase.MUTED: Pattern(_RED, _steady(0.45), still=True),
        Phase.FAULTED: Pattern(_RED, _pulses(3, 0.4, 4)),
    }
)
