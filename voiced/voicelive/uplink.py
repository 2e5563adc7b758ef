"""What waits to be sent: sound and requests, in one order."""

import asyncio
import base64
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from voiced.audio.frames import CAPTURE_RATE, SAMPLE_BYTES

log = logging.getLogger(__name__)

LIMIT_SECONDS = 10
"""Sound kept beside the pre-roll while the link is slower than the microphone. When full the oldest is dropped, counted
and said once."""
LIVE_BYTES = CAPTURE_RATE * SAMPLE_BYTES // 25
"""Live sound is sent 40 ms at a time: half the frames, at 10 ms more on average than with each frame of 20 ms."""
BATCH_BYTES = CAPTURE_RATE * SAMPLE_BYTES // 10
"""At most 100 ms of sound in one frame: a backlog goes out in few frames."""


class Uplink:
    """A queue from the event loop's callbacks to the one task that sends; sound is encoded when it goes."""

    def __init__(
        self, channels: int = 1, pre_roll_seconds: float = 0, encode: Callable[[bytes], bytes] = bytes
    ) -> None:
        self._encode = encode
        self._batch = BATCH_BYTES * channels
        self._live = LIVE_BYTES * channels
        self._limit = round((LIMIT_SECONDS + pre_roll_seconds) * CAPTURE_RATE) * SAMPLE_BYTES * channels
        self._queue: deque[bytes | Mapping[str, Any]] = deque()
        self._held = 0
        self._requests = 0
        self._ready = asyncio.Event()
        self.dropped_bytes = 0

    def put_audio(self, data: bytes) -> None:
        """Queue microphone sound."""
        self._queue.append(data)
        self._held += len(data)
        while self._held > self._limit:
            self._drop_oldest()
        self._tell()

    def put(self, event: Mapping[str, Any]) -> None:
        """Queue a client event; never dropped."""
        self._queue.append(event)
        self._requests += 1
        self._tell()

    def put_first(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Queue client events, in their order, before all that waits: what was asked for too early comes after them."""
        self._queue.extendleft(reversed(events))
        self._requests += len(events)
        self._tell()

    async def get(self) -> Mapping[str, Any]:
        """The next client event; neighbouring sound is joined to `LIVE_BYTES` at least, `BATCH_BYTES` at most.

        Less sound than that goes out before a request that came after it.
        """
        await self._ready.wait()
        first = self._queue.popleft()
        if not isinstance(first, bytes):
            self._requests -= 1
            self._tell()
            return first
        parts, size = [first], len(first)
        while self._queue and isinstance(self._queue[0], bytes) and size + len(self._queue[0]) <= self._batch:
            part = self._queue.popleft()
            parts.append(part)  # type: ignore[arg-type]  # the loop's condition looked at it
            size += len(part)
        self._held -= size
        self._tell()
        return {"type": "input_audio_buffer.append", "audio": base64.b64encode(self._encode(b"".join(parts))).decode()}

    def requests(self) -> list[Mapping[str, Any]]:
        """The client events that wait still, sound apart."""
        return [waiting for waiting in self._queue if not isinstance(waiting, bytes)]

    def _tell(self) -> None:
        if self._requests or self._held >= self._live:
            self._ready.set()
        else:
            self._ready.clear()

    def _drop_oldest(self) -> None:
        for index, waiting in enumerate(self._queue):
            if isinstance(waiting, bytes):
                if not self.dropped_bytes:
                    log.warning("the link is too slow: sound older than %d s is dropped", LIMIT_SECONDS)
                self.dropped_bytes += len(waiting)
                self._held -= len(waiting)
                del self._queue[index]
                return
