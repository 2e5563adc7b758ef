"""From a command's end to the request that its tool makes: the whole daemon, its cascade, and a device in the house."""

import asyncio
import tempfile
import time
import wave
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import web
from demonstration.stage import Stage, StageError, perform

from benches.cascade_corpus import TOOLS, Said
from benches.measuring import BenchError
from benches.speech import RATE, say

NAMES = frozenset(
    ["set_light", "dim_light", "color_light", "play", "set_heating", "lock", "open_blinds", "close_blinds",
     "add_to_list", "vacuum", "set_fan", "scene", "appliance", "channel"]
)  # fmt: skip
"""The corpus's tools that the speaker has none of its own for; of a household's tools it has these beside its own."""
_WAKE_WORD, _WAKE_VOICE = "hey jarvis", ("flite", "kal16")
_VOICES = (("flite", "slt"), ("flite", "kal16"), ("flite", "rms"), ("espeak-ng", "en-us"))
_BEFORE, _BETWEEN, _AFTER = 12.0, 0.25, 6.0
"""Seconds in which the cascade's own process begins, between a wake word and its command, and for the reply and what
follows it."""
_FOLLOW_UP_SECONDS = 1.0
_QUIET = 16
"""Standard deviation of the room's noise, as in the demo."""
_LONGEST = 60.0
"""Seconds for which the daemon's start may take."""


@dataclass(slots=True)
class _Device:
    """What a device in the house was asked: by which tool, and when (monotonic seconds)."""

    url: str = ""
    asked: list[tuple[str, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Line:
    """A command in the recording: its tool, and the seconds at which its wake word begins and it ends."""

    tool: str
    begin: float
    end: float


def deeds(said: Sequence[Said]) -> list[float | None]:
    """Milliseconds from the end of each command to its tool's request, None where none came; in real time."""
    return asyncio.run(_deeds(said))


async def _deeds(said: Sequence[Said]) -> list[float | None]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines, seconds = _record(folder / "mic.wav", said)
        async with _device() as device:
            try:
                async with perform(folder, _configuration(folder, device.url), {}) as stage:
                    async with asyncio.timeout(seconds + _LONGEST):
                        began = await _began(stage)
                    await asyncio.sleep(began + seconds - time.monotonic())
            except (StageError, TimeoutError) as error:
                raise BenchError(f"the daemon did not hear what was said: {error}") from error
    found: list[float | None] = []
    for line in lines:
        asked = (at for tool, at in device.asked if tool == line.tool and line.begin < at - began < line.end + _AFTER)
        at = next(asked, None)
        found.append(None if at is None else (at - began - line.end) * 1000)
    return found


async def _began(stage: Stage) -> float:
    """When the microphone's first sample was taken (monotonic), once a wake word was heard."""
    async for event in stage.events():
        if event["event"] == "WakeWordDetected":
            return float(event["captured_at"]) - float(event["position"]) / RATE
    raise StageError(f"the daemon has ended:\n{stage.log}")


def _record(path: Path, said: Sequence[Said]) -> tuple[list[_Line], float]:
    """Write what is said to a file, each command after a wake word; where the commands are, and how long all is."""
    parts = [np.zeros(int(_BEFORE * RATE), np.int16)]
    wake, lines = say(_WAKE_WORD, *_WAKE_VOICE), []
    for number, each in enumerate(said):
        begin = sum(map(len, parts))
        voice = _VOICES[number % len(_VOICES)]
        parts += [wake, np.zeros(int(_BETWEEN * RATE), np.int16), say(each.text, *voice)]
        lines.append(_Line(each.calls[0][0], begin / RATE, sum(map(len, parts)) / RATE))
        parts.append(np.zeros(int(_AFTER * RATE), np.int16))
    sound = np.concatenate(parts) + np.random.default_rng(0).normal(scale=_QUIET, size=sum(map(len, parts)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.clip(sound, -32768, 32767).astype(np.int16).tobytes())
    return lines, len(sound) / RATE


def _configuration(folder: Path, url: str) -> dict[str, Any]:
    return {
        "conversation": {"follow_up_seconds": _FOLLOW_UP_SECONDS},
        "lights": {"driver": "none"},
        "audio": {
            "input": {"device": f"file:{folder / 'mic.wav'}"},
            "output": {"device": f"file:{folder / 'speaker.wav'}"},
            "chimes": {"wake": False, "done": False},
        },
        "tools": [
            {
                "name": tool.name, "description": tool.name, "parameters": dict(tool.parameters),
                "phrases": list(tool.phrases), "reply": "Done.",
                "http": {"method": "POST", "url": f"{url}/{tool.name}"},
            }
            for tool in TOOLS
            if tool.name in NAMES
        ],
    }  # fmt: skip


@asynccontextmanager
async def _device() -> AsyncIterator[_Device]:
    device = _Device()

    async def note(request: web.Request) -> web.Response:
        device.asked.append((request.match_info["tool"], time.monotonic()))
        return web.json_response({})

    application = web.Application()
    application.router.add_post("/{tool}", note)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        device.url = "http://127.0.0.1:{1}".format(*runner.addresses[0])
        yield device
    finally:
        await runner.cleanup()
