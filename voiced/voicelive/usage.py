"""What the service was used for: tokens by kind, and time connected. Pure."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, each counted once, and connected seconds.

    What the service took from its cache is in `cached_*` alone; what its details don't tell apart (images, reasoning)
    counts as text.
    """

    input_text: int = 0
    input_audio: int = 0
    cached_text: int = 0
    cached_audio: int = 0
    output_text: int = 0
    output_audio: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        """Both together."""
        return Usage(*(getattr(self, name) + getattr(other, name) for name in FIELDS))

    @property
    def tokens(self) -> int:
        """All kinds together."""
        return sum(getattr(self, name) for name in KINDS)

    @property
    def minutes(self) -> float:
        """Connected time."""
        return self.seconds / 60

    @classmethod
    def read(cls, written: object) -> Self:
        """What `dataclasses.asdict` made. Raises ValueError where it is anything else."""
        if not isinstance(written, dict) or not written.keys() <= set(FIELDS):
            raise ValueError(f"no usage: {written!r}")
        for name, value in written.items():
            allowed = (int,) if name in KINDS else (int, float)
            if type(value) not in allowed or not 0 <= value < math.inf:
                raise ValueError(f"{name} can't be {value!r}")
        return cls(**written)


KINDS = ("input_text", "input_audio", "cached_text", "cached_audio", "output_text", "output_audio")
"""The fields that count tokens."""
FIELDS = tuple(field.name for field in dataclasses.fields(Usage))


def tokens_of(frame: Mapping[str, Any]) -> Usage | None:
    """The tokens of a `response.done`; None for every other frame, and where it counts none (voice-live §3).

    The service's text and audio tokens hold the cached ones. Whatever is missing or damaged counts as nothing.
    """
    if frame.get("type") != "response.done":
        return None
    usage = _map(_map(frame, "response"), "usage")
    given, said = _map(usage, "input_token_details"), _map(usage, "output_token_details")
    cached = _map(given, "cached_tokens_details")
    input_audio = min(_count(given, "audio_tokens"), _count(usage, "input_tokens"))
    input_text = _count(usage, "input_tokens") - input_audio
    cached_audio = min(_count(cached, "audio_tokens"), input_audio)
    cached_text = min(max(_count(given, "cached_tokens") - cached_audio, 0), input_text)
    output_audio = min(_count(said, "audio_tokens"), _count(usage, "output_tokens"))
    found = Usage(
        input_text=input_text - cached_text,
        input_audio=input_audio - cached_audio,
        cached_text=cached_text,
        cached_audio=cached_audio,
        output_text=_count(usage, "output_tokens") - output_audio,
        output_audio=output_audio,
    )
    return found if found.tokens else None


def _map(frame: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = frame.get(key)
    return value if isinstance(value, Mapping) else {}


def _count(frame: Mapping[str, Any], key: str) -> int:
    value = frame.get(key)
    return max(value, 0) if type(value) is int else 0
