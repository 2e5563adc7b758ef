"""Home Assistant's WebSocket API as a client speaks it: messages in, messages out, nothing of a network.

The facts are from https://developers.home-assistant.io/docs/api/websocket
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue

REMEMBERED = 100
"""As many commands that nobody waits for are known when their answer comes after all."""


class Stage(StrEnum):
    """How far the login is."""

    AUTHENTICATING = "authenticating"
    READY = "ready"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ToSend:
    """A message that is to be sent now."""

    text: str


@dataclass(frozen=True, slots=True)
class Ready:
    """The token is accepted; commands may be sent."""

    version: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The token is not accepted; Home Assistant closes the connection."""

    why: str


@dataclass(frozen=True, slots=True)
class Result:
    """A command is done."""

    id: int
    value: JsonValue


@dataclass(frozen=True, slots=True)
class Failure:
    """A command failed.

    Attributes:
        code: `not_found`, `invalid_format`, `unauthorized`, `unknown_command`, `home_assistant_error`, …
        why: its own words.
    """

    id: int
    code: str
    why: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a subscription of this id tells."""

    id: int
    event: JsonValue


@dataclass(frozen=True, slots=True)
class Strange:
    """A message that belongs to nothing of ours, in words for the log."""

    what: str


Received = ToSend | Ready | Refused | Result | Failure | Told | Strange


class Protocol:
    """One connection's side of the client. `token` is a long-lived access token.

    Attributes:
        stage: how far the login is.
        pending: the commands without an answer, id to type.
    """

    def __init__(self, token: str) -> None:
        self._token = token
        self._last_id = 0
        self._subscriptions: set[int] = set()
        self._given_up: dict[int, str] = {}
        self.stage = Stage.AUTHENTICATING
        self.pending: dict[int, str] = {}

    def command(self, type_: str, fields: Mapping[str, JsonValue] | None = None) -> tuple[int, str]:
        """The id and the text of a command; `subscribe_…` ones go on telling. Raises `RuntimeError` before `Ready`."""
        if self.stage is not Stage.READY:
            raise RuntimeError(f"no command can be sent while {self.stage}")
        self._last_id += 1
        self.pending[self._last_id] = type_
        if type_.startswith("subscribe_"):
            self._subscriptions.add(self._last_id)
        return self._last_id, json.dumps({**(fields or {}), "id": self._last_id, "type": type_}, ensure_ascii=False)

    def give_up(self, id_: int) -> None:
        """Nobody waits for a command's answer any more."""
        type_ = self.pending.pop(id_, None)
        if type_ is not None:
            self._given_up[id_] = type_
            if len(self._given_up) > REMEMBERED:
                del self._given_up[next(iter(self._given_up))]

    def receive(self, text: str) -> Iterator[Received]:
        """What a message means; several messages may come as one list."""
        try:
            given: JsonValue = json.loads(text)
        except (ValueError, RecursionError):
            yield Strange("a message that is not JSON")
            return
        for message in given if isinstance(given, list) else [given]:
            yield self._one(message) if isinstance(message, dict) else Strange("a message that is no object")

    def _one(self, message: dict[str, JsonValue]) -> Received:
        type_, id_ = message.get("type"), message.get("id")
        if self.stage is not Stage.READY:
            return self._login(type_, message)
        if not isinstance(id_, int):
            return Strange(f"a message of type {type_!r} without an id")
        if type_ == "event":
            told = id_ in self._subscriptions
            return Told(id_, message.get("event")) if told else Strange(f"an event of no subscription: {id_}")
        if type_ in ("result", "pong"):
            return self._answer(id_, type_, message)
        return Strange(f"a message of type {type_!r}")

    def _login(self, type_: JsonValue, message: dict[str, JsonValue]) -> Received:
        match type_:
            case "auth_required":
                return ToSend(json.dumps({"type": "auth", "access_token": self._token}))
            case "auth_ok":
                self.stage = Stage.READY
                return Ready(str(message.get("ha_version", "")))
            case "auth_invalid":
                self.stage = Stage.REFUSED
                return Refused(str(message.get("message", "")))
        return Strange(f"a message of type {type_!r} before the login")

    def _answer(self, id_: int, type_: str, message: dict[str, JsonValue]) -> Received:
        late = self._given_up.pop(id_, None)
        if late is not None:
            return Strange(f"an answer to {late} that came too late")
        if self.pending.pop(id_, None) is None:
            return Strange(f"an answer to nothing: {id_}")
        if type_ == "pong" or message.get("success") is True:
            return Result(id_, message.get("result"))
        self._subscriptions.discard(id_)
        error = message.get("error")
        error = error if isinstance(error, dict) else {}
        return Failure(id_, str(error.get("code", "unknown_error")), str(error.get("message", "")))
