"""Conversations with a service on this machine, without a sound card, beside the SDK's minimal client."""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from demonstration.soundcard import SPEAKER_RATE

from benches.figures import Figure
from benches.measuring import BenchError, Wishes, in_turns
from benches.scripted_service import (
    DELTA_SECONDS,
    KEY,
    Conversation,
    ScriptedService,
    ServiceError,
    deltas_of,
    serving,
)
from benches.signals import tone

WAKES = 20
SESSIONS = 1000
TALK_SECONDS = 8.0
COLD_GOAL_MS = 30.0
SPECULATIVE_GOAL_MS = 5.0
DELTA_GOAL_MS = 1.0
CPU_GOAL = 1.1
MEMORY_GOAL_MIB = 1.0
_PEER = "the SDK's minimal client"


def run(_wishes: Wishes) -> Iterator[Figure]:
    """Figures as they come. Raises `BenchError`."""
    try:
        cold = _wakes("cold")
        yield _alone("wake to first sound on the wire, cold", "ms", cold, COLD_GOAL_MS)
        yield _alone("wake to first sound on the wire, prepared", "ms", _wakes("speculative"), SPECULATIVE_GOAL_MS)
        talks = in_turns(lambda: _talk("ours"), lambda: _talk("sdk"), pairs=3)
        delays = [delay for ours, _ in talks for delay in ours[1]]
        yield _alone("reply's delta to the playback's queue", "ms", delays, DELTA_GOAL_MS)
        pairs = [(ours[0], peer[0]) for ours, peer in talks]
        yield Figure.beside("session", "CPU of a second of conversation", "ms", pairs, _PEER, CPU_GOAL)
        grown = asyncio.run(_asking("memory", SESSIONS))["resident_bytes"]
        yield _alone(f"memory grown over {SESSIONS} sessions", "MiB", [(grown[-1] - grown[0]) / 2**20], MEMORY_GOAL_MIB)
    except ServiceError as error:
        raise BenchError(str(error)) from error


def _alone(metric: str, unit: str, values: Sequence[float], goal: float) -> Figure:
    return Figure.alone("session", metric, unit, values, goal)


def _wakes(kind: str) -> list[float]:
    """Milliseconds from the wake word's certainty to the first sound at the service, of each conversation."""
    return asyncio.run(_wake(kind))


async def _wake(kind: str) -> list[float]:
    async with serving() as service, _talker(kind, service, WAKES) as talker:
        talks = [await service.conversation() for _ in range(WAKES)]
        certain = (await _told(talker))["certain_at"]
        return [(talk.first_sound_at - at) * 1000 for talk, at in zip(talks, certain, strict=True)]


async def _asking(kind: str, count: int) -> Any:  # noqa: ANN401 (JSON)
    async with serving() as service, _talker(kind, service, count) as talker:
        accepting = asyncio.create_task(_accept_all(service))
        try:
            return await _told(talker)
        finally:
            accepting.cancel()


async def _accept_all(service: ScriptedService) -> None:
    for _ in itertools.count():
        await service.conversation()


def _talk(side: str) -> tuple[float, list[float]]:
    """Milliseconds of CPU a second, and from each delta's sending to its arrival."""
    return asyncio.run(_conversation(side))


async def _conversation(side: str) -> tuple[float, list[float]]:
    async with serving() as service, _talker(side, service, TALK_SECONDS) as talker:
        talk = await service.conversation()
        sent = await _reply(talk)
        told = await _told(talker)
    arrived = told["deltas_at"]
    if len(arrived) != len(sent):
        raise BenchError(f"of {len(sent)} deltas {len(arrived)} reached {side}")
    return told["cpu_seconds"] * 1000, [(to - at) * 1000 for at, to in zip(sent, arrived, strict=True)]


async def _reply(talk: Conversation) -> list[float]:
    """Speak for most of the conversation; when each delta was sent."""
    reply, sent = await talk.begin_reply(), []
    begin = time.monotonic()
    for number, delta in enumerate(deltas_of(tone(TALK_SECONDS - 1, SPEAKER_RATE))):
        await asyncio.sleep(begin + number * DELTA_SECONDS - time.monotonic())
        sent.append(time.monotonic())
        await talk.speak(reply, [delta], 0.0)
    await talk.end_reply(reply, "completed")
    return sent


@asynccontextmanager
async def _talker(what: str, service: ScriptedService, amount: float) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "benches.talker", what, service.url, KEY, str(amount)),
        cwd=Path(__file__).parent.parent,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _told(process: asyncio.subprocess.Process) -> Any:  # noqa: ANN401 (JSON)
    output, _ = await process.communicate()
    if process.returncode:
        raise BenchError("the talking process failed; what it wrote is above")
    return json.loads(output)
