"""A client's WebSocket: one JSON object in each text frame."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable

from aiohttp import WSMsgType, web

from voiced.cascade.protocol import Frame

_log = logging.getLogger(__name__)

PATIENCE_SECONDS = 20.0

Note = Callable[[str, str | bytes], None]
"""Is shown what passes, "->" to the client and "<-" from it."""


class Line:
    """Frames to and from a client.

    Nothing queues here: who sends waits while the client does not read, and one that does not for too long is left.

    Args:
        websocket: prepared.
        note: is shown every frame.
        transport: the TCP connection below.
        patience: seconds that a client may let a frame wait.
    """

    def __init__(
        self,
        websocket: web.WebSocketResponse,
        note: Note,
        transport: asyncio.Transport,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._websocket = websocket
        self._note = note
        self._transport = transport
        self._patience = patience

    @property
    def close_code(self) -> int | None:
        """How it ended."""
        return self._websocket.close_code

    async def run(self) -> None:
        """Carry frames, where that is a task of its own, until cancelled."""

    async def aged(self) -> None:
        """Return when the session is to end before its time."""
        await asyncio.Event().wait()

    async def send(self, frame: Frame) -> None:
        """Send a frame; where the client has gone it is lost."""
        await self._put(json.dumps(frame))

    async def messages(self) -> AsyncIterator[str | bytes]:
        """What the client sends, bytes for a binary frame, until it leaves."""
        async for message in self._websocket:
            if message.type is WSMsgType.TEXT or message.type is WSMsgType.BINARY:
                self._note("<-", message.data)
                yield message.data

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye."""
        try:
            async with asyncio.timeout(self._patience):
                await self._websocket.close(code=code, message=reason.encode())
        except TimeoutError:
            self._give_up()

    async def _put(self, content: str | bytes) -> None:
        self._note("->", content)
        try:
            async with asyncio.timeout(self._patience):
                if isinstance(content, str):
                    await self._websocket.send_str(content)
                else:
                    await self._websocket.send_bytes(content)
        except ConnectionError:
            _log.debug("The client left before %.60r", content)
        except TimeoutError:
            self._give_up()

    def _give_up(self) -> None:
        """End without a word: closing would wait until the client has read what it was sent."""
        _log.warning("A client has read nothing for %g s and is left", self._patience)
        self._transport.abort()
