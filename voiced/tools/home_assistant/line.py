"""One connection to Home Assistant, from its beginning to its end."""

import asyncio
import logging
from collections.abc import Callable

import aiohttp
from pydantic import JsonValue

from voiced.tools.actions.action import ActionError
from voiced.tools.home_assistant.protocol import (
    Failure,
    Protocol,
    Ready,
    Received,
    Refused,
    Result,
    Strange,
    Told,
    ToSend,
)

PING_SECONDS = 30.0
"""How often a quiet connection is tried; an answer may take a third of that."""

_UNREACHABLE = "Home Assistant can't be reached."
_log = logging.getLogger(__name__)


class CommandError(ActionError):
    """Home Assistant did not do it.

    Attributes:
        code: its own word for why.
    """

    def __init__(self, sentence: str, code: str, detail: str) -> None:
        super().__init__(sentence, detail)
        self.code = code


class LostError(Exception):
    """The connection ended; its text says why."""


class RefusedError(LostError):
    """The token is not accepted."""


class Line:
    """Sends commands and takes what comes, over an open socket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, protocol: Protocol) -> None:
        self._socket = socket
        self._protocol = protocol
        self._answers: dict[int, asyncio.Future[JsonValue]] = {}
        self._listeners: dict[int, Callable[[JsonValue], None]] = {}
        self._ended = False

    async def login(self) -> str:
        """Home Assistant's version; raises `RefusedError`, `LostError`."""
        while True:
            for received in self._protocol.receive(await self._text()):
                match received:
                    case ToSend(text):
                        await self._socket.send_str(text)
                    case Ready(version):
                        return version
                    case Refused(why):
                        raise RefusedError(f"it does not accept the token: {why}")
                    case _:
                        _note(received)

    async def command(
        self,
        type_: str,
        fields: dict[str, JsonValue] | None = None,
        listener: Callable[[JsonValue], None] | None = None,
    ) -> JsonValue:
        """A command's result; raises `ActionError`, and of it `CommandError` where Home Assistant refused.

        Args:
            type_: the command.
            fields: what else it has.
            listener: is given each event, where the command subscribes.
        """
        if self._ended:
            raise ActionError(_UNREACHABLE)
        id_, text = self._protocol.command(type_, fields)
        if listener is not None:
            self._listeners[id_] = listener
        answer: asyncio.Future[JsonValue] = asyncio.get_running_loop().create_future()
        self._answers[id_] = answer
        try:
            await self._socket.send_str(text)
            return await answer
        except (aiohttp.ClientError, OSError) as error:
            raise ActionError(_UNREACHABLE, str(error)) from error
        finally:
            self._protocol.give_up(id_)
            del self._answers[id_]

    async def ping(self) -> None:
        """Try the connection now and then; raises `LostError`."""
        while True:
            await asyncio.sleep(PING_SECONDS)
            try:
                async with asyncio.timeout(PING_SECONDS / 3):
                    await self.command("ping")
            except TimeoutError as error:
                raise LostError("it no longer answers") from error

    async def read(self) -> None:
        """Take what comes, until the connection ends, which is a `LostError`."""
        while True:
            for received in self._protocol.receive(await self._text()):
                self._take(received)

    def end(self) -> None:
        """Nothing more will come: what waits for an answer is told so, and the journal what was asked."""
        self._ended = True
        if self._protocol.pending:
            waiting = ", ".join(self._protocol.pending.values())
            _log.warning("the connection to Home Assistant broke off before it answered: %s", waiting)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(
                    ActionError("Home Assistant broke off the connection. It may have been done, or not.")
                )

    async def _text(self) -> str:
        message = await self._socket.receive()
        match message.type:
            case aiohttp.WSMsgType.TEXT:
                return str(message.data)
            case aiohttp.WSMsgType.ERROR:
                raise LostError(f"the connection broke: {self._socket.exception()}")
            case aiohttp.WSMsgType.BINARY:
                raise LostError("it sends binary data")
        raise LostError("it closed the connection")

    def _take(self, received: Received) -> None:
        match received:
            case Result(id_, value):
                self._answer(id_, lambda answer: answer.set_result(value))
            case Failure(id_, code, why):
                self._answer(id_, lambda answer: answer.set_exception(_refusal(code, why)))
            case Told(id_, event) if id_ in self._listeners:
                self._listeners[id_](event)
            case _:
                _note(received)

    def _answer(self, id_: int, give: Callable[[asyncio.Future[JsonValue]], None]) -> None:
        answer = self._answers.get(id_)
        if answer is not None and not answer.done():  # else who asked was cancelled just now
            give(answer)


def _note(received: Received) -> None:
    what = received.what if isinstance(received, Strange) else type(received).__name__
    _log.warning("Home Assistant sent what is not expected: %s", what)


def _refusal(code: str, why: str) -> CommandError:
    detail = f"{code}: {why}"
    match code:
        case "not_found":
            return CommandError("Home Assistant does not know that service.", code, detail)
        case "unauthorized":
            return CommandError("The speaker may not do that in Home Assistant.", code, detail)
        case "timeout":
            return CommandError("The device did not answer Home Assistant in time.", code, detail)
    first = why.strip().partition("\n")[0][:200].rstrip(".")
    return CommandError(f"Home Assistant refused: {first}." if first else "Home Assistant refused.", code, detail)
