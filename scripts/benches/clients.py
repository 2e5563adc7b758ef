"""The two speakers under test, as processes on the virtual sound card, each in a conversation."""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demonstration.soundcard import MICROPHONE, SPEAKER, SoundCard
from demonstration.stage import StageError, perform

from benches.processes import cpu_seconds
from benches.scripted_service import KEY, Conversation, ServiceError, serving

_START_SECONDS = 30.0
_STOP_SECONDS = 5.0
_SETTLING_SECONDS = 0.5
_RESTING_SECONDS = 8.0
"""Until an idle speaker has spoken its notices into its cache, closed the gate and let the loudspeaker rest."""


@dataclass(frozen=True, slots=True)
class Client:
    """A speaker in conversation; `status` is what it tells of itself, nothing where it can't."""

    pid: int
    conversation: Conversation
    status: Callable[[], Awaitable[Mapping[str, Any]]]

    def cpu_seconds(self) -> float:
        """User and system time so far, of the process and all below it."""
        return cpu_seconds(self.pid)


Starting = Callable[[SoundCard], AbstractAsyncContextManager[Client]]


@asynccontextmanager
async def ours(card: SoundCard) -> AsyncIterator[Client]:
    """`voiced run`, asked to listen. Raises `StageError` or `ServiceError` with its last words."""
    with tempfile.TemporaryDirectory(prefix="voiced-bench-") as folder:
        async with serving() as service:
            environment = {**card.environment(), "VOICED_BENCH_KEY": KEY}
            async with perform(Path(folder), _configuration(service.url), environment) as stage:
                try:
                    async with asyncio.timeout(_START_SECONDS):
                        while (await stage.ask("status"))["phase"] != "idle":  # noqa: ASYNC110 (it can't be followed
                            await asyncio.sleep(0.1)  # here: every event of the conversation would cost CPU)
                    await stage.ask("listen")
                    conversation = await service.conversation()
                    await asyncio.sleep(_SETTLING_SECONDS)
                    yield Client(stage.process.pid, conversation, lambda: stage.ask("status"))
                except (ServiceError, TimeoutError) as error:
                    raise StageError(f"{error or 'it is not ready'}; voiced wrote:\n{stage.log}") from error


def _configuration(url: str) -> dict[str, Any]:
    return {
        "audio": {
            "input": {"device": MICROPHONE},
            "output": {"device": SPEAKER, "volume": 100},
            "chimes": {"wake": False, "done": False, "error": False},
        },
        "conversation": {
            "max_minutes": 60,
            "silence_seconds": 60,
            "stop_words": [],  # a recogniser in a process of its own, which the reference client has nothing of
        },
        "voice_live": {"endpoint": url, "fallback": "none", "credential": {"api_key": {"env": "VOICED_BENCH_KEY"}}},
    }


async def idle(card: SoundCard, seconds: float) -> float:
    """CPU a second of `voiced run` with all below it in a silent room, that many seconds. Raises `StageError`."""
    with tempfile.TemporaryDirectory(prefix="voiced-bench-") as folder:
        environment = {**card.environment(), "VOICED_BENCH_KEY": KEY}
        async with perform(Path(folder), _configuration("http://127.0.0.1:9"), environment) as stage:
            try:
                async with asyncio.timeout(_START_SECONDS):
                    while (await stage.ask("status"))["phase"] != "idle":  # noqa: ASYNC110 (as above)
                        await asyncio.sleep(0.1)
            except TimeoutError as error:
                raise StageError(f"it is not ready; voiced wrote:\n{stage.log}") from error
            await asyncio.sleep(_RESTING_SECONDS)
            pid, began = stage.process.pid, time.monotonic()
            used = cpu_seconds(pid)
            await asyncio.sleep(seconds)
            return (cpu_seconds(pid) - used) / (time.monotonic() - began)


@asynccontextmanager
async def reference(card: SoundCard) -> AsyncIterator[Client]:
    """The reference client. Raises `ServiceError` with its last words."""
    with tempfile.TemporaryFile() as log:
        async with serving() as service:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "benches.reference_client", service.url, KEY, MICROPHONE, SPEAKER),
                env={**card.environment(), "PYTHONPATH": str(Path(__file__).parent.parent)},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            try:
                conversation = await service.conversation()
                await asyncio.sleep(_SETTLING_SECONDS)
                yield Client(process.pid, conversation, _nothing)
            except ServiceError as error:
                log.seek(0)
                words = log.read().decode(errors="replace")
                raise ServiceError(f"{error}; the reference client wrote:\n{words}") from error
            finally:
                if process.returncode is None:
                    process.kill()
                await asyncio.wait_for(process.wait(), _STOP_SECONDS)


async def _nothing() -> Mapping[str, Any]:
    return {}
