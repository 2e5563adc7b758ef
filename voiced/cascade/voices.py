"""How a voice of the service is spoken by the programs of this device: whose voice, and how fast."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from voiced.cascade.programs import Program

_FLITE = frozenset({"awb", "kal", "kal16", "rms", "slt"})
_FLITE_MAN = "rms"
_MEN = frozenset({"andrew", "ash", "brian", "cedar", "christopher", "davis", "echo", "eric", "guy", "ryan", "verse"})
"""Of the service's English voices those that sound like a man's, by their first names."""
_SLOWEST, _FASTEST = 0.5, 1.5
"""The service's own bounds (voice-live §4.1)."""
_RATES = {"x-slow": 0.5, "slow": 0.75, "medium": 1.0, "default": 1.0, "fast": 1.25, "x-fast": 1.5}
_ENDINGS = ("MultilingualNeural", "Neural")


@dataclass(frozen=True, slots=True)
class Manner:
    """How a text is spoken.

    Attributes:
        voice: one of the program's; None is its usual one.
        rate: how fast, 1 is its usual pace.
    """

    voice: str | None = None
    rate: float = 1.0


def manner_of(voice: Mapping[str, Any], program: Program) -> Manner:
    """What comes nearest to a session's `voice`; English is all that flite has, and languages all of espeak-ng's."""
    name = voice.get("name")
    rate = _rate(voice.get("rate"))
    if not isinstance(name, str):
        return Manner(None, rate)
    parts = name.partition(":")[0].split("-")
    first = parts[-1]
    for ending in _ENDINGS:
        first = first.removesuffix(ending)
    if program == "flite":
        if first.lower() in _FLITE:
            return Manner(first.lower(), rate)
        return Manner(_FLITE_MAN if first.lower() in _MEN else None, rate)
    locale = voice.get("locale")
    language = locale.split("-")[0] if isinstance(locale, str) else parts[0] if len(parts) > 2 else "en"
    usable = language.isascii() and language.isalpha() and len(language) <= 3 and language.lower() != "en"
    return Manner(language.lower() if usable else None, rate)


def _rate(given: object) -> float:
    """A rate as the service takes it: a number, one of SSML's words, or a change like +10%."""
    if not isinstance(given, str):
        return 1.0
    if given in _RATES:
        return _RATES[given]
    try:
        rate = 1 + float(given[:-1]) / 100 if given.endswith("%") else float(given)
    except ValueError:
        return 1.0
    return min(_FASTEST, max(_SLOWEST, rate)) if rate == rate else 1.0  # noqa: PLR0124 (not a number is not itself)
