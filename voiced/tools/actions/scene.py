"""The `scene` action: calls of other tools in turn, and what became of them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pydantic import JsonValue

from voiced.tools.actions.action import ActionError, Answer
from voiced.tools.actions.scene_settings import SceneAction, SceneStep
from voiced.tools.calls import call_another
from voiced.tools.templates import Body, RenderError, Values


@dataclass(slots=True)
class _Report:
    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    skipped: int = 0


class Scene:
    """An `Action` that calls through the runner that runs it, as its own caller."""

    def __init__(self, settings: SceneAction, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._settings = settings
        self._sleep = sleep
        self._conditions = [None if step.when is None else Body(step.when) for step in settings.steps]
        self._arguments = [Body(dict(step.arguments)) for step in settings.steps]

    async def __call__(self, values: Values) -> Answer:
        """Do every step that is due; an `ActionError` says what failed, and how much was done all the same."""
        known: dict[str, object] = dict(values)
        report = _Report()
        for index, step in enumerate(self._settings.steps):
            if step.save is not None:
                known[step.save] = None
            await self._step(index, step, known, report)
            if report.failed and self._settings.on_failure == "stop":
                break
        if report.failed:
            raise ActionError(_told(report, len(self._settings.steps)), "; ".join(report.failed))
        return Answer({"done": list(report.done), "skipped": report.skipped})

    async def _step(self, index: int, step: SceneStep, known: dict[str, object], report: _Report) -> None:
        name = step.call or "the pause"
        try:
            condition = self._conditions[index]
            if condition is not None and not _true(condition.render(known)):
                report.skipped += 1
                return
            if step.call is None:
                await self._sleep(step.wait_seconds or 0)
                return
            arguments = self._arguments[index].render(known)
        except RenderError as error:
            report.failed.append(f"{name}: the template can't be filled in: {error}")
            return
        outcome = await call_another(step.call, json.dumps(arguments))
        if not outcome.ok:
            report.failed.append(f"{name}: {outcome.error}")
            return
        report.done.append(name)
        if step.save is not None:
            known[step.save] = json.loads(outcome.output).get("result")


def _true(value: JsonValue) -> bool:
    if not isinstance(value, bool):
        raise RenderError("a condition must give true or false")
    return value


def _told(report: _Report, steps: int) -> str:
    failures = " ".join(f"{failure.rstrip('.')}." for failure in report.failed[:3])
    if not report.done:
        return f"Nothing of it was done. {failures}"
    return f"Only {len(report.done)} of {steps} steps were done. {failures}"
