"""Runs tools. Policy is here and nowhere else: validation, timeout, size, what is logged and what the model is told."""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import JsonValue

from voiced.tools.actions.action import ActionError, Answer
from voiced.tools.arguments import ArgumentsError
from voiced.tools.registry import Registry, UnknownToolError
from voiced.tools.settings import RESULT
from voiced.tools.templates import RenderError, Values
from voiced.tools.tool import Tool

RESULT_BYTES = 4096
"""As much of a device's answer as a model is given, and of a reply as is spoken, UTF-8."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What became of one call.

    Attributes:
        ok: whether the device did it.
        output: JSON text for the model: `{"ok": true, "status", "result", "reply"}`, the last where the tool has
            one, or `{"ok": false, "error"}`.
        seconds: how long it took.
        error: a short sentence that can be spoken, None where ok.
    """

    ok: bool
    output: str
    seconds: float
    error: str | None = None


class Runner:
    """Calls the tools of a registry, while the wires are open. Calls may run concurrently.

    `call` never raises for what a tool, a device or a model did.
    """

    def __init__(self, registry: Registry, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._registry = registry
        self._clock = clock

    async def call(self, name: str, arguments: str) -> ToolOutcome:
        """Run a tool with JSON arguments as a model sent them."""
        began = self._clock()
        try:
            tool = self._registry[name]
            values = tool.arguments.read(arguments)
            answer = await self._within_timeout(tool, values)
        except UnknownToolError as error:
            return self._failed(name, began, f"I can't do that: {error}.")
        except ArgumentsError as error:
            return self._failed(name, began, str(error))
        except ActionError as error:
            return self._failed(name, began, str(error), error.detail)
        except RenderError as error:
            return self._failed(name, began, "The tool's template can't be filled in.", str(error))
        except Exception:  # noqa: BLE001 - see below; it is logged with its traceback
            # a fault of ours, not foreseen: the model still gets its one answer, and the speaker goes on
            _log.exception("Tool %s broke; please report this", name)
            return self._failed(name, began, "The tool broke.")
        return self._done(tool, values, answer, began)

    async def _within_timeout(self, tool: Tool, values: Values) -> Answer:
        seconds = tool.policy.timeout_seconds
        try:
            async with asyncio.timeout(seconds) as limit:
                return await tool.action(values)
        except TimeoutError as error:
            if not limit.expired():
                raise ActionError("The device can't be reached.") from error  # the network's own timeout
            raise ActionError(f"The device did not answer within {seconds:g} seconds.") from error

    def _done(self, tool: Tool, values: Values, answer: Answer, began: float) -> ToolOutcome:
        seconds = self._clock() - began
        name = tool.name
        output: dict[str, JsonValue] = {"ok": True}
        if answer.status is not None:
            output["status"] = answer.status
        output["result"] = cut(answer.result)
        if tool.reply is not None:
            try:
                output["reply"] = cut(tool.reply.render({**values, RESULT: answer.result}))
            except RenderError as error:
                # what was asked for has been done, so it would be wrong to report a failure
                _log.warning("Tool %s: its reply can't be rendered: %s", name, error)
        _log.info("Tool %s: done in %.2f s", name, seconds)
        return ToolOutcome(ok=True, output=json.dumps(output, ensure_ascii=False), seconds=seconds)

    def _failed(self, name: str, began: float, error: str, detail: str = "") -> ToolOutcome:
        seconds = self._clock() - began
        _log.warning("Tool %.64r failed after %.2f s: %s%s", name, seconds, error, detail and f" ({detail})")
        output = json.dumps({"ok": False, "error": error}, ensure_ascii=False)
        return ToolOutcome(ok=False, output=output, seconds=seconds, error=error)


def cut(result: JsonValue) -> JsonValue:
    """The result itself where it is small, else the first `RESULT_BYTES` of its text and an ellipsis."""
    text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
    raw = text.encode(errors="replace")
    return result if len(raw) <= RESULT_BYTES else raw[:RESULT_BYTES].decode(errors="ignore") + "…"
