"""What a test holds of a running cascade: its faults, its sessions, and the errands of the control channel."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from aiohttp import web

from voiced.cascade.answers import Answer
from voiced.cascade.faults.chance import random_fault
from voiced.cascade.faults.course import Course
from voiced.cascade.faults.kinds import Drop, Expire, Fault, FaultError, Hang, OnTheRequest, Refuse, parse
from voiced.cascade.faults.line import FaultyLine
from voiced.cascade.faults.plan import Plan
from voiced.cascade.faults.replayed import Recorded, ReplayedSession, read_recording
from voiced.cascade.intents.meanings import Call, Plain
from voiced.cascade.line import Note
from voiced.cascade.session import Session

Errand = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Running:
    """A session that runs.

    Attributes:
        line: to its client.
        tell: gives it a client's event, as if the client had sent it.
        script: gives it the answer of a response to come.
    """

    line: FaultyLine
    tell: Callable[[Mapping[str, Any]], Awaitable[None]]
    script: Callable[[Answer], None]


class Rig:
    """Faults and sessions of one service. Only for tests: whoever holds it can end every session.

    Args:
        seed: of jitter and random faults.
    """

    def __init__(self, seed: int = 0) -> None:
        self.plan = Plan()
        self._chance = Random(seed)  # noqa: S311 (reproducible on purpose)
        self._running: dict[str, Running] = {}
        self._script: deque[Answer] = deque()
        self._recordings: deque[list[Recorded]] = deque()
        self._released = asyncio.Event()

    @property
    def sessions(self) -> list[str]:
        """Ids of the sessions that run, oldest first."""
        return list(self._running)

    def line(self, websocket: web.WebSocketResponse, note: Note, transport: asyncio.Transport) -> FaultyLine:
        """The line of a connection that opens now, with the faults that are due on it."""
        return FaultyLine(websocket, note, Course(self.plan.on_the_line(), self._chance), transport)

    def replayed(self, model: str, expires_at: int) -> Session | None:
        """The session of a connection that opens now, where a recording is to be given again."""
        return ReplayedSession(self._recordings.popleft(), model, expires_at) if self._recordings else None

    def opened(self, session_id: str, running: Running) -> None:
        """A session began; what was scripted before is for it."""
        self._running[session_id] = running
        while self._script:
            running.script(self._script.popleft())

    def closed(self, session_id: str) -> None:
        """A session is over."""
        self._running.pop(session_id, None)

    async def refuse(self, fault: OnTheRequest) -> web.StreamResponse:
        """Answer a handshake as a fault demands; a hanging one when the faults are cleared, or the service stops."""
        if isinstance(fault, Hang):
            await self._released.wait()
            return web.Response(status=503)
        headers = {"Retry-After": fault.retry_after, "Location": fault.location}
        return web.json_response(
            {"error": {"code": str(fault.status), "message": "A test wants it so."}},
            status=fault.status,
            headers={name: value for name, value in headers.items() if value is not None},
        )

    def clear(self) -> None:
        """Heal everything."""
        self.plan.clear()
        self._script.clear()
        self._recordings.clear()
        for running in self._running.values():
            running.line.heal()
        self._released.set()
        self._released = asyncio.Event()

    def shut_down(self) -> None:
        """End every session without a word, and whatever hangs."""
        self._released.set()
        for running in self._running.values():
            running.line.abort()

    # -- the control channel ------------------------------------------------------------------------------------------

    def errands(self) -> dict[str, Errand]:
        """What may be asked for over the control channel, by name; each answers {"ok": true, …} or {"error"}.

        For connections to come: faults {faults: […]}, random {count}, replay {file}: the frame log of a session.
        For one that runs, the newest without `session`: strike {fault}, expire {told?}, drop {code?}, say {text},
        call {name, arguments}. What the next responses answer, of the session to come without `session`:
        script {replies: [{say} or {calls: [{name, arguments}]}]}. For all: sessions, clear.
        """
        errands: dict[str, Errand] = {
            "sessions": self._list,
            "faults": self._plan,
            "random": self._plan_random,
            "strike": self._strike,
            "clear": self._clear,
            "expire": self._expire,
            "drop": self._drop,
            "say": self._say,
            "call": self._call,
            "script": self._write_script,
            "replay": self._replay,
        }
        return {name: _explained(errand) for name, errand in errands.items()}

    async def strike(self, fault: Fault, session_id: str | None = None) -> None:
        """A fault for a session that runs, the newest without an id. Raises `FaultError`."""
        if isinstance(fault, Refuse | Hang):
            raise FaultError(f"{fault.kind} is a fault of the handshake; a session that runs is past it")
        await self._of(session_id).line.add(fault)

    async def tell(self, event: Mapping[str, Any], session_id: str | None = None) -> None:
        """Give a session a client's event, as if the client had sent it. Raises `FaultError`."""
        await self._of(session_id).tell(event)

    def script(self, answers: Iterable[Answer], session_id: str | None = None) -> None:
        """What the next responses of a session answer, without an id those of the one to come. Raises `FaultError`."""
        if session_id is None:
            self._script.extend(answers)
            return
        script = self._of(session_id).script
        for answer in answers:
            script(answer)

    def _of(self, session_id: str | None) -> Running:
        if not self._running:
            raise FaultError("no session runs")
        wanted = session_id or self.sessions[-1]
        if wanted not in self._running:
            raise FaultError(f"there is no session {wanted}; there are: {', '.join(self._running)}")
        return self._running[wanted]

    async def _list(self, _: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"sessions": self.sessions}

    async def _plan(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        described = request.get("faults")
        if not isinstance(described, list):
            raise FaultError("faults: a list is expected")
        self.plan.add([parse(each) for each in described])
        return {}

    async def _plan_random(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        count = request.get("count", 1)
        if not isinstance(count, int) or not 1 <= count <= 1000:
            raise FaultError("count: a number from 1 to 1000 is expected")
        faults = [random_fault(self._chance) for _ in range(count)]
        self.plan.add(faults)
        return {"faults": [asdict(fault) for fault in faults]}

    async def _strike(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        await self.strike(parse(request.get("fault")), _session(request))
        return {}

    async def _clear(self, _: Mapping[str, Any]) -> Mapping[str, Any]:
        self.clear()
        return {}

    async def _expire(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        await self.strike(Expire(told=request.get("told") is not False), _session(request))
        return {}

    async def _drop(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        code = request.get("code")
        await self.strike(Drop() if code is None else parse({"kind": "close", "code": code}), _session(request))
        return {}

    async def _say(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        text = request.get("text")
        if not isinstance(text, str):
            raise FaultError("text: what is to be said is expected")
        message = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": text}]}
        create = {"type": "response.create", "response": {"pre_generated_assistant_message": message}}
        await self.tell(create, _session(request))
        return {}

    async def _call(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        running = self._of(_session(request))
        running.script((_call(request),))
        await running.tell({"type": "response.create"})
        return {}

    async def _write_script(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        replies = request.get("replies")
        if not isinstance(replies, list):
            raise FaultError("replies: a list is expected")
        self.script([_answer(reply) for reply in replies], _session(request))
        return {}

    async def _replay(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        path = request.get("file")
        if not isinstance(path, str):
            raise FaultError("file: the path of a frame log is expected")
        try:
            text = await asyncio.to_thread(Path(path).read_text, encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise FaultError(f"file: {path} can't be read: {error}") from error
        self._recordings.append(read_recording(text.splitlines()))
        return {}


def _answer(described: object) -> Answer:
    match described:
        case {"say": str(text)}:
            return Plain(text)
        case {"calls": [*calls]} if calls:
            return tuple(map(_call, calls))
    raise FaultError("replies: each is {say: TEXT} or {calls: [{name, arguments}, …]}")


def _call(described: object) -> Call:
    match described:
        case {"name": str(name), "arguments": dict(arguments)}:
            values: dict[str, Any] = arguments  # a model may be as wrong as this
            return Call(name, values)
    raise FaultError("a call is {name: TEXT, arguments: {…}}")


def _session(request: Mapping[str, Any]) -> str | None:
    session = request.get("session")
    if session is not None and not isinstance(session, str):
        raise FaultError("session: an id is expected")
    return session


def _explained(errand: Errand) -> Errand:
    async def explained(request: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return {"ok": True, **await errand(request)}
        except FaultError as error:
            return {"error": str(error)}

    return explained
