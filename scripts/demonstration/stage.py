"""The daemon as its own process, watched through its control socket."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from voiced.paths import state_directory

START_SECONDS = 30.0
STOP_SECONDS = 5.0


class StageError(Exception):
    """The daemon could not be started or ended by itself; the message has its last words."""


class Stage:
    """A running `voiced run`: its events as they happen, and its log."""

    def __init__(self, folder: Path, process: asyncio.subprocess.Process) -> None:
        self._folder = folder
        self.process = process

    @property
    def log(self) -> str:
        """What the daemon wrote so far."""
        return (self._folder / "voiced.log").read_text()

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """Every event from now on, the first being the present status. Ends with the daemon."""
        reader, writer = await self._connect()
        try:
            writer.write(b'{"verb": "follow"}\n')
            while line := await reader.readline():
                yield json.loads(line)
        finally:
            writer.close()

    async def ask(self, verb: str) -> dict[str, Any]:
        """The daemon's answer to a verb of its control socket."""
        reader, writer = await self._connect()
        try:
            writer.write(json.dumps({"verb": verb}).encode() + b"\n")
            answer: dict[str, Any] = json.loads(await reader.readline())
            return answer
        finally:
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            async with asyncio.timeout(START_SECONDS):
                while True:
                    if self.process.returncode is not None:
                        raise StageError(f"the daemon ended with status {self.process.returncode}:\n{self.log}")
                    try:
                        return await asyncio.open_unix_connection(self._folder / "run" / "control.sock", limit=2**20)
                    except OSError:  # not yet
                        await asyncio.sleep(0.02)
        except TimeoutError:
            raise StageError(f"the daemon did not come up within {START_SECONDS:g} s:\n{self.log}") from None


@asynccontextmanager
async def perform(
    folder: Path, configuration: Mapping[str, Any], environment: Mapping[str, str]
) -> AsyncIterator[Stage]:
    """Run the daemon with a configuration in a folder of its own; it is ended with the context."""
    config = folder / "voiced.yaml"
    config.write_text(json.dumps(configuration, indent=2))  # JSON is YAML
    (folder / "run").mkdir(exist_ok=True)
    own = {"RUNTIME_DIRECTORY": str(folder / "run"), "STATE_DIRECTORY": str(state_for(folder / "state"))}
    with (folder / "voiced.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "voiced", "run", "--config", str(config)),
            env={**os.environ, **own, **environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield Stage(folder, process)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()
                raise StageError(f"the daemon did not end within {STOP_SECONDS:g} s of SIGTERM") from None


def state_for(folder: Path) -> Path:
    """A place for what a daemon keeps; what takes long to make is shared with the others of this machine."""
    folder.mkdir(exist_ok=True)
    for name in ("models", "graphs", "notices"):
        shared = state_directory() / name
        shared.mkdir(parents=True, exist_ok=True)
        if not (folder / name).exists():
            (folder / name).symlink_to(shared.absolute(), target_is_directory=True)
    return folder


MOCK_PINS = {"GPIOZERO_PIN_FACTORY": "mock", "GPIOZERO_MOCK_PIN_CLASS": "mockpwmpin"}
"""gpiozero's own stand-in for a GPIO chip."""

LAMP_TOOL: dict[str, Any] = {
    "name": "set_light",
    "description": "Turn a light on or off.",
    "parameters": {
        "room": {"type": "string", "enum": ["kitchen", "bedroom"]},
        "state": {"type": "string", "enum": ["on", "off"]},
    },
    "phrases": ["(turn|switch) {state} [the] {room} (light|lamp)"],
    "reply": "The {{ room }} light is {{ state }}.",
}


def lamp_tool(url: str) -> dict[str, Any]:
    """The tool that switches the lamps at a URL, as an owner would write it."""
    return {**LAMP_TOOL, "http": {"method": "POST", "url": f"{url}/{{{{ room }}}}", "json": {"state": "{{ state }}"}}}
