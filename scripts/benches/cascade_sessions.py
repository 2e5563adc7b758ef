"""The cascade's protocol with many sessions at once, all of them sending and being spoken to, on one core.

What else the machine does shows as lateness: where it can't be stopped, `chrt -r 5 scripts/bench cascade-sessions`.
"""

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np

from benches.figures import Figure
from benches.measuring import BenchError, Wishes

SESSIONS = 50
RATE = 16_000
FRAME_SECONDS = 0.02
REPLY_RATE = 48_000
"""Bytes a second of a reply: PCM16 at 24 kHz."""
SECONDS = 30.0
PROBES_SECONDS = 0.5
"""Between a session's questions, each of which is answered after the sound that was sent before it."""
TALKS_EVERY = 10.0
"""Seconds from one of a session's replies to its next."""
_START_SECONDS = 30.0
_REPLY = "A reply that goes on for a while, so that many of them are spoken at the same time. " * 4
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class _Seen:
    """What a session saw.

    Attributes:
        waits: seconds from each question to its answer.
        late: frames of a reply that came after what had come before them was played.
        frames: those of replies.
        asked: when the question under way was asked.
        spoken_to: whether a reply is under way.
    """

    waits: list[float] = field(default_factory=list)
    late: int = 0
    frames: int = 0
    asked: float = 0.0
    spoken_to: bool = False


def run(_wishes: Wishes) -> Iterator[Figure]:
    """Figures as they come. Raises `BenchError`."""
    try:
        seen, cpu = asyncio.run(_measure())
    except* BenchError as group:
        raise BenchError(str(group.exceptions[0])) from group
    waits = sorted(wait * 1000 for each in seen for wait in each.waits)
    if len(waits) < SESSIONS or not all(each.frames for each in seen):
        raise BenchError("not every session was answered and spoken to")
    name, crowd = "cascade-sessions", f"{SESSIONS} sessions"
    late = sum(each.late for each in seen)
    slow = sum(wait > FRAME_SECONDS * 1000 for wait in waits)
    yield Figure.alone(name, f"{crowd}: late frames of {sum(each.frames for each in seen)}", "frames", [late], 0)
    yield Figure.alone(name, f"{crowd}: sound heard later than a frame, of {len(waits)}", "frames", [slow])
    yield Figure.alone(name, f"{crowd}: sound sent to served, median", "ms", [statistics.median(waits)])
    yield Figure.alone(name, f"{crowd}: sound sent to served, 99 %", "ms", [waits[len(waits) * 99 // 100]])
    yield Figure.alone(name, f"{crowd}: sound sent to served, worst", "ms", [waits[-1]])
    yield Figure.alone(name, f"{crowd}: CPU of a second", "ms", [cpu * 1000], 1000)


async def _measure() -> tuple[list[_Seen], float]:
    """What every session saw, and the CPU that the service took a second."""
    async with _service() as (url, pid), aiohttp.ClientSession() as http:
        sockets = [await http.ws_connect(url, max_msg_size=0) for _ in range(SESSIONS)]
        try:
            await _warm_up(sockets[0])
            await asyncio.gather(*(_warm_up(each) for each in sockets[1:]))
            seen = [_Seen() for _ in sockets]
            used, began = _cpu_seconds(pid), time.monotonic()
            async with asyncio.TaskGroup() as tasks:
                for number, (socket_, one) in enumerate(zip(sockets, seen, strict=True)):
                    offset = number / SESSIONS
                    listening = tasks.create_task(_listen(socket_, one))
                    tasks.create_task(_talk(socket_, one, began + 1, offset, listening))
            return seen, (_cpu_seconds(pid) - used) / (time.monotonic() - began)
        finally:
            for each in sockets:
                await each.close()


async def _warm_up(connection: aiohttp.ClientWebSocketResponse) -> None:
    """Have the reply spoken once: what that costs, and the grammar, is not the protocol's."""
    settings = {"input_audio_sampling_rate": RATE}
    await connection.send_str(json.dumps({"type": "session.update", "session": settings}))
    await connection.send_str(_SPEAK)
    async for message in connection:
        if json.loads(message.data)["type"] == "response.done":
            return
    raise BenchError("the cascade left before it had spoken")


async def _talk(
    connection: aiohttp.ClientWebSocketResponse, seen: _Seen, begin: float, offset: float, listening: asyncio.Task[None]
) -> None:
    """Send a room's quiet in real time, questions and wishes for replies between it."""
    quiet = np.random.default_rng(1).normal(scale=30, size=int(RATE * FRAME_SECONDS)).astype(np.int16)
    sound = json.dumps({"type": "input_audio_buffer.append", "audio": b64encode(quiet.tobytes()).decode()})
    begin += offset * FRAME_SECONDS
    for number in range(int(SECONDS / FRAME_SECONDS)):
        await asyncio.sleep(begin + number * FRAME_SECONDS - time.monotonic())
        await connection.send_str(sound)
        if _due(number, PROBES_SECONDS, offset) and not seen.asked:
            seen.asked = time.monotonic()
            await connection.send_str(_QUESTION)
        if _due(number, TALKS_EVERY, offset) and not seen.spoken_to:
            seen.spoken_to = True
            await connection.send_str(_SPEAK)
    listening.cancel()


def _due(number: int, every: float, offset: float) -> bool:
    frames = round(every / FRAME_SECONDS)
    return number % frames == int(offset * frames)


async def _listen(connection: aiohttp.ClientWebSocketResponse, seen: _Seen) -> None:
    played_until = 0.0
    async for message in connection:
        now = time.monotonic()
        frame: dict[str, Any] = json.loads(message.data)
        match frame["type"]:
            case "response.created":
                played_until = 0.0
            case "response.audio.delta":
                seen.frames += 1
                seen.late += bool(played_until) and now > played_until
                played_until = max(played_until, now) + len(b64decode(frame["delta"])) / REPLY_RATE
            case "response.done":
                seen.spoken_to = False
            case "error":
                if frame["error"]["event_id"] != "question":
                    raise BenchError(f"the cascade complains: {frame['error']['message']}")
                seen.waits.append(now - seen.asked)
                seen.asked = 0.0
    raise BenchError(f"the cascade closed a session with code {connection.close_code}")


_QUESTION = json.dumps({"type": "conversation.item.retrieve", "event_id": "question", "item_id": "item_of_nobody"})
_MESSAGE = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": _REPLY}]}
_SPEAK = json.dumps({"type": "response.create", "response": {"pre_generated_assistant_message": _MESSAGE}})


@asynccontextmanager
async def _service() -> AsyncIterator[tuple[str, int]]:
    """`voiced cascade` on the last core; where it serves, and its process."""
    core = max(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="voiced-bench-") as folder:
        configuration = Path(folder, "voiced.yaml")
        configuration.write_text(f"cascade: {{max_sessions: {SESSIONS}, connections_per_minute: 1000}}\n")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            *("taskset", "--cpu-list", str(core), sys.executable, "-m", "voiced", "cascade"),
            *("--config", str(configuration), "--listen", f"127.0.0.1:{port}"),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            await _reachable(port, process)
            yield f"http://127.0.0.1:{port}/voice-live/realtime?api-version=2026-07-15&model=bench", process.pid
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _reachable(port: int, process: asyncio.subprocess.Process) -> None:
    async with aiohttp.ClientSession() as http:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and process.returncode is None:
            try:
                async with http.get(f"http://127.0.0.1:{port}/voice-live/realtime"):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.2)
    raise BenchError("voiced cascade does not serve; see what it says by itself")


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
