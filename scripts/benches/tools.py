"""What a tool's call costs, how long 200 tools take to be read, and whether 50 calls at a time hold up the sound."""

import asyncio
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benches.figures import Figure
from benches.measuring import BenchError, Wishes
from voiced.config.loading import load
from voiced.tools.actions.action import Answer
from voiced.tools.building import build
from voiced.tools.ledger import Ledger
from voiced.tools.registry import Registry
from voiced.tools.runner import Runner
from voiced.tools.settings import ToolSettings
from voiced.tools.templates import Values, variables
from voiced.tools.wires import Wires

CALLS = 500
TOOLS = 200
PARALLEL = 50
ROUNDS = 10
FRAME_SECONDS = 0.02
OVERHEAD_GOAL_MS = 1.0
LOADING_GOAL_SECONDS = 0.5
DELAY_GOAL_MS = FRAME_SECONDS * 1000
ROOMS = ["kitchen", "bedroom", "living room", "bathroom", "attic", "garage", "hall", "office"]


def run(_wishes: Wishes) -> Iterator[Figure]:
    """Figures as they come. Raises `BenchError`."""
    yield Figure.alone("tools", "runner, of each call", "ms", asyncio.run(_overheads()), OVERHEAD_GOAL_MS)
    with tempfile.TemporaryDirectory() as folder:
        config = _written(Path(folder))
        quick = [_seconds(config, thorough=False) for _ in range(5)]
        yield Figure.alone("tools", f"reading {TOOLS} tools", "s", quick, LOADING_GOAL_SECONDS)
        thorough = [_seconds(config, thorough=True) for _ in range(3)]
        yield Figure.alone("tools", f"reading {TOOLS} tools, colliding phrases sought", "s", thorough)
    with _device() as url:
        delays = asyncio.run(_delays(url))
    yield Figure.alone("tools", f"latest frame while {PARALLEL} calls run", "ms", delays, DELAY_GOAL_MS)


def _tool(number: int, url: str) -> dict[str, Any]:
    return {
        "name": f"set_lamp_{number}",
        "description": "Turn a lamp on or off.",
        "parameters": {
            "room": {"type": "string", "enum": ROOMS, "synonyms": {"living room": ["lounge", "parlour"]}},
            "level": {"type": "integer", "minimum": 0, "maximum": 100, "default": 50, "coerce": ["percent", "digits"]},
        },
        "phrases": [f"set lamp {number} in the {{room}} to {{level}}", f"[please] lamp {number} {{room}} on"],
        "http": {"method": "POST", "url": f"{url}/{number}/{{{{ room }}}}", "json": {"level": "{{ level }}"}},
        "reply": f"Lamp {number} of the {{{{ room }}}} is at {{{{ level }}}} percent.",
        "confirm": False,
    }


def _settings(url: str, count: int) -> list[ToolSettings]:
    return [ToolSettings.model_validate_json(json.dumps(_tool(number, url)), strict=True) for number in range(count)]


async def _overheads() -> list[float]:
    """Milliseconds of each call of a tool whose action does nothing, the log of calls included."""

    async def nothing(_: Values) -> Answer:
        return Answer({"on": True}, 200)

    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "tools.sqlite", 30, 10_000)
        writing = asyncio.create_task(ledger.run())
        wires = Wires(lambda _: "")
        (tool,) = build(_settings("http://lamp.local", 1), wires)
        runner = Runner(Registry([replace(tool, action=nothing)]), record=ledger.record)
        took = []
        for number in range(CALLS):
            began = time.perf_counter()
            outcome = await runner.call(tool.name, f'{{"room": "lounge", "level": "{number % 100}%"}}')
            took.append((time.perf_counter() - began) * 1000)
            if not outcome.ok:
                raise BenchError(f"the call failed: {outcome.error}")
            await asyncio.sleep(0)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    return took


def _written(folder: Path) -> Path:
    """A configuration of as many tools, 20 a file."""
    tools = folder / "tools.d"
    tools.mkdir()
    for first in range(0, TOOLS, 20):
        lines = ["tools:"]
        for number in range(first, first + 20):
            lines += [("  - " if index == 0 else "    ") + line for index, line in enumerate(_yaml(number))]
        (tools / f"{first:03}.yaml").write_text("\n".join(lines) + "\n")
    config = folder / "voiced.yaml"
    config.write_text("speaker: {name: bench}\n")
    return config


def _yaml(number: int) -> list[str]:
    return [f"{key}: {json.dumps(value)}" for key, value in _tool(number, "http://lamp.local").items()]


def _seconds(config: Path, *, thorough: bool) -> float:
    """From the files to tools that can be called. CPU time: nothing is waited for, and other programs don't count."""
    variables.cache_clear()  # as in a process that has read none of them
    began = time.process_time()
    settings = load(config, thorough=thorough)
    registry = Registry(build(settings.tools, Wires(lambda _: "")))
    took = time.process_time() - began
    if len(registry) != TOOLS:
        raise BenchError(f"of {TOOLS} tools {len(registry)} were read")
    return took


class _Lamp(BaseHTTPRequestHandler):
    """Answers at once."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Keep still."""


class _Lamps(ThreadingHTTPServer):
    request_queue_size = 2 * PARALLEL
    daemon_threads = True


@contextmanager
def _device() -> Iterator[str]:
    with _Lamps(("127.0.0.1", 0), _Lamp) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


async def _delays(url: str) -> list[float]:
    """The latest of the frames that are due while calls run, of each round, in milliseconds."""
    found = []
    async with Wires(lambda _: "") as wires:
        runner = Runner(Registry(build(_settings(url, 1), wires)))
        for _ in range(ROUNDS):
            ending = asyncio.Event()
            frames = asyncio.create_task(_latest(ending))
            await asyncio.sleep(FRAME_SECONDS)
            arguments = '{"room": "kitchen"}'
            outcomes = await asyncio.gather(*(runner.call("set_lamp_0", arguments) for _ in range(PARALLEL)))
            ending.set()
            found.append(await frames)
            if not all(outcome.ok for outcome in outcomes):
                raise BenchError("a call failed")
    return found


async def _latest(ending: asyncio.Event) -> float:
    """By how much the latest frame came late for what this thread computed meanwhile; other programs don't count."""
    loop = asyncio.get_running_loop()
    due, latest = loop.time(), 0.0
    while not ending.is_set():
        due += FRAME_SECONDS
        before = time.thread_time()
        await asyncio.sleep(due - loop.time())
        latest = max(latest, min(loop.time() - due, time.thread_time() - before))
    return latest * 1000
