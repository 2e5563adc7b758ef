"""The control socket: JSON lines in, JSON lines out, and events for those who follow."""

import asyncio
import json
import logging
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

LINE_LIMIT = 64 * 1024
FOLLOWER_EVENTS = 1000
"""Events that may wait for a slow follower; when full it is disconnected, so that what it sees has no holes."""
SOCKET_MODE = 0o660
LOOKS = ("status", "follow")
"""Verbs that change nothing."""
REQUESTS_AHEAD = 16
"""Requests that are read while an errand is under way; with more waiting, it is not seen that a client has gone."""

Fields = Mapping[str, Any]


class Request(dict[str, Any]):
    """The fields of a request.

    Attributes:
        ask: sends who made the request a line, and waits for the fields of their next one that has no verb.
    """

    def __init__(self, fields: Fields, ask: Callable[[Fields], Awaitable[Fields]]) -> None:
        super().__init__(fields)
        self.ask = ask


Verb = Callable[[], Fields]
Errand = Callable[[Request], Awaitable[Fields]]
"""A verb that takes the fields of its request, and its time."""


class ControlSocket:
    """Answers `{"verb": NAME, …}` with what the verb or errand of that name returns.

    `follow` keeps the line open and sends every event. Who ends the line takes back the errand that is under way.
    """

    def __init__(self, path: Path, verbs: Mapping[str, Verb], errands: Mapping[str, Errand] | None = None) -> None:
        self._path = path
        self._verbs = verbs
        self._errands = errands or {}
        self._followers: set[asyncio.Queue[bytes | None]] = set()
        self._clients: set[asyncio.Task[None]] = set()

    def publish(self, event: Mapping[str, Any]) -> None:
        """Send an event to everyone who follows."""
        if not self._followers:
            return
        line = _line(event)
        for queue in list(self._followers):
            if queue.qsize() >= FOLLOWER_EVENTS:
                log.warning("a follower of the control socket is too slow and is disconnected")
                self._followers.discard(queue)
                queue.put_nowait(None)
            else:
                queue.put_nowait(line)

    async def run(self) -> None:
        """Serve until cancelled. A socket that can't be made is one warning: the speaker works without."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if await _answers(self._path):
                log.warning("another daemon answers at %s: this one has no control socket", self._path)
                return
            self._path.unlink(missing_ok=True)
            server = await asyncio.start_unix_server(self._serve, self._path, limit=LINE_LIMIT)
            self._path.chmod(SOCKET_MODE)
        except OSError as error:
            log.warning("no control socket at %s: %s", self._path, error.strerror)
            return
        try:
            await asyncio.get_running_loop().create_future()  # until cancelled
        finally:
            server.close()  # without wait_closed(): from Python 3.12 on it waits for clients, who may never leave
            for queue in self._followers:
                queue.put_nowait(None)
            self._path.unlink(missing_ok=True)
            for client in self._clients:
                client.cancel()
            await asyncio.gather(*self._clients, return_exceptions=True)  # what they asked for ends with us

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:  # it always is one
            self._clients.add(task)
            task.add_done_callback(self._clients.discard)
        requests = _Requests(reader)
        peer = _peer(writer)
        try:
            while line := await requests.next():
                request = _request(line)
                verb = request["verb"]
                # who only looks is no news
                log.log(logging.DEBUG if verb in LOOKS else logging.INFO, "control: %.40s, asked by %s", verb, peer)
                if verb == "follow":
                    await self._follow(reader, writer)
                    return
                errand = self._errands.get(verb)
                answer = self._answer(verb) if errand is None else await _run(errand, request, requests, writer)
                writer.write(_line(answer))
                await writer.drain()
        except (ConnectionError, ValueError) as error:  # gone, or a line beyond the limit
            log.debug("control connection ended: %s", error)
        except asyncio.CancelledError:
            # `run` has ended; in Python 3.11 streams log a client's cancelled task as an error
            log.debug("control connection ended with the daemon")
        finally:
            writer.close()

    def _answer(self, verb: str) -> Mapping[str, Any]:
        known = self._verbs.get(verb)
        if known is None:
            return {
                "error": f"unknown verb {verb!r}; known: {', '.join(sorted([*self._verbs, *self._errands, 'follow']))}"
            }
        return known()

    async def _follow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send events until the follower goes or is too slow."""
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()  # bounded by `publish`
        self._followers.add(queue)
        writer.write(_line({"event": "status", **self._answer("status")}))
        tasks = [asyncio.create_task(_send(queue, writer)), asyncio.create_task(reader.read())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._followers.discard(queue)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)  # a follower that has gone is no fault


def _peer(writer: asyncio.StreamWriter) -> str:
    """Who is at the other end, as the kernel knows it (SO_PEERCRED, unix(7))."""
    credentials = struct.Struct("3i")
    connection = writer.get_extra_info("socket")
    pid, uid, gid = credentials.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, credentials.size))
    return f"process {pid} of user {uid}, group {gid}"


class _Requests:
    """A client's requests, in order."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._ahead: deque[bytes] = deque()
        self._awaited: asyncio.Future[Fields] | None = None

    async def next(self) -> bytes:
        """The next, empty at the end. Raises `ConnectionError`, and `ValueError` beyond the limit of a line."""
        return self._ahead.popleft() if self._ahead else await self._reader.readline()

    async def answer(self) -> Fields:
        """The fields of the next line that is no request; read by `end`, which has to run."""
        self._awaited = asyncio.get_running_loop().create_future()
        return await self._awaited

    async def end(self) -> None:
        """Return once the client has gone; may be cancelled without loss. Raises likewise."""
        while len(self._ahead) < REQUESTS_AHEAD:
            line = await self._reader.readline()
            if not line:
                return
            fields = _request(line)
            if fields["verb"] or self._awaited is None or self._awaited.done():
                self._ahead.append(line)
            else:
                self._awaited.set_result(fields)
        await asyncio.get_running_loop().create_future()  # until cancelled


async def _answers(path: Path) -> bool:
    try:
        _, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return False
    writer.close()
    return True


async def _run(errand: Errand, fields: Fields, requests: _Requests, writer: asyncio.StreamWriter) -> Fields:
    """What an errand returns. Where its client goes it is cancelled: `ConnectionError`, or `ValueError` as above."""

    async def ask(question: Fields) -> Fields:
        writer.write(_line(question))
        await writer.drain()
        return await requests.answer()

    running = asyncio.create_task(_guarded(errand, Request(fields, ask)))
    going = asyncio.create_task(requests.end())
    try:
        await asyncio.wait([running, going], return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            return running.result()
        going.result()
        raise ConnectionResetError(f"who asked for {fields['verb']} has gone")
    finally:
        for task in (running, going):
            task.cancel()
        await asyncio.gather(running, going, return_exceptions=True)


async def _guarded(errand: Errand, request: Request) -> Fields:
    try:
        return await errand(request)
    except Exception:  # a defect of ours, whatever it is: who asked is told, and the socket goes on
        log.exception("control: %s broke; please report this", request["verb"])
        return {"error": f"{request['verb']} broke; the journal says how"}


async def _send(queue: asyncio.Queue[bytes | None], writer: asyncio.StreamWriter) -> None:
    while (line := await queue.get()) is not None:
        writer.write(line)
        await writer.drain()


def _request(line: bytes) -> dict[str, Any]:
    """A request's fields; its verb is "" where it names none."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):  # the latter from thousands of nested brackets
        request = None
    fields = request if isinstance(request, dict) else {}
    verb = fields.get("verb")
    return {**fields, "verb": verb if isinstance(verb, str) else ""}


def _line(event: Mapping[str, Any]) -> bytes:
    return json.dumps(event).encode() + b"\n"
