"""A process that holds conversations with a service, without a sound card: ours, or the SDK's minimal client.

Run as `python -m benches.talker cold|speculative|memory ENDPOINT KEY COUNT` or
`python -m benches.talker ours|sdk ENDPOINT KEY SECONDS`; prints a JSON object.
"""

import asyncio
import base64
import gc
import json
import random
import resource
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

FRAME_SECONDS = 0.02
RATE = 16_000
FRAME = bytes(round(RATE * FRAME_SECONDS) * 2)
_HELD_SECONDS = 1.0
"""Sound from before that a session is sent first."""
_WARM = 100
"""Sessions after which memory counts: by then everything has been imported and every cache filled."""
_REQUEST: Mapping[str, Any] = {
    "modalities": ["text", "audio"],
    "input_audio_format": "pcm16",
    "output_audio_format": "pcm16",
    "input_audio_sampling_rate": RATE,
    "turn_detection": {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500},
}


class _Ours:
    """The daemon's conversations, with what it has around them left out."""

    def __init__(self, endpoint: str, key: str) -> None:
        from voiced.audio.frames import Frame  # noqa: PLC0415 (the peer's process knows nothing of ours)
        from voiced.audio.preroll import PreRoll  # noqa: PLC0415
        from voiced.voicelive.connection import Target  # noqa: PLC0415
        from voiced.voicelive.credentials import KeyCredential  # noqa: PLC0415
        from voiced.wiring.conversations import Conversations  # noqa: PLC0415
        from voiced.wiring.services import Service  # noqa: PLC0415

        self._frame = Frame
        self._pre_roll = PreRoll(_HELD_SECONDS)
        self._position = 0
        self.events: asyncio.Queue[tuple[float, object]] = asyncio.Queue()  # as many as come
        target = Target(endpoint, "gpt-realtime", "2026-07-15", 10.0)
        self.conversations = Conversations(
            Service("bench", target, KeyCredential(lambda: key), lambda _persona: _REQUEST),
            self._pre_roll,
            lambda event: self.events.put_nowait((time.monotonic(), event)),
            chance=random.random,
            clock=time.monotonic,
        )
        while self._position < _HELD_SECONDS * RATE:
            self.hear()

    def hear(self) -> None:
        frame = self._frame(FRAME, self._position, time.monotonic())
        self._position += frame.frames
        self._pre_roll.append(frame)
        self.conversations.hear(frame, deaf=False)

    async def expect(self, kind: str) -> float:
        """When an event of that type came; others before it are passed over."""
        while True:
            at, event = await self.events.get()
            if type(event).__name__ == kind:
                return at
            if type(event).__name__ == "SessionFailed":
                sys.exit(f"no {kind}: {event}")

    @asynccontextmanager
    async def talking(self, *, certain: bool) -> AsyncIterator[float]:
        """A conversation under way; when it was asked for."""
        asked = time.monotonic()
        talk = self.conversations.open("default", certain=certain)
        living = asyncio.create_task(self.conversations.live(talk))
        try:
            yield asked
        finally:
            self.conversations.close()
            await living


async def _wakes(endpoint: str, key: str, count: int, *, prepared: bool) -> dict[str, Any]:
    """When the wake word was certain, of each conversation."""
    ours, certain_at = _Ours(endpoint, key), []
    for _ in range(count):
        async with ours.talking(certain=not prepared) as asked:
            await ours.expect("SessionOpened")
            certain_at.append(time.monotonic() if prepared else asked)
            ours.conversations.start_uplink(0)
            await ours.expect("UplinkBegan")
        await asyncio.sleep(0.05)
    return {"certain_at": certain_at}


async def _memory(endpoint: str, key: str, count: int) -> dict[str, Any]:
    ours, resident = _Ours(endpoint, key), []
    for number in range(count + _WARM):
        async with ours.talking(certain=True):
            await ours.expect("SessionOpened")
            ours.conversations.start_uplink(0)
            await ours.expect("UplinkBegan")
        if number % _WARM == _WARM - 1:
            gc.collect()
            resident.append(int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize())
    return {"resident_bytes": resident}


async def _talk(endpoint: str, key: str, seconds: float) -> dict[str, Any]:
    ours = _Ours(endpoint, key)
    async with ours.talking(certain=True):
        await ours.expect("SessionOpened")
        ours.conversations.start_uplink(0)
        cpu, begin = time.process_time(), time.monotonic()
        for number in range(round(seconds / FRAME_SECONDS)):
            await asyncio.sleep(begin + number * FRAME_SECONDS - time.monotonic())
            ours.hear()
        used = (time.process_time() - cpu) / (time.monotonic() - begin)
    events = [ours.events.get_nowait() for _ in range(ours.events.qsize())]
    arrived = [at for at, event in events if type(event).__name__ == "ReplyAudioReceived"]
    return {"cpu_seconds": used, "deltas_at": arrived}


async def _sdk(endpoint: str, key: str, seconds: float) -> dict[str, Any]:
    """As the SDK's own samples do it: typed events, one append a frame."""
    from azure.ai.voicelive.aio import connect  # noqa: PLC0415 (ours imports it where it is needed)
    from azure.ai.voicelive.models import RequestSession, ServerEventType  # noqa: PLC0415
    from azure.core.credentials import AzureKeyCredential  # noqa: PLC0415

    arrived: list[float] = []
    async with connect(credential=AzureKeyCredential(key), endpoint=endpoint, model="gpt-realtime") as connection:
        await connection.session.update(session=RequestSession(_REQUEST))
        opened = asyncio.Event()

        async def receive() -> None:
            async for event in connection:
                if event.type == ServerEventType.SESSION_UPDATED:
                    opened.set()
                elif event.type == ServerEventType.RESPONSE_AUDIO_DELTA:
                    arrived.append(time.monotonic())

        receiving = asyncio.create_task(receive())
        await opened.wait()
        cpu, begin = time.process_time(), time.monotonic()
        for number in range(round(seconds / FRAME_SECONDS)):
            await asyncio.sleep(begin + number * FRAME_SECONDS - time.monotonic())
            await connection.input_audio_buffer.append(audio=base64.b64encode(FRAME).decode())
        used = (time.process_time() - cpu) / (time.monotonic() - begin)
        receiving.cancel()
    return {"cpu_seconds": used, "deltas_at": arrived}


def main(what: str, endpoint: str, key: str, amount: str) -> None:
    """Do one thing, print what was measured."""
    match what:
        case "cold" | "speculative":
            told = asyncio.run(_wakes(endpoint, key, int(amount), prepared=what == "speculative"))
        case "memory":
            told = asyncio.run(_memory(endpoint, key, int(amount)))
        case "ours":
            told = asyncio.run(_talk(endpoint, key, float(amount)))
        case "sdk":
            told = asyncio.run(_sdk(endpoint, key, float(amount)))
        case _:
            sys.exit(__doc__)
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
