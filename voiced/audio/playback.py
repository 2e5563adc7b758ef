"""The loudspeaker: one stream for the life of the process, an O(1) flush, and a position that is truth."""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from voiced.audio.devices import AudioDriver, DeviceError, Stream, driver_for
from voiced.audio.frames import PLAYBACK_RATE, SAMPLE_BYTES, milliseconds
from voiced.audio.settings import OutputSettings

log = logging.getLogger(__name__)

PERIOD = 240
"""Frames a playback period: 10 ms, the bound on how long old sound can outlive a flush, beside the device's own."""
FADE = 120
"""Frames over which a flush fades out: 5 ms, against the click."""
REOPEN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Cut:
    """What a flush interrupted: the item being heard (empty where none was) and how much of it had been heard."""

    item_id: str
    played_ms: int


class PlaybackBuffer:
    """What is still to be played, and what has been. Written by the event loop, read by the driver's thread."""

    def __init__(self, volume: int) -> None:
        self._lock = threading.Lock()
        self._queue: deque[tuple[str, bytes]] = deque()
        self._offset = 0
        self._item_id = ""
        self._item_handed = 0
        self._fading = b""
        self._gain = (volume / 100) ** 2
        self.handed = 0

    def set_volume(self, volume: int) -> None:
        """Percent; the amplitude follows its square, which sounds even."""
        self._gain = (volume / 100) ** 2

    @property
    def item_id(self) -> str:
        """The item whose sound was taken last; empty after a flush."""
        return self._item_id

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._queue and not self._fading

    def write(self, item_id: str, data: bytes) -> None:
        """Append PCM16 mono of an item. Unbounded: a whole reply arrives faster than it is heard, and is kept."""
        if data:
            with self._lock:
                self._queue.append((item_id, data))

    def flush(self, in_flight: int) -> Cut:
        """Forget everything but a fade; `in_flight` is how many frames the device holds unheard."""
        with self._lock:
            waiting = any(item_id == self._item_id for item_id, _ in self._queue)
            heard = max(0, self._item_handed - in_flight)
            self._fading = self._gather(FADE * SAMPLE_BYTES) if self._queue else b""
            self._queue = deque()
            self._offset = 0
            item_id, self._item_id, self._item_handed = self._item_id, "", 0
        return Cut(item_id if waiting else "", milliseconds(heard, PLAYBACK_RATE))

    def take(self, frames: int) -> bytes:
        """Exactly that many frames at the current volume, padded with silence."""
        size = frames * SAMPLE_BYTES
        with self._lock:
            if self._fading:
                faded = np.frombuffer(self._fading, np.int16)
                data = (faded * np.linspace(1, 0, len(faded))).astype(np.int16).tobytes()[:size]
                self._fading = b""
            elif self._queue:
                data = self._gather(size)
            else:
                return bytes(size)
        loud = np.frombuffer(data, np.int16) * self._gain
        self.handed += len(loud)
        return loud.astype(np.int16).tobytes().ljust(size, b"\0")

    def _gather(self, size: int) -> bytes:
        parts = []
        while size and self._queue:
            item_id, data = self._queue[0]
            part = data[self._offset : self._offset + size]
            if item_id != self._item_id:
                self._item_id, self._item_handed = item_id, 0
            self._item_handed += len(part) // SAMPLE_BYTES
            size -= len(part)
            self._offset += len(part)
            parts.append(part)
            if self._offset == len(data):
                self._queue.popleft()
                self._offset = 0
        return b"".join(parts)


class Playback:
    """Plays what is written until cancelled.

    `drained` is called each time the last sample has been heard, `began` with each item whose first sample is taken.

    A device that can't be opened or dies is reported once and retried; meanwhile sound is consumed in time but not
    heard, so that conversations end as they should.
    """

    def __init__(
        self,
        settings: OutputSettings,
        drained: Callable[[], None],
        began: Callable[[str], None],
        driver: AudioDriver | None = None,
    ) -> None:
        self._settings = settings
        self._drained = drained
        self._began = began
        self._driver = driver
        self._buffer = PlaybackBuffer(settings.volume)
        self._stream: Stream | None = None
        self._sounding = False
        self._ran_dry = asyncio.Event()

    def write(self, item_id: str, data: bytes) -> None:
        """Queue PCM16 mono at `PLAYBACK_RATE` of an item."""
        if data:
            self._buffer.write(item_id, data)
            self._sounding = True

    def flush(self) -> Cut:
        """Fall silent within one period."""
        latency = self._stream.latency if self._stream else 0.0
        return self._buffer.flush(round(latency * PLAYBACK_RATE))

    async def run(self) -> None:
        """Keep the device open and report when it has run dry, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_open())
            tasks.create_task(self._watch())

    async def _keep_open(self) -> None:
        loop = asyncio.get_running_loop()
        reported = False

        def fill(frames: int) -> bytes:
            had, before = not self._buffer.empty, self._buffer.item_id
            data = self._buffer.take(frames)
            if self._buffer.item_id not in ("", before):
                loop.call_soon_threadsafe(self._began, self._buffer.item_id)
            if had and self._buffer.empty:
                loop.call_soon_threadsafe(self._ran_dry.set)
            return data

        while True:
            try:
                self._stream = await asyncio.to_thread(self._open, fill)
            except DeviceError as error:
                log.log(logging.DEBUG if reported else logging.WARNING, "loudspeaker: %s; trying again", error)
                reported = True
                await self._consume(fill)
                continue
            if reported:
                log.warning("loudspeaker: %r is back", self._settings.device)
                reported = False
            try:
                while self._stream.active:  # noqa: ASYNC110 (PortAudio does not tell when a device goes)
                    await asyncio.sleep(REOPEN_SECONDS)
                log.warning("loudspeaker: %r has gone; trying again", self._settings.device)
                reported = True
            finally:
                stream, self._stream = self._stream, None
                await asyncio.shield(asyncio.to_thread(stream.close))

    def _open(self, fill: Callable[[int], bytes]) -> Stream:
        driver = self._driver or driver_for(self._settings.device)
        return driver.open_playback(self._settings.device, PERIOD, fill)

    async def _consume(self, fill: Callable[[int], bytes]) -> None:
        """Let the sound pass unheard, in time, until the next attempt to open."""
        for _ in range(round(REOPEN_SECONDS * PLAYBACK_RATE / PERIOD)):
            fill(PERIOD)
            await asyncio.sleep(PERIOD / PLAYBACK_RATE)

    async def _watch(self) -> None:
        while True:
            await self._ran_dry.wait()
            self._ran_dry.clear()
            await asyncio.sleep(self._stream.latency if self._stream else 0.0)
            if self._buffer.empty and self._sounding:
                self._sounding = False
                self._drained()
