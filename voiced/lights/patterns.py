"""What every phase looks like, as pure functions of the seconds since it began.

Each phase has a rhythm and a brightness of its own, so that a single LED and any eye tell them apart; colour only adds
to it. The hues keep to blue, orange and purple with different lightness, which stay distinct in the common
colour-vision deficiencies (Okabe and Ito, "Color Universal Design"). Where there is a ring, some go round on it.
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

Colours = tuple[Colour, ...]
"""What is lit at a moment, one for each LED in its order."""

_WHITE = Colour(1, 0.9, 0.7)
_SKY = Colour(0.1, 0.6, 1)
_BLUE = Colour(0, 0.25, 1)
_PURPLE = Colour(0.7, 0.15, 1)
_TEAL = Colour(0, 1, 0.55)
_AMBER = Colour(1, 0.55, 0)
_RED = Colour(1, 0.08, 0)

_Level = Callable[[float], float]
"""Seconds since the phase began to brightness 0..1 as an eye sees it."""
_Wave = Callable[[float, float], float]
"""Likewise, of an LED's place on a ring, 0..1."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One phase's light.

    Attributes:
        still: it never changes, so that nothing needs to run while it is shown.
        wave: in place of `level` where there are several LEDs; None where they shine as one.
    """

    hue: Colour
    level: _Level
    still: bool = False
    wave: _Wave | None = None

    def colour_at(self, seconds: float) -> Colour:
        """What a single LED shows so many seconds after the phase began."""
        # an eye sees the square root of light, roughly; without this a breath is bright nearly all the time
        return self.hue.scaled(self.level(seconds) ** 2)

    def colours_at(self, seconds: float, count: int) -> Colours:
        """What so many LEDs show, in a ring or a row."""
        if self.wave is None or count == 1:
            return (self.colour_at(seconds),) * count
        return tuple(self.hue.scaled(self.wave(seconds, place / count) ** 2) for place in range(count))


def pattern_for(phase: Phase) -> Pattern:
    """The pattern of a phase; every phase has one."""
    return _PATTERNS[phase]


def cross_fade(before: Colours, after: Colours, seconds: float) -> Colours:
    """Between two patterns, so many seconds after the change: `before` at 0, `after` from `FADE_SECONDS` on."""
    share = min(max(seconds / FADE_SECONDS, 0), 1)
    if share == 1:
        return after
    smooth = share * share * (3 - 2 * share)
    return tuple(
        Colour(
            old.red + (new.red - old.red) * smooth,
            old.green + (new.green - old.green) * smooth,
            old.blue + (new.blue - old.blue) * smooth,
        )
        for old, new in zip(before, after, strict=True)
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


def _turning(low: float, high: float, period: float) -> _Wave:
    """A bright place that goes round once a period (seconds), and fades to `low` on the other side."""
    return lambda seconds, place: low + (high - low) * (1 + math.cos(math.tau * (place - seconds / period))) / 2


_PATTERNS: Mapping[Phase, Pattern] = MappingProxyType(
    {
        Phase.STARTING: Pattern(_WHITE, _breath(0.1, 0.6, 4)),
        Phase.IDLE: Pattern(OFF, _steady(0), still=True),
        Phase.CONNECTING: Pattern(_SKY, _breath(0.4, 1, 0.7), wave=_turning(0.2, 1, 0.7)),
        Phase.LISTENING: Pattern(_SKY, _steady(1), still=True),
        Phase.THINKING: Pattern(_PURPLE, _breath(0.15, 0.85, 1.4), wave=_turning(0, 0.9, 1.4)),
        Phase.SPEAKING: Pattern(_TEAL, _breath(0.65, 0.9, 2.4)),
        Phase.FOLLOWING_UP: Pattern(_BLUE, _breath(0.3, 0.7, 3)),
        # below three flashes a second, the limit for photosensitive people (WCAG 2.3.1)
        Phase.ALERTING: Pattern(_AMBER, _pulses(2, 0.4, 1.4)),
        Phase.MUTED: Pattern(_RED, _steady(0.45), still=True),
        Phase.FAULTED: Pattern(_RED, _pulses(3, 0.4, 4)),
    }
)
