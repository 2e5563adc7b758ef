"""What can be made to go wrong, as values (reference/voice-live.md §7, points 2, 4, 8 and 15). Pure."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Annotated, Literal

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

Direction = Literal["up", "down"]
"""From the client, or to it."""
Oddity = Literal[
    "malformed_json", "not_an_object", "no_object_at_all", "empty", "binary", "oversized", "unknown_event",
    "unknown_values", "no_type", "broken_audio",
]  # fmt: skip
"""A frame that no client expects."""

_Count = Annotated[int, Field(ge=1)]
_Connections = Annotated[int, Field(ge=1)] | None
_Milliseconds = Annotated[float, Field(ge=0, le=600_000)]


class FaultError(ValueError):
    """What was asked for is no fault; the message says why."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer the handshake with an HTTP status; `location` is a redirect's. Strikes that many connections, or all."""

    _: KW_ONLY
    kind: Literal["refuse"] = "refuse"
    status: Annotated[int, Field(ge=300, le=599)]
    retry_after: str | None = None
    location: str | None = None
    connections: _Connections = None


@dataclass(frozen=True, slots=True)
class Hang:
    """Never answer the handshake."""

    _: KW_ONLY
    kind: Literal["hang"] = "hang"
    connections: _Connections = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnTheLine:
    """A fault of an open connection.

    Attributes:
        after: strikes once a frame of this type has been sent; None: once any has, or at once on a session that runs.
        count: how many of them.
        connections: how many connections it strikes; None for all.
    """

    after: str | None = None
    count: _Count = 1
    connections: _Connections = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow(_OnTheLine):
    """From now on every frame in a direction is late by `delay_ms` and up to `jitter_ms` more, in order.

    With `bytes_per_second` the line carries no more than that.
    """

    kind: Literal["slow"] = "slow"
    direction: Direction = "down"
    delay_ms: _Milliseconds = 0
    jitter_ms: _Milliseconds = 0
    bytes_per_second: Annotated[float, Field(gt=0)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopReading(_OnTheLine):
    """Read nothing more, so that the client's own sending comes to a halt."""

    kind: Literal["stop_reading"] = "stop_reading"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPonging(_OnTheLine):
    """Answer no more pings."""

    kind: Literal["stop_ponging"] = "stop_ponging"


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfOpen(_OnTheLine):
    """Fall silent: nothing more is sent, what comes is lost, the connection stays."""

    kind: Literal["half_open"] = "half_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall(_OnTheLine):
    """Send no more frames whose type begins so: a reply that stops in its middle and never ends."""

    kind: Literal["stall"] = "stall"
    types: str = "response."


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate(_OnTheLine):
    """Send every frame whose type begins so twice."""

    kind: Literal["duplicate"] = "duplicate"
    types: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alter(_OnTheLine):
    """Add or overwrite fields of every frame whose type begins so, e.g. {"response.status": "dreaming"}.

    A dot leads into an object, which is made where there is none.
    """

    kind: Literal["alter"] = "alter"
    types: str = ""
    fields: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(_OnTheLine):
    """Close with a code and a reason; 1006, which can't be sent, drops the connection."""

    kind: Literal["close"] = "close"
    code: Annotated[int, Field(ge=1000, le=4999)]
    reason: Annotated[str, Field(max_length=100)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop(_OnTheLine):
    """End the TCP connection without a close frame."""

    kind: Literal["drop"] = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset(_OnTheLine):
    """Reset the TCP connection."""

    kind: Literal["reset"] = "reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire(_OnTheLine):
    """End the session by age: an error and close code 1001, or (not `told`) the code alone."""

    kind: Literal["expire"] = "expire"
    told: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Inject(_OnTheLine):
    """Send a frame that no client expects; of `frame`, that text."""

    kind: Literal["inject"] = "inject"
    oddity: Oddity | None = None
    frame: str | None = None


OnTheRequest = Refuse | Hang
Standing = Slow | StopReading | StopPonging | HalfOpen | Stall | Duplicate | Alter
"""They last until the faults are cleared."""
Blow = Close | Drop | Reset | Expire | Inject
"""They strike once a connection."""
OnTheLine = Standing | Blow
Fault = OnTheRequest | OnTheLine

_FAULT: TypeAdapter[Fault] = TypeAdapter(Annotated[Fault, Field(discriminator="kind")])


def parse(described: object) -> Fault:
    """A fault from its JSON, e.g. {"kind": "close", "code": 1011, "after": "session.updated"}. Raises `FaultError`."""
    try:
        return _FAULT.validate_python(described)
    except ValidationError as error:
        wrong = error.errors()[0]
        place = ".".join(str(part) for part in wrong["loc"])
        raise FaultError(f"{place}: {wrong['msg']}" if place else wrong["msg"]) from error
