"""What a test holds of a running cascade: its faults, its sessions, and the errands of the control channel."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from random import Random
from typing import Any

from aiohttp import web

from voiced.cascade.faults.chance import random_fault
from voiced.cascade.faults.course import Course
from voiced.cascade.faults.kinds import Drop, Expire, Fault, FaultError, Hang, OnTheRequest, Refuse, parse
from voiced.cascade.faults.line import FaultyLine
from voiced.cascade.faults.plan import Plan
from voiced.cascade.line import Note

Errand = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
Tell = Callable[[Mapping[str, Any]], Awaitable[None]]
"""Gives a session a client's event, as if the client had sent it."""


class Rig:
    """Faults and sessions of one service. Only for tests: whoever holds it can end every session.

    Args:
        seed: of jitter and random faults.
    """

    def __init__(self, seed: int = 0) -> None:
        self.plan = Plan()
        self._chance = Random(seed)  # noqa: S311 (reproducible on purpose)
        self._lines: dict[str, tuple[FaultyLine, Tell]] = {}
        self._released = asyncio.Event()

    @property
    def sessions(self) -> list[str]:
        """Ids of the sessions that run, oldest first."""
        return list(self._lines)

    def line(self, websocket: web.WebSocketResponse, note: Note, transport: asyncio.Transport) -> FaultyLine:
        """The line of a connection that opens now, with the faults that are due on it."""
        return FaultyLine(websocket, note, Course(self.plan.on_the_line(), self._chance), transport)

    def opened(self, session_id: str, line: FaultyLine, tell: Tell) -> None:
        """A session began."""
        self._lines[session_id] = (line, tell)

    def closed(self, session_id: str) -> None:
        """A session is over."""
        self._lines.pop(session_id, None)

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
        for line, _ in self._lines.values():
            line.heal()
        self._released.set()
        self._released = asyncio.Event()

    def shut_down(self) -> None:
        """End every session without a word, and whatever hangs."""
        self._released.set()
        for line, _ in self._lines.values():
            line.abort()

    # -- the control channel ------------------------------------------------------------------------------------------

    def errands(self) -> dict[str, Errand]:
        """What may be asked for over the control channel, by name.

        faults {faults: […]} and random {count}: for connections to come. strike {fault, session?}: one that runs.
        clear. expire, drop {session?}. say {text, session?}. sessions. Each answers {"ok": true, …} or {"error"}.
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
        }
        return {name: _explained(errand) for name, errand in errands.items()}

    async def strike(self, fault: Fault, session_id: str | None = None) -> None:
        """A fault for a session that runs, the newest without an id. Raises `FaultError`."""
        if isinstance(fault, Refuse | Hang):
            raise FaultError(f"{fault.kind} is a fault of the handshake; a session that runs is past it")
        line, _ = self._running(session_id)
        await line.add(fault)

    async def tell(self, event: Mapping[str, Any], session_id: str | None = None) -> None:
        """Give a session a client's event, as if the client had sent it. Raises `FaultError`."""
        _, tell = self._running(session_id)
        await tell(event)

    def _running(self, session_id: str | None) -> tuple[FaultyLine, Tell]:
        if not self._lines:
            raise FaultError("no session runs")
        wanted = session_id or self.sessions[-1]
        if wanted not in self._lines:
            raise FaultError(f"there is no session {wanted}; there are: {', '.join(self._lines)}")
        return self._lines[wanted]

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
