"""How loud the speaker is: what was said or typed last, kept over restarts."""

import asyncio
import json
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)


class Loudness:
    """The volume in percent, `configured` until it is set, and again once the owner configures another.

    `apply` is called with each; the `path` is where it is kept.
    """

    def __init__(self, configured: int, path: Path, apply: Callable[[int], Awaitable[None]]) -> None:
        self._configured = configured
        self._path = path
        self._apply = apply
        self._writing = threading.Lock()
        self.volume = _kept(path, configured)

    async def set(self, volume: int) -> None:
        """From now on."""
        self.volume = min(max(volume, 0), 100)
        log.info("the volume is %d %%", self.volume)
        await self._apply(self.volume)
        await asyncio.to_thread(self._keep)

    async def errand(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The verb `volume` of the control socket, with `percent` where it is to be set."""
        percent = request.get("percent")
        if percent is not None:
            if isinstance(percent, bool) or not isinstance(percent, int) or not 0 <= percent <= 100:
                return {"error": "the volume is a whole number from 0 to 100"}
            await self.set(percent)
        return {"volume": self.volume}

    def _keep(self) -> None:
        part = self._path.with_suffix(".part")
        try:
            with self._writing:  # a thread outlives a call that is taken back, and two would write one file
                self._path.parent.mkdir(parents=True, exist_ok=True)
                part.write_text(json.dumps({"configured": self._configured, "volume": self.volume}))
                part.replace(self._path)
        except OSError as error:
            log.warning("the volume can't be kept in %s: %s", self._path, error.strerror)


def _kept(path: Path, configured: int) -> int:
    try:
        kept = json.loads(path.read_bytes())
        if kept["configured"] == configured and kept["volume"] in range(101):
            return int(kept["volume"])
    except FileNotFoundError:
        pass  # nobody has set it yet
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("%s can't be read (%s); the volume is the configured one", path, error)
    return configured
