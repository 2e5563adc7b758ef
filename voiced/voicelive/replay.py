"""A recorded conversation played back: a Voice Live service that says what the recorded one said."""

import asyncio
import base64
import itertools
import json
import logging
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMsgType, web

from voiced.voicelive.recording import RecordedSession, Recording
from voiced.voicelive.redaction import AUDIO_BYTES
from voiced.voicelive.tap import Direction

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 20.0
"""How long the speaker may take for what it had sent in the recording; then the replay goes on without it."""
_LARGEST_FRAME = 16 * 1024 * 1024
_BROKEN = 1011
_SOUND = "input_audio_buffer.append"
_BY_CHANCE = frozenset({"conversation.item.truncate", "response.cancel", "input_audio_buffer.clear"})
"""What is sent at moments that depend on the room, and is not waited for."""
_SILENCE = {"g711_ulaw": b"\xff", "g711_alaw": b"\xd5"}
"""What silence is in each format; zeros in the others."""


@asynccontextmanager
async def serve(
    recording: Recording,
    listening: socket.socket,
    *,
    fast: bool,
    tell: Callable[[str], None],
    patience: float = PATIENCE_SECONDS,
) -> AsyncIterator[str]:
    """Serve the recorded sessions, one a connection and then from the first again; gives the endpoint.

    The service's frames go out at the recorded pace, or (`fast`) as soon as the speaker has sent what came before
    them. Any key is accepted. `tell` is told where the speaker does something else than in the recording.

    Raises:
        ValueError: there is nothing of a service in the recording.
    """
    sessions = [session for session in recording.sessions if _answered(session)]
    if not sessions:
        raise ValueError("no service answers in this recording: there is nothing to replay")
    following = itertools.cycle(sessions)
    sockets: set[web.WebSocketResponse] = set()

    async def upgrade(request: web.Request) -> web.StreamResponse:
        if "Origin" in request.headers:  # a page in a browser on this machine
            return web.Response(status=403)
        websocket = web.WebSocketResponse(max_msg_size=_LARGEST_FRAME)
        await websocket.prepare(request)
        sockets.add(websocket)
        try:
            await _Player(next(following), websocket, fast, tell, patience).run()
        finally:
            sockets.discard(websocket)
        return websocket

    async def leave(_: web.Application) -> None:
        for websocket in set(sockets):
            await websocket.close(code=1001)

    application = web.Application()
    application.router.add_get(r"/{prefix:(?:.*/)?}voice-live/realtime", upgrade)
    application.on_shutdown.append(leave)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        host, port = listening.getsockname()[:2]
        yield f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def _answered(session: RecordedSession) -> bool:
    return any(each.direction is Direction.RECEIVED for each in session.frames)


class _Player:
    """One session, played to one connection."""

    def __init__(
        self,
        session: RecordedSession,
        websocket: web.WebSocketResponse,
        fast: bool,  # noqa: FBT001 (ours alone)
        tell: Callable[[str], None],
        patience: float,
    ) -> None:
        self._session = session
        self._websocket = websocket
        self._fast = fast
        self._tell = tell
        self._patience = patience
        self._heard: Counter[str] = Counter()
        self._news = asyncio.Condition()
        self._silence = b"\0"

    async def run(self) -> None:
        """Play until the speaker leaves; where the recorded service left first, leave too."""
        playing = asyncio.create_task(self._play(), name="replay")
        try:
            async for message in self._websocket:
                if message.type is WSMsgType.TEXT:
                    await self._take(message.data)
        finally:
            playing.cancel()
            (result,) = await asyncio.gather(playing, return_exceptions=True)
            if isinstance(result, Exception) and not isinstance(result, ConnectionError):
                raise result

    async def _take(self, text: str) -> None:
        frame = json.loads(text)
        async with self._news:
            self._heard[frame["type"]] += 1
            self._news.notify_all()

    async def _play(self) -> None:
        expected: Counter[str] = Counter()
        clock = asyncio.get_running_loop().time
        start, began = clock(), self._session.frames[0].at
        for recorded in self._session.frames:
            kind = str(recorded.frame["type"])
            if recorded.direction is Direction.SENT:
                self._note_format(recorded.frame)
                if kind in _BY_CHANCE or (kind == _SOUND and expected[kind]):
                    continue
                expected[kind] += 1
                if not await self._comes(kind, expected[kind]):
                    expected[kind] = self._heard[kind]
                start, began = clock(), recorded.at
                continue
            if not self._fast:
                await asyncio.sleep(start + recorded.at - began - clock())
            await self._websocket.send_json(self._restored(recorded.frame))
        if self._session.ended is not None:
            if not self._fast:
                await asyncio.sleep(start + self._session.ended - began - clock())
            await self._websocket.close(code=_BROKEN)

    async def _comes(self, kind: str, count: int) -> bool:
        """Wait for so many frames of a kind; whether they came."""
        try:
            async with asyncio.timeout(self._patience), self._news:
                await self._news.wait_for(lambda: self._heard[kind] >= count)
        except TimeoutError:
            self._tell(f"the speaker has not sent {kind} ({count} in the recording so far, {self._heard[kind]} now)")
            return False
        return True

    def _note_format(self, frame: Mapping[str, Any]) -> None:
        session = frame.get("session")
        if isinstance(session, Mapping):
            self._silence = _SILENCE.get(str(session.get("output_audio_format")), self._silence)

    def _restored(self, frame: Mapping[str, Any]) -> Mapping[str, Any]:
        """The frame as it was; sound that was not recorded is silence of its length."""
        length = frame.get(AUDIO_BYTES)
        if not isinstance(length, int) or frame.get("type") != "response.audio.delta":
            return frame
        rest = {key: value for key, value in frame.items() if key != AUDIO_BYTES}
        return {**rest, "delta": base64.b64encode(self._silence * length).decode()}
