"""The daemon's tools: what there is, who may run it, whom to ask first, and what was done."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from voiced import paths
from voiced.assistant.events import ApprovalRequested, Event
from voiced.config.schema import VoicedSettings
from voiced.config.secrets import resolve
from voiced.host.control import Errand, Request
from voiced.tools.building import build
from voiced.tools.calls import Caller, Question, ToolOutcome, Via
from voiced.tools.ledger import Ledger
from voiced.tools.mcp.servers import McpServers
from voiced.tools.registry import Registry
from voiced.tools.runner import Runner, Speaker
from voiced.tools.suggestion import unknown_among
from voiced.tools.tool import Tool
from voiced.tools.wires import Wires

log = logging.getLogger(__name__)

LEDGER = "tools.sqlite"
ANSWER_SECONDS = 120.0
"""By then a question is a no, whatever became of its conversation; the conversation's own limits are shorter."""


class Tooling:
    """Runs tools for conversations and questions. `dispatch` is told what the user has to be asked.

    Attributes:
        wires: the connections that tools share; a context.
        registry: every tool.
        ledger: what was done.
        mcp_servers: supply the registry.
    """

    def __init__(self, settings: VoicedSettings, dispatch: Callable[[Event], None]) -> None:
        self._dispatch = dispatch
        self._asked: dict[str, asyncio.Future[bool]] = {}
        self._questions = count(1)
        self._conversation = 0
        self._locale = settings.speaker.locale
        self._personas = settings.persona_names()
        kept = settings.tool_policy.log
        self.wires = Wires(resolve, settings.mqtt, settings.home_assistant)
        self.ledger = Ledger(paths.state_directory() / LEDGER, kept.days, kept.calls)
        self.registry = Registry(self.built(settings))
        if settings.home_assistant is not None and settings.home_assistant.expose is not None:
            from voiced.tools.home_assistant.following import follow  # noqa: PLC0415 (only for who has a house)

            follow(self.wires.home, self.registry, self._locale)
        self.mcp_servers = McpServers(settings.mcp_servers, self.registry, resolve)
        self._runner = Runner(
            self.registry,
            speaker=Speaker(settings.speaker.name, settings.speaker.locale),
            record=self.ledger.record,
        )
        self._hold_to_policy(settings)

    def built(self, settings: VoicedSettings) -> tuple[Tool, ...]:
        """Other tools, for `adopt`; may be called on another thread."""
        return tuple(build(settings.tools, self.wires, self._locale))

    def adopt(self, settings: VoicedSettings, tools: Iterable[Tool]) -> None:
        """Put other tools, and another policy, in the place of the ones before, all at once or not at all.

        Raises `ValueError` where two have one name, and nothing has changed.
        """
        self.registry.replace(tools)
        self.wires.pins.keep({tool.gpio.pin for tool in settings.tools if tool.gpio is not None})
        self._hold_to_policy(settings)

    def _hold_to_policy(self, settings: VoicedSettings) -> None:
        policy = settings.tool_policy
        self.ledger.keep(policy.log.days, policy.log.calls)
        hours = policy.quiet_hours
        self._runner.hold_to(dry_run=policy.dry_run, quiet_hours=None if hours is None else hours.hours())

    async def in_conversation(self, call_id: str, name: str, arguments: str, persona: str) -> ToolOutcome:
        """A call that was asked for aloud; the user can be asked, as long as the conversation lasts."""
        conversation = self._conversation

        async def approve(question: Question) -> bool:
            if conversation != self._conversation:  # who speaks now has not asked for it
                return False
            return await self._ask(f"own-{call_id}-{next(self._questions)}", question)

        return await self._runner.call(name, arguments, Caller(persona, Via.WAKE, approve))

    async def in_writing(self, name: str, arguments: str) -> ToolOutcome:
        """A call that was asked for in writing; nobody can be asked."""
        return await self._runner.call(name, arguments, Caller(via=Via.ASK))

    async def unasked(self, name: str, arguments: str) -> bool:
        """A call that the settings order around a conversation, where nobody can be asked; whether it succeeded."""
        return (await self._runner.call(name, arguments, Caller(via=Via.DUCK))).ok

    def errands(self) -> dict[str, Errand]:
        """By verb: `tools`, which tells what the speaker can do; `call` with a `name`, `arguments` and a `persona`.

        Where `asks` is true, who calls is sent `{"question", "tool", "arguments"}` before a tool acts that asks first,
        and answers `{"approve": true}`; anything else is a no, and so is silence.
        """

        async def tools(_: Mapping[str, Any]) -> Mapping[str, Any]:
            return {"tools": list(described(self.registry))}

        async def call(request: Request) -> Mapping[str, Any]:
            async def approve(question: Question) -> bool:
                asked = {"question": question.words, "tool": question.tool, "arguments": question.arguments}
                try:
                    async with asyncio.timeout(ANSWER_SECONDS):
                        return (await request.ask(asked)).get("approve") is True
                except TimeoutError:
                    return False

            name, arguments, persona = (str(request.get(key, "")) for key in ("name", "arguments", "persona"))
            persona = persona or "default"
            if persona not in self._personas:
                return {"error": unknown_among("persona", persona, self._personas)}
            caller = Caller(persona, Via.CLI, approve if request.get("asks") is True else None)
            outcome = await self._runner.call(name, arguments, caller)
            return {"ok": outcome.ok, "output": outcome.output}

        return {"tools": tools, "call": call}

    def answered(self, approval_id: str, *, approve: bool) -> bool:
        """Whether an answer was to a question of ours: it is passed on."""
        asked = self._asked.get(approval_id)
        if asked is None:
            return False
        if not asked.done():
            asked.set_result(approve)
        return True

    def withdraw(self) -> None:
        """The conversation is over: what was not answered is a no, and so is what its calls would ask from now on."""
        self._conversation += 1
        for asked in self._asked.values():
            if not asked.done():
                asked.set_result(False)

    async def _ask(self, approval_id: str, question: Question) -> bool:
        asked: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._asked[approval_id] = asked
        try:
            self._dispatch(
                ApprovalRequested(
                    "", approval_id, "this speaker", question.tool, question.arguments, question.words, own=True
                )
            )
            async with asyncio.timeout(ANSWER_SECONDS):
                return await asked
        except TimeoutError:
            return False
        finally:
            del self._asked[approval_id]


def described(registry: Registry) -> Iterator[dict[str, Any]]:
    """Every tool as the command line shows it."""
    for tool in registry:
        yield {
            "name": tool.name,
            "description": tool.definition.description,
            "parameters": tool.definition.parameters,
            "phrases": list(tool.phrases),
            "words": {name: dict(words) for name, words in tool.words.items()},
        }
