"""Faults as chance will have it; the same seed gives the same ones. Pure."""

from collections.abc import Callable
from random import Random
from typing import get_args

from voiced.cascade.faults.kinds import (
    Alter,
    Close,
    Drop,
    Duplicate,
    Expire,
    Fault,
    HalfOpen,
    Hang,
    Inject,
    Oddity,
    OnTheLine,
    Refuse,
    Reset,
    Slow,
    Stall,
    StopPonging,
    StopReading,
)

MOMENTS = (
    "session.created", "session.updated", "input_audio_buffer.speech_started", "input_audio_buffer.committed",
    "response.created", "response.audio.delta", "response.function_call_arguments.delta", "response.done",
)  # fmt: skip
"""After what faults strike; where none of it is sent, a fault never does."""
_STATUSES = (302, 401, 403, 404, 429, 500, 503)
_CODES = (1000, 1001, 1006, 1008, 1009, 1011, 1013, 4000, 4401, 4429)
_LATEST = 4
_LONGEST_DELAY_MS = 400.0
_SLOWEST, _FASTEST = 16_000.0, 256_000.0

_ON_REQUEST: tuple[Callable[[Random], Fault], ...] = (
    lambda chance: Refuse(
        status=(status := chance.choice(_STATUSES)),
        retry_after="1" if status in (429, 503) else None,
        location="/elsewhere" if status == 302 else None,
        connections=1,
    ),
    lambda _: Hang(connections=1),
)
_ON_THE_LINE: tuple[Callable[[Random, str, int], OnTheLine], ...] = (
    lambda chance, after, count: Slow(
        direction=chance.choice(("up", "down")),
        delay_ms=chance.uniform(0, _LONGEST_DELAY_MS),
        jitter_ms=chance.uniform(0, _LONGEST_DELAY_MS),
        bytes_per_second=chance.choice((None, chance.uniform(_SLOWEST, _FASTEST))),
        after=after,
        count=count,
        connections=1,
    ),
    lambda _, after, count: StopReading(after=after, count=count, connections=1),
    lambda _, after, count: StopPonging(after=after, count=count, connections=1),
    lambda _, after, count: HalfOpen(after=after, count=count, connections=1),
    lambda _, after, count: Stall(after=after, count=count, connections=1),
    lambda _, after, count: Duplicate(after=after, count=count, connections=1),
    lambda _, after, count: Alter(fields={"surprise.depth": 1}, after=after, count=count, connections=1),
    lambda chance, after, count: Close(code=chance.choice(_CODES), after=after, count=count, connections=1),
    lambda _, after, count: Drop(after=after, count=count, connections=1),
    lambda _, after, count: Reset(after=after, count=count, connections=1),
    lambda chance, after, count: Expire(told=chance.choice((True, False)), after=after, count=count, connections=1),
    lambda chance, after, count: Inject(
        oddity=chance.choice(get_args(Oddity)), after=after, count=count, connections=1
    ),
)


def random_fault(chance: Random) -> Fault:
    """One fault, for one connection: in one of eight cases of its handshake."""
    if chance.random() < 1 / 8:
        return chance.choice(_ON_REQUEST)(chance)
    return chance.choice(_ON_THE_LINE)(chance, chance.choice(MOMENTS), chance.randint(1, _LATEST))
