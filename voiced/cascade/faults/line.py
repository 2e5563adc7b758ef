"""A client's WebSocket on which things go wrong."""

import asyncio
import json
import logging
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass

from aiohttp import WSMsgType, web

from voiced.cascade.faults.course import Course, Step, Transmit
from voiced.cascade.faults.kinds import Close, Drop, Expire, Inject, OnTheLine, Reset
from voiced.cascade.faults.oddities import odd_frame
from voiced.cascade.line import Line, Note
from voiced.cascade.protocol import Frame

_log = logging.getLogger(__name__)
_AHEAD = 1024
"""Frames that may be on their way in each direction; who sends more waits."""
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class _Pong:
    data: bytes


class FaultyLine(Line):
    """A line whose frames go by a course of faults.

    Args:
        websocket: prepared, without automatic pongs and heartbeat.
        note: is shown every frame as it really passes, and the blows between them.
        course: what goes wrong.
        transport: the TCP connection below.
    """

    def __init__(
        self, websocket: web.WebSocketResponse, note: Note, course: Course, transport: asyncio.Transport
    ) -> None:
        super().__init__(websocket, note, transport)
        self._course = course
        self._clock = asyncio.get_running_loop().time
        self._down: asyncio.Queue[tuple[float, Step | _Pong]] = asyncio.Queue(_AHEAD)
        self._up: asyncio.Queue[tuple[float, str | bytes | None]] = asyncio.Queue(_AHEAD)
        self._reads = asyncio.Event()
        self._reads.set()
        self._aged = asyncio.Event()
        self._ended = False

    async def add(self, fault: OnTheLine) -> None:
        """One more fault; without an `after` it strikes now."""
        await self._go(self._course.add(fault))

    def heal(self) -> None:
        """What lasts ends; what is late comes late still."""
        self._course.heal()
        self._reads.set()

    def abort(self) -> None:
        """End without a word."""
        self._end()
        self._transport.abort()

    async def run(self) -> None:
        """Carry frames both ways until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._carry_up())
            tasks.create_task(self._carry_down())

    async def aged(self) -> None:
        """Return when an `Expire` has struck."""
        await self._aged.wait()

    async def send(self, frame: Frame) -> None:
        """Send what the faults make of a frame."""
        await self._go(self._course.sent(frame))

    async def messages(self) -> AsyncIterator[str | bytes]:
        """What arrives from the client until it leaves."""
        while True:
            due, content = await self._up.get()
            await asyncio.sleep(due - self._clock())
            if content is None:
                return
            if not self._course.silent:
                self._note("<-", content)
                yield content

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye after all that is on its way; a line that fell silent ends without."""
        await self._go([Drop() if self._course.silent else Close(code=code, reason=reason)])

    async def _go(self, steps: list[Step]) -> None:
        if not self._course.reads:
            self._reads.clear()
        for step in steps:
            if not self._ended:
                size = len(json.dumps(step.frame)) if isinstance(step, Transmit) else 0
                await self._down.put((self._course.down.due(size, self._clock()), step))

    async def _carry_up(self) -> None:
        while True:
            await self._reads.wait()
            message = await self._websocket.receive()
            if message.type is WSMsgType.PING:
                if self._course.answers_pings:
                    await self._down.put((self._course.down.due(0, self._clock()), _Pong(message.data)))
            elif message.type is WSMsgType.TEXT or message.type is WSMsgType.BINARY:
                await self._up.put((self._course.up.due(len(message.data), self._clock()), message.data))
            elif message.type is not WSMsgType.PONG:
                break
        self._end()
        await self._up.put((0.0, None))

    async def _carry_down(self) -> None:
        while True:
            due, step = await self._down.get()
            await asyncio.sleep(due - self._clock())
            if not self._ended:
                await self._perform(step)

    async def _perform(self, step: Step | _Pong) -> None:
        match step:
            case Transmit(frame):
                await self._put(json.dumps(frame))
            case _Pong(data):
                await self._pong(data)
            case Inject():
                await self._put(odd_frame(step))
            case Expire(told=True):
                self._blow(step)
                self._aged.set()
            case Reset():
                self._blow(step)
                self._transport.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE
                )
                self.abort()
            case Drop() | Close(code=1006):
                self._blow(step)
                self._end()
                self._transport.close()
            case Close(code=code, reason=reason):
                self._blow(step)
                self._end()
                await super().close(code, reason)
            case Expire():
                self._blow(step)
                self._end()
                await super().close(1001, "")

    async def _pong(self, data: bytes) -> None:
        try:
            await self._websocket.pong(data)
        except ConnectionError:
            _log.debug("The client left before its ping was answered")

    def _blow(self, step: Close | Drop | Reset | Expire) -> None:
        self._note("--", json.dumps(asdict(step)))

    def _end(self) -> None:
        self._ended = True
        self._reads.set()
