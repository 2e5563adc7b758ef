"""The cascade as a WebSocket service on aiohttp, at the address a Voice Live client looks for."""

import asyncio
import logging
import math
import socket
import time
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial

from aiohttp import web

from voiced.cascade import assembly
from voiced.cascade.admission import Admission, is_loopback
from voiced.cascade.connection import Connection
from voiced.cascade.ears import Ears
from voiced.cascade.echo_model import EchoModel
from voiced.cascade.faults.rig import Rig, Running
from voiced.cascade.frame_log import FrameLog
from voiced.cascade.intents.sentences import Phrases
from voiced.cascade.line import Line
from voiced.cascade.mcp.client import RemoteToolsClient
from voiced.cascade.replies import Reply
from voiced.cascade.session import Session
from voiced.cascade.settings import CascadeSettings
from voiced.cascade.speech import Speech
from voiced.cascade.stages import Recognition, Speaking

_log = logging.getLogger(__name__)

API_VERSIONS = frozenset({"2025-05-01-preview", "2025-10-01", "2026-04-10", "2026-07-15"})
"""The `api-version`s that are served."""
_LARGEST_MESSAGE = 15 * 1024 * 1024 * 4 // 3 + 65_536
"""Bytes: 15 MiB of sound in base64, and what stands around it."""
_AGENT = "agent"
"""Stands for the model where the client names an agent; a cascade, too."""
_HEARTBEAT = 30.0
_CLOSE_SECONDS = 2.0
_RETRY_AFTER = 5.0


@asynccontextmanager
async def serve(
    settings: CascadeSettings,
    phrases: Phrases,
    sockets: socket.socket | tuple[str, int],
    key: str | None,
    *,
    frame_log: FrameLog | None = None,
    rig: Rig | None = None,
    reply: Reply | None = None,
) -> AsyncIterator[str]:
    """Serve Voice Live sessions while the context lasts; gives the endpoint, e.g. "http://127.0.0.1:8765".

    Args:
        settings: what it hears and speaks with.
        phrases: sentence templates by tool name, which the protocol does not carry.
        sockets: a bound TCP socket, or host and port (0: any free one).
        key: what clients have to send as `api-key` or bearer token; None admits every local client.
        frame_log: where all frames are noted.
        rig: for tests, faults on demand.
        reply: answers what the tools' phrases and the built-in sentences do not cover.

    Raises:
        RecogniserError: speech can't be recognised here.
        EngineError: so it is with the engine that was chosen, or its model.
        SpeechError: no speech program is installed, or no voice.
        ValueError: an address beyond this machine without a key.
        OSError: the address can't be used.
    """
    address = sockets.getsockname() if isinstance(sockets, socket.socket) else sockets
    if not is_loopback(str(address[0])):
        if key is None:
            raise ValueError(f"{address[0]} can be reached from other machines: give the cascade a key, or 127.0.0.1")
        _log.warning(
            "The cascade at %s can be reached from other machines, and does not encrypt: who listens on the network "
            "hears the sound and learns the key; have a proxy with TLS before it, or use 127.0.0.1",
            address[0],
        )
    speech = Speech(settings.speech, settings.voice)
    speech.program()
    await speech.prepare()
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, "recogniser") as worker:
        recogniser = await loop.run_in_executor(worker, assembly.recognition, settings)
        service = _Service(settings, phrases, key, speech, recogniser, worker, frame_log or FrameLog(), rig, reply)
        application = web.Application()
        application.router.add_get(r"/{prefix:(?:.*/)?}voice-live/realtime", service.upgrade)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=_CLOSE_SECONDS)
        application.on_shutdown.append(service.shut_down)
        await runner.setup()
        try:
            if isinstance(sockets, socket.socket):
                await web.SockSite(runner, sockets).start()
            else:
                await web.TCPSite(runner, *sockets).start()
            host, port = runner.addresses[0][:2]
            endpoint = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
            _log.info("The cascade serves at %s, speaking with %s", endpoint, speech.program())
            yield endpoint
        finally:
            await runner.cleanup()


def _refusal(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status, headers=headers)


def _busy(message: str, seconds: float) -> web.Response:
    return _refusal(429, "TooManyRequests", message, {"Retry-After": str(math.ceil(seconds))})


class _Service:
    """Admits clients and knows their connections."""

    def __init__(
        self,
        settings: CascadeSettings,
        phrases: Phrases,
        key: str | None,
        speech: Speaking,
        recogniser: Recognition,
        worker: ThreadPoolExecutor,
        frame_log: FrameLog,
        rig: Rig | None,
        reply: Reply | None,
    ) -> None:
        self._settings = settings
        self._phrases = phrases
        self._admission = Admission(key, settings.connections_per_minute)
        self._speech = speech
        self._recogniser = recogniser
        self._worker = worker
        self._frame_log = frame_log
        self._rig = rig
        self._reply = reply
        self._remote = RemoteToolsClient(settings.mcp_origins)
        self._sockets: set[web.WebSocketResponse] = set()

    async def upgrade(self, request: web.Request) -> web.StreamResponse:
        """Check the request, then serve a session on it."""
        fault = None if self._rig is None else self._rig.plan.on_request()
        if self._rig is not None and fault is not None:
            return await self._rig.refuse(fault)
        refusal = self._refused(request)
        if refusal is not None:
            return refusal
        websocket = web.WebSocketResponse(
            max_msg_size=_LARGEST_MESSAGE,
            heartbeat=_HEARTBEAT if self._rig is None else None,  # a faulty line answers, or not, by itself
            autoping=self._rig is None,
            compress=False,
            timeout=_CLOSE_SECONDS,
        )
        if not websocket.can_prepare(request):
            return _refusal(426, "UpgradeRequired", "This is a WebSocket address.", {"Upgrade": "websocket"})
        wait = self._admission.wait(time.monotonic())
        if wait:
            return _busy("Too many connections in a minute.", wait)
        self._sockets.add(websocket)
        try:
            await websocket.prepare(request)
            await self._serve(websocket, request)
        finally:
            self._sockets.discard(websocket)
        return websocket

    async def _serve(self, websocket: web.WebSocketResponse, request: web.Request) -> None:
        lifetime = self._settings.session_minutes * 60
        model, room = request.query.get("model") or _AGENT, self._settings.echo_model
        echo_model = None if room is None else EchoModel(room.delay_ms, room.gain_db)
        activity, by_meaning = assembly.activity(self._settings), self._settings.end_of_turn == "meaning"
        expires_at = int(time.time() + lifetime)
        replayed = None if self._rig is None else self._rig.replayed(model, expires_at)
        session = replayed or Session(
            model,
            expires_at,
            echo_model,
            activity,
            by_meaning=by_meaning,
            calls_first=self._settings.mcp_calls == "within_response",
            tokens_per_minute=self._settings.tokens_per_minute,
            chats=self._reply is not None,
        )
        ears = Ears(self._recogniser, self._worker, self._phrases)
        note = self._frame_log.begin(session.id)
        idle = self._settings.idle_minutes * 60
        transport = request.transport
        if transport is None:  # the client has gone already
            return
        connect = partial(
            Connection,
            session=session,
            ears=ears,
            speech=self._speech,
            remote=self._remote,
            lifetime=lifetime,
            idle=idle,
            reply=self._reply,
        )
        if self._rig is None:
            await connect(Line(websocket, note, transport)).run()
            return
        line = self._rig.line(websocket, note, transport)
        connection = connect(line)
        self._rig.opened(session.id, Running(line, connection.tell, session.script))
        try:
            await connection.run()
        finally:
            self._rig.closed(session.id)

    def _refused(self, request: web.Request) -> web.Response | None:
        query = request.query
        if not self._admission.knows(request.headers, query):
            return _refusal(401, "Unauthorized", "Access denied due to an invalid or missing key.")
        if "Origin" in request.headers:
            # a page in a browser on this machine could reach the loopback address, too
            return _refusal(403, "Forbidden", "Browsers are not served.")
        if query.get("api-version") not in API_VERSIONS:
            known = ", ".join(sorted(API_VERSIONS))
            return _refusal(400, "UnsupportedApiVersion", f"The api-version must be one of {known}.")
        if not query.get("model") and not (query.get("agent-name") and query.get("agent-project-name")):
            return _refusal(400, "BadRequest", "Give model, or agent-name and agent-project-name.")
        if len(self._sockets) >= self._settings.max_sessions:
            return _busy("Too many sessions.", _RETRY_AFTER)
        return None

    async def shut_down(self, _: web.Application) -> None:
        """Say goodbye to all clients."""
        if self._rig is not None:
            self._rig.shut_down()
        for websocket in set(self._sockets):
            await websocket.close(code=1001, message=b"the service stops")
