"""Runs tools. Policy is held to here and nowhere else, and so is what is logged and what the model is told."""

import asyncio
import json
import logging
import time
import traceback
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime

from pydantic import JsonValue

from voiced.messages import Message, explained
from voiced.tools.actions.action import ActionError, Answer
from voiced.tools.arguments import ArgumentsError
from voiced.tools.calls import Call, Caller, CallOn, Question, ToolOutcome, calling
from voiced.tools.policy import InQuietHours, Policy, QuietHours, Rate
from voiced.tools.registry import Registry, UnknownToolError
from voiced.tools.secrecy import MASK, Kept, SecretUnreadableError, keeping
from voiced.tools.settings import RESULT
from voiced.tools.templates import RenderError, Text, Values, surrounded
from voiced.tools.tool import Tool

__all__ = ["RESULT_BYTES", "Runner", "Speaker", "ToolOutcome", "cut"]

RESULT_BYTES = 4096
"""As much of a device's answer as a model is given, and of a reply as is spoken, UTF-8."""
DETAIL_CHARACTERS = 300
"""As much as is logged of why a tool failed."""
LOGGED_CHARACTERS = 2000
"""As much of a call's arguments as the log of calls keeps."""
NOT_DONE = "Nothing was done: this is a dry run."

CUT_SHORT = "It was cut short; whether it was done is not known."
SOMEBODY = Caller()
"""In a conversation with the default persona, and nobody to be asked."""

_log = logging.getLogger(__name__)


class RefusedError(Exception):
    """The policy forbids the call; its text is a sentence that can be spoken."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """What templates know of the speaker."""

    name: str = "voiced"
    locale: str = "en-US"
    persona: str = "default"


@dataclass(slots=True)
class _Gate:
    """What is kept of one tool between its calls."""

    turns: asyncio.Semaphore | None
    width: int | None
    rate: Rate = field(default_factory=Rate)


class Runner:
    """Calls the tools of a registry, while the wires are open. Calls may run concurrently.

    `call` never raises for what a tool, a device or a model did. `speaker` is what templates know of it, `dry_run` and
    `quiet_hours` hold for every tool, and `record` is given each call that has ended. `clock` is monotonic seconds,
    `now` the time of day.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        speaker: Speaker | None = None,
        dry_run: bool = False,
        quiet_hours: QuietHours | None = None,
        record: Callable[[Call], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        self._registry = registry
        self._speaker = speaker or Speaker()
        self._record = record
        self._clock = clock
        self._now = now
        self._gates: dict[str, _Gate] = {}
        self._beginning = asyncio.Lock()
        self.hold_to(dry_run=dry_run, quiet_hours=quiet_hours)

    def hold_to(self, *, dry_run: bool, quiet_hours: QuietHours | None) -> None:
        """Put another policy for all tools in the place of the one before."""
        self._dry_run = dry_run
        self._quiet_hours = quiet_hours

    async def call(self, name: str, arguments: str, caller: Caller = SOMEBODY) -> ToolOutcome:
        """Run a tool with JSON arguments as a model sent them."""
        async with self._beginning:  # one in each turn of the event loop: many at a time hold up no frame of sound
            await asyncio.sleep(0)
        began, at = self._clock(), self._now()
        with keeping() as kept:
            trace = _Trace(arguments, kept)
            try:
                outcome = await self._outcome(name, arguments, caller, kept, began, trace)
            except asyncio.CancelledError:  # the speaker ends, or who asked has gone
                cut_short = self._failed(name, began, CUT_SHORT, trace)
                self._record(trace.call(at, caller, name, cut_short))
                raise
        self._record(trace.call(at, caller, name, outcome))
        return outcome

    async def _outcome(
        self, name: str, arguments: str, caller: Caller, kept: Kept, began: float, trace: "_Trace"
    ) -> ToolOutcome:
        """What became of it."""
        detail = ""
        try:
            tool = self._registry[name]
            trace.of(tool)
            values = tool.arguments.read(arguments)
            trace.read(tool, values)
            speaker = Speaker(self._speaker.name, self._speaker.locale, caller.persona)
            with surrounded({"speaker": speaker, "now": self._now(), "secret": tool.secrets or {}}):
                return await self._run(tool, values, caller, kept, began)
        except UnknownToolError as error:
            sentence = f"I can't do that: {error}."
        except (ArgumentsError, RefusedError) as error:
            sentence = str(error)
        except ActionError as error:
            sentence, detail = str(error), error.detail
        except SecretUnreadableError as error:
            sentence, detail = f"The secret {error.name} can't be read.", str(error)
        except RenderError as error:
            sentence, detail = "The tool's template can't be filled in.", str(error)
        except Exception:  # noqa: BLE001 - it is logged with its traceback
            # a fault of ours, not foreseen: the model still gets its one answer, and the speaker goes on. The traceback
            # may quote a secret
            _log.error("Tool %s broke; please report this\n%s", name, trace.masked(traceback.format_exc()))
            sentence = "The tool broke."
        # cut after that, and never before: half a secret is not known as one
        return self._failed(name, began, kept.masked(sentence), trace, kept.masked(detail)[:DETAIL_CHARACTERS])

    async def _run(self, tool: Tool, values: Values, caller: Caller, kept: Kept, began: float) -> ToolOutcome:
        policy = tool.policy
        if not policy.allows(caller.persona):
            raise RefusedError("I can't do that here: it is not for this persona.")
        must_ask = policy.asks(values) or self._rests(policy)
        gate = self._gate(tool.name, policy)
        wait = 0.0 if policy.rate_limit is None else gate.rate.wait(policy.rate_limit, self._clock())
        if wait:
            raise RefusedError(
                f"That was done {policy.rate_limit} times within a minute, which is its limit; "
                f"try again in {max(1, round(wait))} seconds."
            )
        dry_run = self._dry_run or policy.dry_run
        if must_ask and not dry_run:
            await self._ask(tool, values, caller, kept)
        if dry_run:
            return self._rehearsed(tool.name, began)
        with calling(self._on_behalf(caller, asked=must_ask)):
            answer = await self._within_timeout(tool, values, gate)
        return self._done(tool, values, Answer(kept.without(answer.result), answer.status), kept, began)

    def _rests(self, policy: Policy) -> bool:
        """Whether the user has to be asked because of quiet hours; raises `RefusedError` where that is no use."""
        hours = policy.quiet_hours or self._quiet_hours
        if hours is None or not hours.hold(self._now().time()):
            return False
        if hours.then is InQuietHours.CONFIRM:
            return True
        raise RefusedError(f"I don't do that between {hours.begin:%H:%M} and {hours.end:%H:%M}.")

    async def _ask(self, tool: Tool, values: Values, caller: Caller, kept: Kept) -> None:
        if caller.approve is None:
            raise RefusedError("That needs your yes, and here nobody can be asked.")
        words = Text(tool.policy.question).render(values) if tool.policy.question else ""
        open_ = {name: value for name, value in values.items() if name not in tool.private and value is not None}
        arguments = json.dumps(open_, ensure_ascii=False)
        if not await caller.approve(Question(tool.name, kept.masked(arguments), kept.masked(words))):
            raise RefusedError("It was not done: it was not confirmed.")

    def _on_behalf(self, caller: Caller, *, asked: bool) -> CallOn:
        """How a scene calls on; what it was asked about as a whole is not asked again for each of its parts."""
        behind = replace(caller, approve=_approved) if asked else caller
        return lambda name, arguments: self.call(name, arguments, behind)

    def _gate(self, name: str, policy: Policy) -> _Gate:
        """The tool's; with another number of turns after a reload it has new ones, and the calls of the last minute."""
        gate = self._gates.get(name)
        if gate is None or gate.width != policy.concurrency:
            width = policy.concurrency
            rate = Rate() if gate is None else gate.rate
            gate = self._gates[name] = _Gate(None if width is None else asyncio.Semaphore(width), width, rate)
        return gate

    async def _within_timeout(self, tool: Tool, values: Values, gate: _Gate) -> Answer:
        seconds = tool.policy.timeout_seconds
        began = False
        try:
            async with asyncio.timeout(seconds) as limit, gate.turns or nullcontext():
                began = True
                return await tool.action(values)
        except TimeoutError as error:
            if not limit.expired():
                raise ActionError("The device can't be reached.") from error  # the network's own timeout
            if not began:
                raise ActionError(f"It is busy with other calls since {seconds:g} seconds.") from error
            raise ActionError(f"The device did not answer within {seconds:g} seconds.") from error

    def _done(self, tool: Tool, values: Values, answer: Answer, kept: Kept, began: float) -> ToolOutcome:
        seconds = self._clock() - began
        name = tool.name
        output: dict[str, JsonValue] = {"ok": True}
        if answer.status is not None:
            output["status"] = answer.status
        output["result"] = cut(answer.result)
        if tool.reply is not None:
            try:
                output["reply"] = cut(kept.masked(tool.reply.render({**values, RESULT: answer.result})))
            except RenderError as error:
                # what was asked for has been done, so it would be wrong to report a failure
                _log.warning("Tool %s: its reply can't be rendered: %s", name, kept.masked(str(error)))
        _log.info("Tool %s: done in %.2f s", name, seconds, extra={"VOICED_TOOL": name})
        return ToolOutcome(ok=True, output=_whole(json.dumps(output, ensure_ascii=False)), seconds=seconds)

    def _rehearsed(self, name: str, began: float) -> ToolOutcome:
        seconds = self._clock() - began
        _log.info("Tool %s: not done, this is a dry run", name)
        output = json.dumps({"ok": True, "dry_run": True, "result": NOT_DONE, "reply": NOT_DONE})
        return ToolOutcome(ok=True, output=output, seconds=seconds)

    def _failed(self, name: str, began: float, error: str, trace: "_Trace", detail: str = "") -> ToolOutcome:
        seconds, error = self._clock() - began, _whole(error)
        fields = explained(Message.TOOL_FAILED, tool=name[:64])
        told = trace.masked(f"{error} ({detail})" if detail else error)
        _log.warning("Tool %.64r failed after %.2f s: %s", name, seconds, told, extra=fields)
        output = json.dumps({"ok": False, "error": error}, ensure_ascii=False)
        return ToolOutcome(ok=False, output=output, seconds=seconds, error=error)


async def _approved(_: Question) -> bool:
    return True


def _whole(text: str) -> str:
    """Halves of a character, which JSON can hold and nothing that is sent can, as question marks."""
    return text.encode(errors="replace").decode()


class _Trace:
    """What may be written down of one call, in the journal and in the log of calls."""

    def __init__(self, arguments: str, kept: Kept) -> None:
        self._arguments = arguments
        self._kept = kept
        self._private = Kept()
        self._discreet = False

    def of(self, tool: Tool) -> None:
        """It is a call of this tool."""
        self._discreet = tool.discreet
        if tool.private or tool.discreet:
            self._arguments = "{}"  # until they have been read

    def read(self, tool: Tool, values: Values) -> None:
        """It is called with these values."""
        shown = dict(values)
        for name in tool.private:
            if (value := values.get(name)) is not None:
                shown[name] = MASK
                for each in value if isinstance(value, list) else [value]:
                    self._private.note(str(each))
        self._arguments = json.dumps(shown, ensure_ascii=False, default=str)

    def masked(self, text: str) -> str:
        """What was said of it, without secrets and private values."""
        return MASK if self._discreet else self._private.masked(self._kept.masked(text))

    def call(self, at: datetime, caller: Caller, name: str, outcome: ToolOutcome) -> Call:
        """The call as it is written down."""
        error = None if outcome.error is None else self.masked(outcome.error)
        written = replace(outcome, output=self.masked(outcome.output), error=error)
        arguments = self._kept.masked(self._arguments)[:LOGGED_CHARACTERS]
        return Call(at.timestamp(), caller, name[:64], arguments, written)


def cut(result: JsonValue) -> JsonValue:
    """The result itself where it is small, else the first `RESULT_BYTES` of its text and an ellipsis."""
    text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
    raw = text.encode(errors="replace")
    return result if len(raw) <= RESULT_BYTES else raw[:RESULT_BYTES].decode(errors="ignore") + "…"
