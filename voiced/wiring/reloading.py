"""Reading the configuration anew while the speaker runs: what can be taken at once, or nothing and the reason."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
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


async def _all_of_it() -> Mapping[str, str]:
    return {}


class Reloading:
    """Puts the configuration's tools in the place of the ones before; `settings` are what the speaker runs with.

    `adopt` is given the settings that hold from now on, for what else can change while the speaker runs;
    `without_effect` waits for what comes of it, and tells the keys that came to nothing, each with the reason. systemd
    hears of a reload while the speaker is `ready`: during a start, READY=1 would be untrue.
    """

    def __init__(
        self,
        config: Path,
        settings: VoicedSettings,
        tooling: Tooling,
        read: Callable[[Path, Callable[[str], None]], VoicedSettings] = load,
        ready: Callable[[], bool] = lambda: True,
        adopt: Callable[[VoicedSettings], None] = lambda _: None,
        without_effect: Callable[[], Awaitable[Mapping[str, str]]] = _all_of_it,
    ) -> None:
        self._config = config
        self._settings = self._held = settings
        self._tooling = tooling
        self._read = read
        self._ready = ready
        self._adopt = adopt
        self._without_effect = without_effect
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
        """What holds now, what was taken and what waits (`told`), or why all stays as it was (`error`).

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
        before, self._held = self._held, settings
        told = [f"{len(settings.tools)} tool{'' if len(settings.tools) == 1 else 's'}"]
        vain = await self._without_effect()
        changed = changes(_plain(before, APPLIED), _plain(settings, APPLIED))
        taken = [key for key in changed if not any(f"{key}.".startswith(f"{at}.") for at in vain)]
        if taken:
            told.append(f"taken: {', '.join(taken)}")
        told += (f"without effect: {at} ({why.removesuffix('.')})" for at, why in vain.items())
        waiting = list(changes(_plain(self._settings, _NEEDS_A_RESTART), _plain(settings, _NEEDS_A_RESTART)))
        if waiting:
            told.append(f"restart to apply: {', '.join(waiting)}")
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
    count = "a mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
    log.error(
        "the configuration is not reloaded, for it has %s, told above; that of before stays in force. "
        "Mend it until voiced check finds nothing, and reload again",
        count,
        extra=explained(Message.NOT_RELOADED),
    )
    return {"error": "\n".join([*problems, "nothing has changed: the configuration of before stays in force"])}


def _plain(settings: VoicedSettings, parts: AbstractSet[str]) -> dict[str, Any]:
    return settings.model_dump(include=set(parts))
