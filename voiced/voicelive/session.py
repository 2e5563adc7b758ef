"""One session: connect, configure, stream both ways, end. The only user of the SDK."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from azure.ai.voicelive.aio import VoiceLiveConnection, WebsocketConnectionOptions, connect
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError

from voiced.assistant.events import Event, FailureReason, SessionClosed, SessionFailed, SessionOpened, UplinkBegan
from voiced.voicelive.failures import ConnectionClosed, classify, classify_close
from voiced.voicelive.translation import translate
from voiced.voicelive.uplink import Uplink

log = logging.getLogger(__name__)

_SETTINGS_EVENT_ID = "voiced_settings"
_CONNECTION_OPTIONS: WebsocketConnectionOptions = {
    "heartbeat": 5.0,  # a dead link is noticed after one and a half of it
    "close_timeout": 1.0,  # a frozen peer must not hold up the next wake word
    "max_msg_size": 16 * 1024 * 1024,
}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a session is opened, and how many channels of sound it is sent."""

    endpoint: str
    key: str
    model: str
    api_version: str
    connect_seconds: float = 10.0
    query: Mapping[str, str] = field(default_factory=dict)
    channels: int = 1


class Session:
    """One session. `emit` gets every event, the last of them exactly one `SessionClosed` or `SessionFailed`.

    All methods but `run` only queue and may be called from the event loop at any time; after the end they do nothing.
    """

    def __init__(self, target: Target, request: Mapping[str, Any], emit: Callable[[Event], None]) -> None:
        self._target = target
        self._request = request
        self._emit = emit
        self._uplink = Uplink(target.channels, target.connect_seconds)
        self._closing = asyncio.Event()
        self._last_error_code = ""
        self._opened = False
        self._began = False

    def send_audio(self, data: bytes) -> None:
        """Queue microphone sound: PCM16 at the capture rate, with the target's channels."""
        self._uplink.put_audio(data)

    def send_tool_output(self, call_id: str, output: str) -> None:
        """Hand a tool's output to the model; it does not go on by itself."""
        item = {"type": "function_call_output", "call_id": call_id, "output": output}
        self._uplink.put({"type": "conversation.item.create", "item": item})

    def request_reply(self) -> None:
        """Ask the model to go on."""
        self._uplink.put({"type": "response.create"})

    def cancel_reply(self) -> None:
        """Stop the response under way."""
        self._uplink.put({"type": "response.cancel"})

    def truncate(self, item_id: str, audio_end_ms: int) -> None:
        """Make the model forget what of an item was not heard."""
        self._uplink.put(
            {"type": "conversation.item.truncate", "item_id": item_id, "content_index": 0, "audio_end_ms": audio_end_ms}
        )

    def close(self) -> None:
        """End the session; `run` returns soon after."""
        self._closing.set()

    async def run(self) -> None:
        """Live the session's whole life. Raises nothing but cancellation."""
        try:
            connection = await self._connect_unless_closed()
        except (AzureError, TimeoutError, aiohttp.ClientError, OSError) as error:
            self._emit(classify(error))
            return
        if connection is None:
            self._emit(SessionClosed())
            return
        ending: SessionClosed | SessionFailed = SessionClosed()
        try:
            ending = await self._converse(connection)
        finally:
            await connection.close()
            self._emit(ending)

    async def _connect_unless_closed(self) -> VoiceLiveConnection | None:
        """Connect, or give up as soon as `close` is called."""
        connecting = asyncio.create_task(self._connect(), name="connect")
        closing = asyncio.create_task(self._closing.wait(), name="close")
        try:
            await asyncio.wait((connecting, closing), return_when=asyncio.FIRST_COMPLETED)
            return connecting.result() if connecting.done() else None
        finally:
            for task in (connecting, closing):
                task.cancel()
            await asyncio.gather(connecting, closing, return_exceptions=True)

    async def _connect(self) -> VoiceLiveConnection:
        try:
            async with asyncio.timeout(self._target.connect_seconds):
                connection: VoiceLiveConnection = await connect(
                    credential=AzureKeyCredential(self._target.key),
                    endpoint=self._target.endpoint,
                    model=self._target.model,
                    api_version=self._target.api_version,
                    query=self._target.query,
                    connection_options=_CONNECTION_OPTIONS.copy(),
                ).__aenter__()
                return connection
        except (TimeoutError, asyncio.CancelledError) as error:
            await _close_abandoned(error)
            raise

    async def _converse(self, connection: VoiceLiveConnection) -> SessionClosed | SessionFailed:
        """Send and receive until either ends or `close` was called; the first end decides."""
        self._uplink.put({"type": "session.update", "event_id": _SETTINGS_EVENT_ID, "session": dict(self._request)})
        endings = [
            asyncio.create_task(self._receive(connection), name="receive"),
            asyncio.create_task(self._send(connection), name="send"),
            asyncio.create_task(self._closing.wait(), name="close"),
        ]
        try:
            await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in endings:
                task.cancel()
            results = await asyncio.gather(*endings, return_exceptions=True)
        if self._closing.is_set():
            return SessionClosed()
        for result in results:
            match result:
                case SessionClosed() | SessionFailed():
                    return result
                case Exception():
                    log.error("the session broke", exc_info=result)
        return SessionFailed(FailureReason.LOST, "the connection broke")

    async def _send(self, connection: VoiceLiveConnection) -> SessionFailed:
        while True:
            event = await self._uplink.get()
            try:
                await connection.send(event)
                if not self._began and event["type"] == "input_audio_buffer.append":
                    self._began = True
                    self._emit(UplinkBegan())
            except AzureError as error:
                code = connection._connection.close_code  # noqa: SLF001 (the SDK hides it)
                ending = classify_close(code, self._last_error_code)
                return ending if isinstance(ending, SessionFailed) else SessionFailed(FailureReason.LOST, str(error))

    async def _receive(self, connection: VoiceLiveConnection) -> SessionClosed | SessionFailed:
        while True:
            try:
                raw = await connection.recv_bytes()
            except ConnectionClosed:
                # The SDK calls a broken link "1000"; only the socket knows.
                return classify_close(connection._connection.close_code, self._last_error_code)  # noqa: SLF001
            frame = _parse(raw)
            if frame is None:
                if connection._connection.closed:  # noqa: SLF001 (aiohttp's CLOSING reaches us as an empty frame)
                    return classify_close(connection._connection.close_code, self._last_error_code)  # noqa: SLF001
                continue
            refusal = self._note(frame)
            if refusal is not None:
                return refusal
            event = translate(frame)
            if event is None or (isinstance(event, SessionOpened) and self._opened):
                continue
            self._opened = self._opened or isinstance(event, SessionOpened)
            self._emit(event)

    def _note(self, frame: Mapping[str, Any]) -> SessionFailed | None:
        """Keep what the end of the session will need; a refused `session.update` is an end."""
        if frame.get("type") != "error" or not isinstance(frame.get("error"), Mapping):
            return None
        error = frame["error"]
        self._last_error_code = str(error.get("code") or "")
        if error.get("event_id") == _SETTINGS_EVENT_ID:
            return SessionFailed(FailureReason.REJECTED, f"{error.get('message')} ({error.get('param') or 'session'})")
        return None


def _parse(raw: bytes) -> Mapping[str, Any] | None:
    """A frame as a map, or None with a log line: the service may send anything (voice-live §1.4)."""
    if not raw:
        return None
    try:
        frame = json.loads(raw)
    except (ValueError, RecursionError) as error:
        log.warning("the service sent a frame that is not JSON: %s", error)
        return None
    if not isinstance(frame, dict):
        log.warning("the service sent a %s where a frame was due", type(frame).__name__)
        return None
    return frame


async def _close_abandoned(error: BaseException) -> None:
    """Close the HTTP session that the SDK forgets when its handshake is cancelled (voice-live §1.2).

    It lives only in the locals of the SDK's frame, which the traceback still holds.
    """
    cause: BaseException | None = error
    while cause is not None:
        traceback = cause.__traceback__
        while traceback is not None:
            session = traceback.tb_frame.f_locals.get("session")
            if isinstance(session, aiohttp.ClientSession):
                await session.close()
            traceback = traceback.tb_next
        cause = cause.__cause__ or cause.__context__
