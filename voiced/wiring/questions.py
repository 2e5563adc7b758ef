"""A question in writing: one turn in a session of its own, beside whatever is said aloud meanwhile."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from voiced.assistant import events as on
from voiced.assistant.conversation import END_CONVERSATION
from voiced.assistant.events import Event
from voiced.audio.frames import PLAYBACK_RATE, SAMPLE_BYTES
from voiced.voicelive.failures import Failure
from voiced.voicelive.session import Session
from voiced.voicelive.tap import Tap
from voiced.wiring.services import Service

log = logging.getLogger(__name__)

ASKING = 4
"""Questions that may be under way at a time; another is refused."""
LONGEST_SECONDS = 120
"""As much of an answer as is kept to be heard."""
ROUNDS = 10
"""Replies that one question may take; a model that calls tools still goes round in circles."""
QUESTION_SECONDS = 300.0
"""How long one question may take, tools included, from the opening of its session."""
_PERSONA = "default"
_NOTHING_TO_END = '{"ok": true}'

Hold = Callable[[Service, Tap], Awaitable[Failure | None]]
RunTool = Callable[[str, str], Awaitable[str]]
"""From a tool's name and JSON arguments to its output."""


class Aside(Protocol):
    """Holds a session with the service, or with who answers in its place: `hold` is called for each that is tried."""

    async def __call__(self, hold: Hold, limited: Callable[[str], None]) -> Failure | None:
        """What the last of them ended of, None where nothing is wrong; `limited` is told when no more may be used."""


class QuestionError(Exception):
    """There is no answer; the message says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model answered; `sound` is PCM16 mono at the playback rate, empty where none was asked for."""

    text: str
    sound: bytes


class Questions:
    """Asks the model. `reply_seconds` is how long it may be silent, `question_seconds` how long a question may take."""

    def __init__(
        self, aside: Aside, run_tool: RunTool, reply_seconds: float, question_seconds: float = QUESTION_SECONDS
    ) -> None:
        self._aside = aside
        self._run_tool = run_tool
        self._reply_seconds = reply_seconds
        self._question_seconds = question_seconds
        self._asking = 0

    async def ask(self, text: str, *, aloud: bool) -> Answer:
        """The model's answer, tools called. Raises `QuestionError`."""
        if self._asking >= ASKING:
            raise QuestionError(f"{ASKING} questions are under way already; try again later")
        self._asking += 1
        turn = _Turn(text, self._run_tool, self._reply_seconds, self._question_seconds, aloud=aloud)
        try:
            failure = await self._aside(turn.hold, turn.limit)
        finally:
            self._asking -= 1
        if turn.trouble or failure is not None:
            raise QuestionError(turn.trouble or (failure.detail if failure is not None else ""))
        if not turn.answer:
            raise QuestionError("the model answered without a word")
        return Answer(turn.answer, bytes(turn.sound))


class _Turn:
    """One question: what was asked and what came back, over the sessions it took to have it asked."""

    def __init__(
        self, text: str, run_tool: RunTool, reply_seconds: float, question_seconds: float, *, aloud: bool
    ) -> None:
        self._text = text
        self._run_tool = run_tool
        self._reply_seconds = reply_seconds
        self._question_seconds = question_seconds
        self._ends_at = 0.0
        self._rounds = 0
        self._limit = ""
        self._aloud = aloud
        self._asked = False
        self._failure: Failure | None = None
        self._responding = False
        self._owed = False
        self._calls: dict[str, bool] = {}  # by id, whether it is still running
        self._session: Session
        self._tasks: asyncio.TaskGroup
        self._patience: asyncio.Timeout
        self._texts: list[str] = []
        self.sound = bytearray()
        self.trouble = ""

    @property
    def answer(self) -> str:
        return " ".join(text.strip() for text in self._texts if text.strip())

    async def hold(self, service: Service, tap: Tap) -> Failure | None:
        """Have it answered by a service; a question that one was asked is not asked again, for it may have acted."""
        if self._asked:
            return self._failure
        request = _in_writing(service.request(_PERSONA), aloud=self._aloud)
        self._session = Session(service.target, service.credential, request, self._take, tap=tap)
        try:
            # a session has its own deadline to open by
            async with asyncio.timeout(None) as self._patience, asyncio.TaskGroup() as self._tasks:
                self._failure = await self._session.run()
        except TimeoutError:
            late = asyncio.get_running_loop().time() >= self._ends_at
            waited = f"within {self._question_seconds:g}" if late else f"for {self._reply_seconds:g}"
            self.trouble = f"no answer {waited} s"
        return self._failure

    def limit(self, reached: str) -> None:
        """No more may be used: an answer that is complete is given still, another reply is not asked for."""
        self._limit = reached

    def _take(self, event: Event) -> None:  # noqa: C901 (a flat table of events reads best whole)
        match event:
            case on.SessionOpened():
                self._asked = True
                self._ends_at = asyncio.get_running_loop().time() + self._question_seconds
                content = [{"type": "input_text", "text": self._text}]
                self._session.send_item({"type": "message", "role": "user", "content": content})
                self._request_reply()
            case on.ReplyStarted():
                self._responding = True
            case on.ReplyTranscribed():
                self._texts.append(event.text)
            case on.ReplyAudioReceived():
                if len(self.sound) < LONGEST_SECONDS * PLAYBACK_RATE * SAMPLE_BYTES:
                    self.sound += event.data
            case on.FunctionCalled() if event.call_id not in self._calls:
                self._calls[event.call_id] = True
                self._owed = True
                self._tasks.create_task(self._run(event))
            case on.ReplyFinished():
                self._responding = False
                if event.status != "completed":
                    self._end(f"the answer is {event.status}: {event.detail or 'no reason given'}")
                    return
                self._go_on()
            case on.ServiceComplained() if self._asked and not self._responding:
                self._end(f"the service complains: {event.message}")
                return
            case on.SessionClosed() | on.SessionFailed():
                return
        self._wait()

    async def _run(self, call: on.FunctionCalled) -> None:
        hangs_up = call.name == END_CONVERSATION
        output = _NOTHING_TO_END if hangs_up else await self._run_tool(call.name, call.arguments)
        self._calls[call.call_id] = False
        self._session.send_tool_output(call.call_id, output)
        if not self._responding:
            self._go_on()
        self._wait()

    def _go_on(self) -> None:
        """One request for all tools' outputs; where there were none, that was the answer."""
        if any(self._calls.values()):
            return
        if self._owed:
            self._owed = False
            self._request_reply()
        else:
            self._session.close()

    def _request_reply(self) -> None:
        """Another one, as long as that may be."""
        if self._limit:
            self._end(f"the budget is reached: {self._limit}")
        elif self._rounds >= ROUNDS:
            self._end(f"no answer after {ROUNDS} replies: the model calls tools again and again")
        else:
            self._rounds += 1
            self._session.request_reply()

    def _wait(self) -> None:
        """Give the model some time again; a tool has its own, within the question's."""
        if self._asked:
            running = any(self._calls.values())
            now = asyncio.get_running_loop().time()
            self._patience.reschedule(self._ends_at if running else min(now + self._reply_seconds, self._ends_at))

    def _end(self, trouble: str) -> None:
        self.trouble = trouble
        self._session.close()


def _in_writing(request: Mapping[str, Any], *, aloud: bool) -> dict[str, Any]:
    """A session's settings without an ear; nobody is there to allow what a remote tool would do."""
    changed = {key: value for key, value in request.items() if key != "interim_response"}
    functions = [tool for tool in request.get("tools", ()) if tool.get("type") == "function"]
    return changed | {
        "modalities": ["text", "audio"] if aloud else ["text"],
        "turn_detection": None,
        "tools": functions,
    }
