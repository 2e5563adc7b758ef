"""One client's session at work: its events to the session, and what that asks for done."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any

from voiced.cascade.ears import Ears
from voiced.cascade.intents.meanings import Plain
from voiced.cascade.line import Line
from voiced.cascade.mcp.client import RemoteToolError, RemoteToolsClient
from voiced.cascade.mcp.servers import RemoteServer
from voiced.cascade.outputs import (
    Ask,
    CallRemoteTool,
    Close,
    Follow,
    Forgo,
    ListRemoteTools,
    Output,
    PrepareGrammar,
    Recognise,
    Send,
    Synthesise,
    Wait,
)
from voiced.cascade.replies import FAILED, Reply
from voiced.cascade.session import Session
from voiced.cascade.speech import SpeechError
from voiced.cascade.stages import Speaking

_log = logging.getLogger(__name__)

_UNBROKEN = 16_384
"""Characters of a client's frames, a third of a second of sound, after which others have their turn."""
_JOBS = 16
"""Turns and grammars that wait for the recogniser; when it can't keep up, the client's frames wait too."""


class Connection:
    """One client: its session's outputs become what they ask for, in order.

    Args:
        line: to the client.
        session: whose outputs are done.
        ears: recognise what is said.
        speech: speaks the replies.
        remote: lists and calls the tools of MCP servers.
        lifetime: seconds after which the session ends.
        idle: seconds after which it ends if the client sends nothing.
        reply: answers what the session does not understand, where there is one.
    """

    def __init__(
        self,
        line: Line,
        session: Session,
        ears: Ears,
        speech: Speaking,
        remote: RemoteToolsClient,
        lifetime: float,
        idle: float,
        reply: Reply | None = None,
    ) -> None:
        self._line = line
        self._session = session
        self._ears = ears
        self._speech = speech
        self._remote = remote
        self._lifetime = lifetime
        self._idle = idle
        self._reply = reply
        self._turn = asyncio.Lock()  # who holds it speaks to the session and sends, so that frames keep their order
        self._jobs: asyncio.Queue[PrepareGrammar | Recognise | Follow] = asyncio.Queue(_JOBS)
        self._replies: set[asyncio.Task[None]] = set()
        self._asked: dict[str, asyncio.Task[None]] = {}
        self._leaving = False
        self._heard_at = time.monotonic()

    async def run(self) -> None:
        """Serve until the client leaves or the session's time is over."""
        _log.info("Session %s begins", self._session.id)
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            chores = (self._line.run(), self._work(), self._expire(), self._leave_idle())
            others = [tasks.create_task(chore) for chore in chores]
            try:
                await self._do(self._session.open)
                await self._listen()
            finally:
                self._leaving = True
                for task in (*others, *self._replies):
                    task.cancel()
        _log.info("Session %s ends with close code %s", self._session.id, self._line.close_code)

    async def _listen(self) -> None:
        """Serve what the client sends. However much that is, and however fast, others are kept waiting for ms only."""
        unbroken = 0
        async for content in self._line.messages():
            self._heard_at = time.monotonic()
            if isinstance(content, str):
                await self._do(partial(self._session.receive, content))
            else:
                await self._do(self._session.refuse_binary)
            while self._session.unfinished:
                await asyncio.sleep(0)
                await self._do(self._session.go_on)
            unbroken += len(content)
            if unbroken >= _UNBROKEN:  # what has come already is read without a pause
                unbroken = 0
                await asyncio.sleep(0)

    async def tell(self, event: Mapping[str, Any]) -> None:
        """Serve an event as if the client had sent it."""
        await self._do(partial(self._session.receive, json.dumps(event)))

    async def _do(self, step: Callable[[], list[Output]]) -> None:
        """One step of the session, and all it asks for."""
        jobs: list[PrepareGrammar | Recognise | Follow] = []
        async with self._turn:
            for output in self._taken(step):
                match output:
                    case Send(frame):
                        await self._line.send(frame)
                    case PrepareGrammar() | Recognise() | Follow():
                        jobs.append(output)
                    case Close(code, reason):
                        await self._line.close(code, reason)
                    case Forgo(response_id):
                        self._forgo(response_id)
                    case _:
                        self._later(output)
        for job in jobs:  # not while holding the turn: the worker needs it to deliver
            await self._jobs.put(job)

    def _taken(self, step: Callable[[], list[Output]]) -> list[Output]:
        try:
            return step()
        except Exception:  # noqa: BLE001 (it is no fault of the client's, whom it must not cost the session)
            _log.exception("A defect of the cascade, please report it; session %s goes on", self._session.id)
            return self._session.fail()

    def _forgo(self, response_id: str) -> None:
        asked = self._asked.pop(response_id, None)
        if asked is not None and asked is not asyncio.current_task():  # which looks itself
            asked.cancel()

    def _work_on(self, output: Ask | Synthesise | Wait | ListRemoteTools | CallRemoteTool) -> Coroutine[Any, Any, None]:
        """What takes its time, and has nothing to do with the recogniser."""
        match output:
            case Ask():
                return self._ask(output)
            case Synthesise(response_id, text, voice):
                return self._speak(response_id, text, voice)
            case Wait(response_id, seconds):
                return self._wait(response_id, seconds)
            case ListRemoteTools(item_id, server):
                return self._list_remote_tools(item_id, server)
            case CallRemoteTool():
                return self._call_remote_tool(output)

    async def _work(self) -> None:
        """Hand the recogniser one job after the other."""
        while True:
            job = await self._jobs.get()
            if isinstance(job, PrepareGrammar):
                grammar = await self._ears.grammar(job.tools, job.phrases)
                await self._do(partial(self._session.grammar_ready, grammar))
            elif isinstance(job, Follow):
                come_to = await self._ears.follow(job)
                await self._do(partial(self._session.followed, come_to))
            elif self._session.wants(job.ticket):
                heard = await self._ears.recognise(job.samples)
                await self._do(partial(self._session.recognised, job.ticket, heard))

    async def _ask(self, ask: Ask) -> None:
        if self._reply is None:  # then no session asks
            return
        end = None
        try:
            async with aclosing(self._reply.reply(ask.asked)) as answers:
                async for answer in answers:
                    await self._do(partial(self._session.replied, ask.response_id, answer, last=False))
                    if not self._session.asks(ask.response_id):
                        return
        except Exception as error:  # noqa: BLE001 (a stage of others may raise anything; the session outlives it)
            _log.error("No answer from %s: %s: %s", self._reply.name, type(error).__name__, error)
            _log.debug("Where that was", exc_info=error)
            end = Plain(FAILED)
        await self._do(partial(self._session.replied, ask.response_id, end))

    async def _speak(self, response_id: str, text: str, voice: Mapping[str, Any]) -> None:
        try:
            async for spoken in self._speech.sentences(text, voice):
                told = partial(self._session.synthesised, response_id, spoken.sound, spoken.text, last=spoken.last)
                await self._do(told)
                if not self._session.active(response_id):
                    return
        except Exception as error:  # noqa: BLE001 (a voice of others may raise anything; the session outlives it)
            why = _reason(error)
            _log.error("A reply stays unspoken: %s", why)
            _log.debug("Where that was", exc_info=error)
            await self._do(partial(self._session.speech_failed, response_id, why))

    async def _list_remote_tools(self, item_id: str, server: RemoteServer) -> None:
        fault: str | None = None
        try:
            tools = await self._remote.list_tools(server)
        except Exception as error:  # noqa: BLE001 (servers of others, and a library's tasks; the session outlives them)
            tools, fault = [], _reason(error)
            _log.warning("No tools of the MCP server %s: %s", server.label, fault)
            _log.debug("Where that was", exc_info=error)
        await self._do(partial(self._session.remote_tools_listed, item_id, tools, fault))

    async def _call_remote_tool(self, call: CallRemoteTool) -> None:
        result = fault = None
        try:
            result = await self._remote.call(call.server, call.name, call.arguments)
        except Exception as error:  # noqa: BLE001 (likewise)
            fault = _reason(error)
            _log.warning("The tool %s of the MCP server %s failed: %s", call.name, call.server.label, fault)
            _log.debug("Where that was", exc_info=error)
        await self._do(partial(self._session.remote_tool_called, call.item_id, result, fault))

    async def _wait(self, response_id: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._do(partial(self._session.waited, response_id))

    async def _expire(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._lifetime):
                await self._line.aged()
        await self._do(self._session.expire)

    async def _leave_idle(self) -> None:
        """Close where nothing has come from the client for too long."""
        while (left := self._heard_at + self._idle - time.monotonic()) > 0:  # noqa: ASYNC110 (the time moves on)
            await asyncio.sleep(left)
        await self._line.close(1001, "nothing was sent for too long")

    def _later(self, output: Ask | Synthesise | Wait | ListRemoteTools | CallRemoteTool) -> None:
        """The active response has one piece of each at a time; remote calls are few, and listings end after a time."""
        if self._leaving:
            return
        task = self._tasks.create_task(self._work_on(output))
        self._replies.add(task)
        task.add_done_callback(self._replies.discard)
        if isinstance(output, Ask):
            self._asked[output.response_id] = task
            task.add_done_callback(lambda _: self._asked.pop(output.response_id, None))


def _reason(error: Exception) -> str:
    """An error of ours says all; of another's, its kind may be all there is."""
    return str(error) if isinstance(error, RemoteToolError | SpeechError) else f"{type(error).__name__}: {error}"
