"""A Voice Live service that says what a bench tells it to, and knows to the microsecond when it said it.

It has no ears: turns begin and end when the bench says so. Frames have the types, order and fields of the real ones.
"""

import asyncio
import base64
import itertools
import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web

from benches.signals import Samples

PATH = "/voice-live/realtime"
KEY = "bench"
PATIENCE_SECONDS = 15.0
DELTA_SECONDS = 0.1
_PLAYBACK_RATE = 24_000


class ServiceError(Exception):
    """The client did not do in time what the script waits for."""


@dataclass(frozen=True, slots=True)
class Received:
    """A client's event and when it came, in monotonic seconds."""

    at: float
    event: Mapping[str, Any]


@dataclass(slots=True)
class Reply:
    """A spoken reply: ids, and when its first sound was sent, in monotonic seconds."""

    response_id: str
    item_id: str
    first_delta_at: float = 0.0


class Conversation:
    """One client's session, seen from the service."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._received: list[Received] = []
        self._uplink: list[bytes] = []
        self._changed = asyncio.Condition()
        self._ids = itertools.count(1)
        self.first_sound_at = 0.0
        self.ended = asyncio.Event()

    def heard(self) -> Samples:
        """All the microphone's sound that came."""
        return np.frombuffer(b"".join(self._uplink), np.int16)

    def forget(self) -> None:
        """Begin anew with what was heard."""
        self._uplink.clear()

    async def receive(self) -> None:
        """Take what the client sends until it goes."""
        try:
            async for message in self._socket:
                now = time.monotonic()
                if message.type is not WSMsgType.TEXT:
                    continue
                event = json.loads(message.data)
                if event["type"] == "input_audio_buffer.append":
                    self.first_sound_at = self.first_sound_at or now
                    self._uplink.append(base64.b64decode(event["audio"]))
                    continue
                async with self._changed:
                    self._received.append(Received(now, event))
                    self._changed.notify_all()
        finally:
            self.ended.set()

    def received(self, kind: str) -> list[Received]:
        """The client's events of a type, in order; sound is in `heard`."""
        return [one for one in self._received if one.event["type"] == kind]

    async def expect(self, kind: str) -> Received:
        """The first event of a type, now or later. Raises `ServiceError` where none comes."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._changed:
                await self._changed.wait_for(lambda: self.received(kind))
                return self.received(kind)[0]
        except TimeoutError:
            got = ", ".join(one.event["type"] for one in self._received) or "nothing"
            raise ServiceError(f"the client sent no {kind} within {PATIENCE_SECONDS:g} s; it sent {got}") from None

    async def open(self) -> None:
        """The handshake of every session."""
        await self._send("session.created", session={"id": self._id("sess"), "model": "gpt-realtime"})
        settings = await self.expect("session.update")
        await self._send("session.updated", session=dict(settings.event["session"]))

    async def begin_speech(self) -> float:
        """The user begins to speak; when that was said to the client, in monotonic seconds."""
        return await self._send("input_audio_buffer.speech_started", item_id=self._id("item"), audio_start_ms=0)

    async def begin_reply(self) -> Reply:
        """The user's turn ends and the answer to it begins, without sound as yet."""
        user_item = self._id("item")
        await self._send("input_audio_buffer.speech_stopped", item_id=user_item, audio_end_ms=0)
        await self._send("input_audio_buffer.committed", item_id=user_item, previous_item_id=None)
        reply = Reply(self._id("resp"), self._id("item"))
        response = {"id": reply.response_id, "object": "realtime.response", "status": "in_progress", "output": []}
        item = {"id": reply.item_id, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        place = {"response_id": reply.response_id, "output_index": 0}
        await self._send("response.created", response=response)
        await self._send("response.output_item.added", item=item, **place)
        await self._send("conversation.item.created", item=item, previous_item_id=user_item)
        part = {"type": "audio", "transcript": ""}
        await self._send("response.content_part.added", item_id=reply.item_id, content_index=0, part=part, **place)
        return reply

    async def speak(self, reply: Reply, deltas: Sequence[str], seconds_each: float) -> None:
        """Send sound, a delta every so many seconds."""
        begin = time.monotonic()
        for number, delta in enumerate(deltas):
            await asyncio.sleep(begin + number * seconds_each - time.monotonic())
            at = await self._send(
                "response.audio.delta",
                response_id=reply.response_id,
                item_id=reply.item_id,
                output_index=0,
                content_index=0,
                delta=delta,
            )
            reply.first_delta_at = reply.first_delta_at or at

    async def end_reply(self, reply: Reply, status: str) -> None:
        """The response is over, `completed` or `cancelled`."""
        place = {"response_id": reply.response_id, "output_index": 0}
        await self._send("response.audio.done", item_id=reply.item_id, content_index=0, **place)
        item = {"id": reply.item_id, "type": "message", "role": "assistant", "status": "completed", "content": []}
        await self._send("response.output_item.done", item=item, **place)
        details = {"type": "cancelled", "reason": "turn_detected"} if status == "cancelled" else None
        response = {"id": reply.response_id, "status": status, "status_details": details, "output": [item]}
        await self._send("response.done", response={"object": "realtime.response", **response})

    async def _send(self, kind: str, **fields: Any) -> float:  # noqa: ANN401 (JSON)
        text = json.dumps({"type": kind, "event_id": self._id("event"), **fields})
        if self.ended.is_set():
            raise ServiceError(f"the client was gone before {kind}")
        at = time.monotonic()
        await self._socket.send_str(text)
        return at

    def _id(self, kind: str) -> str:
        return f"{kind}_{next(self._ids)}"


class ScriptedService:
    """Takes sessions one at a time. `url` is what a client is configured with."""

    def __init__(self) -> None:
        self.url = ""
        self._opened: asyncio.Queue[Conversation] = asyncio.Queue()  # as many as clients connect

    async def conversation(self) -> Conversation:
        """The next session, open. Raises `ServiceError` where no client comes."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._opened.get()
        except TimeoutError:
            raise ServiceError(f"no client opened a session within {PATIENCE_SECONDS:g} s") from None

    async def accept(self, request: web.Request) -> web.WebSocketResponse:
        """One client's connection."""
        socket = web.WebSocketResponse(max_msg_size=16 * 1024 * 1024)
        await socket.prepare(request)
        conversation = Conversation(socket)
        receiving = asyncio.create_task(conversation.receive())
        try:
            await conversation.open()
            self._opened.put_nowait(conversation)
            await receiving
        finally:
            receiving.cancel()
        return socket


@asynccontextmanager
async def serving() -> AsyncIterator[ScriptedService]:
    """A service on a free port of the loopback."""
    service = ScriptedService()
    application = web.Application()
    application.router.add_get(PATH, service.accept)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.url = "http://{}:{}".format(*runner.addresses[0][:2])
    try:
        yield service
    finally:
        await runner.cleanup()


def deltas_of(samples: Samples) -> list[str]:
    """Sound as the service sends it, 100 ms apiece."""
    return list(_deltas(samples, round(DELTA_SECONDS * _PLAYBACK_RATE)))


def _deltas(samples: Samples, frames: int) -> Iterator[str]:
    for first in range(0, len(samples), frames):
        yield base64.b64encode(samples[first : first + frames].tobytes()).decode()
