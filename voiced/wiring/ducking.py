"""Other music in the room: turned down by the owner's tool when a conversation begins, and up again after it."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable

from voiced.assistant.phases import CONVERSATION, Phase
from voiced.tools.ducking_settings import DuckingCall, DuckingSettings

log = logging.getLogger(__name__)

FAREWELL_SECONDS = 1.0
"""How long the music may take to be turned up again when the speaker is stopped."""

Call = Callable[[str, str], Awaitable[bool]]
"""Calls a tool by name with JSON arguments; whether it did what it should."""


class Ducking:
    """Follows the phases. One call at a time; of changes that come meanwhile the last one counts."""

    def __init__(self, settings: DuckingSettings, call: Call) -> None:
        self._settings = settings
        self._call = call
        self._wanted = self._ducked = False
        self._changed = asyncio.Event()

    def show(self, phase: Phase) -> None:
        """Take the speaker's phase."""
        self._wanted = phase in CONVERSATION or phase is Phase.ALERTING
        self._changed.set()

    async def run(self) -> None:
        """Call until cancelled, and then leave nothing turned down."""
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                if self._wanted is not self._ducked:
                    # before the call: one that fails half-way may have turned it down, and is put right all the same
                    self._ducked = self._wanted
                    await self._do(self._settings.begin if self._ducked else self._settings.end)
        finally:
            if self._ducked:
                await self._leave()

    async def _leave(self) -> None:
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._do(self._settings.end)
        except TimeoutError:
            log.warning("the music was not turned up again within %g s of the stop", FAREWELL_SECONDS)

    async def _do(self, what: DuckingCall | None) -> None:
        if what is not None and not await self._call(what.call, json.dumps(what.arguments)):
            log.warning("ducking: %s failed; see: voiced tools log", what.call)
