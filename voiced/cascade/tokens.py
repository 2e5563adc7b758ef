"""What a model would have counted: tokens, as estimates that grow with the text and the sound."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from voiced.cascade.protocol import Frame

_AUDIO_TOKENS_PER_SECOND = 20
_CHARACTERS_A_TOKEN = 4
_TOKENS_AN_ITEM = 10
_MINUTE = 60.0
MOST_TOKENS = 4096
"""The highest `max_output_tokens` that a client may name (voice-live §4)."""


def cut_to(text: str, limit: int | str) -> str:
    """As many whole words of a text as a `max_output_tokens` allows; at least one."""
    if not isinstance(limit, int):
        return text
    most = limit * _CHARACTERS_A_TOKEN
    if len(text) <= most:
        return text
    end = text.rfind(" ", 0, most + 1)
    return text.partition(" ")[0] if end < 0 else text[:end]


def usage(given: Iterable[str], output: Iterable[Mapping[str, Any]], seconds: float) -> Frame:
    """The `usage` of a response.

    Args:
        given: the texts of the items that it had before it.
        output: its own items.
        seconds: of sound that it sent.
    """
    audio = round(seconds * _AUDIO_TOKENS_PER_SECOND)
    text = sum(len(json.dumps(item)) // _CHARACTERS_A_TOKEN for item in output)
    had = sum(len(each) // _CHARACTERS_A_TOKEN + _TOKENS_AN_ITEM for each in given)
    return {
        "total_tokens": had + audio + text,
        "input_tokens": had,
        "output_tokens": audio + text,
        "input_token_details": {
            "cached_tokens": 0, "text_tokens": had, "audio_tokens": 0,
            "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0},
        },
        "output_token_details": {"text_tokens": text, "audio_tokens": audio},
    }  # fmt: skip


class TokenQuota:
    """Tokens that a session may use in a minute.

    Args:
        per_minute: how many.
        clock: seconds, monotonic.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self._limit = per_minute
        self._clock = clock
        self._left = float(per_minute)
        self._at = clock()

    @property
    def exhausted(self) -> bool:
        """Whether nothing is left."""
        return self._refilled() < 1

    def spend(self, tokens: int) -> None:
        """Count what a response used."""
        self._left = self._refilled() - tokens

    def shown(self) -> list[Frame]:
        """The `rate_limits` of a `rate_limits.updated`."""
        left = self._refilled()
        return [
            {
                "name": "tokens", "limit": self._limit, "remaining": max(0, int(left)),
                "reset_seconds": round((self._limit - left) / self._limit * _MINUTE, 3),
            }
        ]  # fmt: skip

    def _refilled(self) -> float:
        now = self._clock()
        self._left = min(float(self._limit), self._left + (now - self._at) / _MINUTE * self._limit)
        self._at = now
        return self._left
