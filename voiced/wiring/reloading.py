"""Reading the configuration anew while the speaker runs: tools at once, or nothing and the reason."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from voiced.config.loading import ConfigurationError, load
from voiced.config.schema import VoicedSettings
from voiced.host.control import Errand
from voiced.host.service import notify
from voiced.messages import Message, explained
from voiced.wiring.tooling import Tooling

log = logging.getLogger(__name__)

APPLIED = frozenset({"tools", "tool_policy", "buttons"})
"""The parts of the configuration that take effect without a restart."""
_NEEDS_A_RESTART = frozenset(VoicedSettings.model_fields) - APPLIED


class Reloading:
    """Puts the configuration's tools in the place of the ones before; `settings` are what the speaker runs with.

    `adopt` is given the settings that hold from now on, for what else can change while the speaker runs. systemd hears
    of it while the speaker is `ready`: during a start, READY=1 would be untrue.
    """

    def __init__(
        self,
        config: Path,
        settings: VoicedSettings,
        tooling: Tooling,
        read: Callable[[Path, Callable[[str], None]], VoicedSettings] = load,
        ready: Callable[[], bool] = lambda: True,
        adopt: Callable[[VoicedSettings], None] = lambda _: None,
    ) -> None:
        self._config = config
        self._settings = self._held = settings
        self._tooling = tooling
        self._read = read
        self._ready = ready
        self._adopt = adopt
        self._asked = asyncio.Event()
        self._turn = asyncio.Lock()

    def ask(self) -> None:
        """Reload soon; for a signal handler."""
        self._asked.set()

    async def run(self) -> None:
        """Reload whenever it is asked for, until cancelled."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            await self.reload()

    async def reload(self) -> Mapping[str, Any]:
        """What holds now, what was taken and what waits (`told`), or why the old tools still do (`error`).

        systemd and the journal are told, too.
        """
        async with self._turn:
            ready = self._ready()
            if ready:
                notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
            try:
                return await self._reload()
            finally:
                if ready:
                    notify("READY=1")

    async def _reload(self) -> Mapping[str, Any]:
        doubts: list[str] = []
        try:
            # reading, checking and compiling take their time, and frames of sound don't wait
            settings = await asyncio.to_thread(self._read, self._config, doubts.append)
        except ConfigurationError as error:
            return _refused(error.problems)
        tools = await asyncio.to_thread(self._tooling.built, settings)
        for doubt in doubts:
            log.warning("%s", doubt)
        self._tooling.adopt(settings, tools)
        self._adopt(settings)
        told = [f"{len(settings.tools)} tool{'' if len(settings.tools) == 1 else 's'}"]
        taken = list(changes(_plain(self._held, APPLIED), _plain(settings, APPLIED)))
        if taken:
            told.append(f"taken: {', '.join(taken)}")
        waiting = list(changes(_plain(self._settings, _NEEDS_A_RESTART), _plain(settings, _NEEDS_A_RESTART)))
        if waiting:
            told.append(f"restart to apply: {', '.join(waiting)}")
        self._held = settings
        log.info("reloaded: %s", "; ".join(told), extra=explained(Message.RELOADED))
        return {"told": "; ".join(told)}

    def errands(self) -> dict[str, Errand]:
        """By verb: `reload`."""

        async def reload(_: Mapping[str, Any]) -> Mapping[str, Any]:
            return await self.reload()

        return {"reload": reload}


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """The keys whose values differ, like `audio.input.device`; a list is one value."""
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from (f"{key}.{inner}" for inner in changes(old, new))
        elif old != new:
            yield key


def _refused(problems: Sequence[str]) -> Mapping[str, Any]:
    for problem in problems:
        log.error("%s", problem)
    log.error("the configuration is not reloaded, the tools of before stay", extra=explained(Message.NOT_RELOADED))
    return {"error": "\n".join([*problems, "nothing has changed: the tools of before stay"])}


def _plain(settings: VoicedSettings, parts: AbstractSet[str]) -> dict[str, Any]:
    return settings.model_dump(include=set(parts))
