"""One connection over the SDK, without the SDK's traps (voice-live §1.2 to §1.4)."""

import asyncio
import json
import logging
import ssl
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from azure.ai.voicelive.aio import ConnectionClosed, VoiceLiveConnection, WebsocketConnectionOptions, connect
from azure.core.credentials import AzureKeyCredential
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError

log = logging.getLogger(__name__)
logging.getLogger("azure.ai.voicelive").setLevel(logging.CRITICAL)
"""What it has to say of a broken connection is said here, once; at DEBUG it would write down whole conversations."""

HEARTBEAT_SECONDS = 5.0
"""A dead link is noticed after one and a half of it: 7.5 s."""
CLOSE_SECONDS = 1.0
"""A frozen peer must not hold up the next wake word."""
LARGEST_FRAME = 16 * 1024 * 1024
REQUEST_ID = "x-ms-client-request-id"
"""What the service's support finds a connection by."""
_PROJECT = "/api/projects/"

Proof = AzureKeyCredential | AsyncTokenCredential
"""What the SDK shows to the service."""


class LinkClosed(Exception):  # noqa: N818 (an end, not always an error)
    """The connection has ended; `code` is the socket's close code, None where it has none."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"closed with code {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Target:
    """Where a session is opened, and how many channels of sound it is sent.

    Attributes:
        endpoint: the address of a resource or of a project in it, http only for this device.
        model: None where an agent, named in `query`, brings its own.
        api_version: the protocol's version.
        connect_seconds: how long opening may take, from the name's resolution to the accepted settings.
        query: more of the address.
        channels: 1, or 2 with what the speaker plays beside the microphone.
        proxy: an HTTP proxy; "" for none, None for the environment's.
        heartbeat: seconds between pings.
        backlog_seconds: how much sound from before the opening is sent at once.
        trust: whom TLS believes; None for the system's authorities.
    """

    endpoint: str
    model: str | None
    api_version: str
    connect_seconds: float = 10.0
    query: Mapping[str, str] = field(default_factory=dict)
    channels: int = 1
    proxy: str | None = None
    heartbeat: float = HEARTBEAT_SECONDS
    backlog_seconds: float = 10.0
    trust: ssl.SSLContext | None = None


class Link:
    """An open connection, and what the SDK made it of. One task may receive, and one send."""

    def __init__(self, connection: VoiceLiveConnection, opened: AbstractAsyncContextManager[object]) -> None:
        self._connection = connection
        self._opened = opened
        traced = hasattr(connection, "_telemetry_span")  # so the SDK marks one that it traces (`tracing`)
        self._receive = _Traced(connection).receive if traced else connection.recv_bytes
        self._socket = connection._connection  # noqa: SLF001 (only the socket knows the close code; the SDK hides it)
        self._transport = self._socket._writer.transport  # noqa: SLF001 (closing flushes it, which a dead link can't)

    async def send(self, event: Mapping[str, Any]) -> None:
        """Send a client event; waits while the link is congested. Raises `LinkClosed`."""
        try:
            await self._connection.send(event)
        except AzureError as error:
            raise LinkClosed(self._code()) from error

    async def receive(self) -> Mapping[str, Any]:
        """The next frame that is a JSON object; whatever else comes is logged and passed over. Raises `LinkClosed`."""
        while True:
            try:
                raw = await self._receive()
            except ConnectionClosed as error:  # which calls a broken link 1000
                raise LinkClosed(self._code()) from error
            frame = _parse(raw)
            if frame is not None:
                return frame

    async def close(self) -> None:
        """Say goodbye for `CLOSE_SECONDS` at most, and free everything."""
        try:
            await self._opened.__aexit__(None, None, None)
        finally:
            if self._transport is not None:
                self._transport.abort()

    def _code(self) -> int | None:
        code = self._socket.close_code
        return None if code is None else int(code)


class _Traced:
    """Receives as the SDK does, whose `recv` is where its spans are made, and gives the frames as they came.

    What the SDK thinks of a frame is of no interest: it throws at some that we pass over (voice-live §1.4).
    """

    def __init__(self, connection: VoiceLiveConnection) -> None:
        self._connection = connection
        self._take = connection.recv_bytes
        self._taken: bytes | None = None
        connection.recv_bytes = self._keep  # type: ignore[method-assign]  # of this connection alone

    async def receive(self) -> bytes:
        """The next frame. Raises `ConnectionClosed`."""
        self._taken = None
        try:
            await self._connection.recv()
        except (AzureError, AttributeError, RecursionError):
            if self._taken is None:
                raise
        return self._taken or b""

    async def _keep(self) -> bytes:
        self._taken = await self._take()
        return self._taken


async def open_link(target: Target, proof: Proof, request_id: str) -> Link:
    """Connect within `target.connect_seconds`.

    Raises `TimeoutError`, and what the SDK throws: `AzureError`, and `OSError` or `aiohttp.ClientError` unwrapped.
    """
    try:
        async with asyncio.timeout(target.connect_seconds):
            opened = connect(
                credential=proof,
                endpoint=service_address(target.endpoint),
                model=target.model,
                api_version=target.api_version,
                query=target.query,
                headers={REQUEST_ID: request_id},
                connection_options=_options(target),
            )
            return Link(await opened.__aenter__(), opened)
    except (TimeoutError, asyncio.CancelledError, OSError, RuntimeError) as error:
        await _close_abandoned(error)
        raise


def service_address(endpoint: str) -> str:
    """The address under which the service is found: a project's, as the portal shows it, is answered by its resource.

    Another path is kept: a gateway's.
    """
    head, found, _ = endpoint.partition(_PROJECT)
    return head if found else endpoint


def project_of(endpoint: str) -> str | None:
    """The project that an address names, if it names one."""
    _, found, rest = urlsplit(endpoint).path.partition(_PROJECT)
    return rest.partition("/")[0] or None if found else None


def proxy_for(endpoint: str, chosen: str | None) -> str | None:
    """The proxy to an address: the chosen one, or (None) the environment's HTTPS_PROXY but for NO_PROXY; "" is none.

    Never for this device itself.
    """
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    if is_this_device(endpoint):
        return None
    if chosen is not None:
        return chosen or None
    proxies = getproxies()
    found = proxies.get("https" if parts.scheme in ("https", "wss") else "http") or proxies.get("all")
    if not found or proxy_bypass(host):
        return None
    if not found.startswith(("http://", "https://")):
        log.warning("the environment's proxy %s is not used: only http:// and https:// are known", found.split("@")[-1])
        return None
    return found


def is_this_device(endpoint: str) -> bool:
    """Whether an address never leaves the device."""
    host = urlsplit(endpoint).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _options(target: Target) -> WebsocketConnectionOptions:
    vendor: dict[str, Any] = {}
    proxy = proxy_for(target.endpoint, target.proxy)
    if proxy is not None:
        vendor["proxy"] = proxy
    if target.trust is not None:
        vendor["ssl"] = target.trust
    return {
        "heartbeat": target.heartbeat,
        "close_timeout": CLOSE_SECONDS,
        "max_msg_size": LARGEST_FRAME,
        "vendor_options": vendor,
    }


def _parse(raw: bytes) -> Mapping[str, Any] | None:
    """A frame as a map, or None with a log line: the service may send anything."""
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
    """Close the HTTP session that the SDK forgets when its handshake ends by anything but an aiohttp error.

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
