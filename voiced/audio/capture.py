"""The microphone: opened once for the life of the process, reopened by itself when it goes."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from voiced.audio.devices import AudioDriver, DeviceError, Stream, driver_for
from voiced.audio.frames import CAPTURE_PERIOD, CAPTURE_RATE, SAMPLE_BYTES, Frame
from voiced.audio.settings import InputSettings

log = logging.getLogger(__name__)

RING_PERIODS = 250
"""Periods the ring holds for a late event loop: 5 s. When full the oldest is dropped and counted."""
STALL_SECONDS = 2.0
"""A stream that brings no frame for this long has died, whatever it says of itself."""
REOPEN_SECONDS = (0.25, 0.5, 1.0, 2.0)
"""Waits before each attempt to reopen; the last repeats."""


@dataclass(slots=True)
class CaptureHealth:
    """What happened to the microphone since the start; times are monotonic seconds."""

    periods: int = 0
    overruns: int = 0
    reopenings: int = 0
    last_frame_at: float = float("-inf")
    attempted_at: float = float("-inf")
    reopening: bool = False


class _Ring:
    """Hands periods from the driver's thread to the event loop. The thread only copies."""

    def __init__(self, ready: Callable[[], object], health: CaptureHealth) -> None:
        self._periods: deque[tuple[int, bytes, float]] = deque(maxlen=RING_PERIODS)
        self._ready = ready
        self._health = health
        self._count = 0

    def put(self, data: bytes) -> None:
        self._periods.append((self._count, data, time.monotonic()))
        self._count += 1
        self._ready()

    def take(self) -> list[tuple[int, bytes, float]]:
        """All periods that wait: (running number, data, time). A gap in the numbers is an overrun."""
        taken = []
        while self._periods:
            taken.append(self._periods.popleft())
        return taken


class Capture:
    """Delivers every period of the microphone as a `Frame` on the event loop, in order.

    `deliver` gets the frames, `lost` the reason when they stop coming, `recovered` is called when they come again.
    """

    def __init__(
        self,
        settings: InputSettings,
        deliver: Callable[[Frame], None],
        lost: Callable[[str], None],
        recovered: Callable[[], None],
        driver: AudioDriver | None = None,
    ) -> None:
        self._settings = settings
        self._deliver = deliver
        self._lost = lost
        self._recovered = recovered
        self._driver = driver
        self._position = 0
        self.health = CaptureHealth()

    @property
    def position(self) -> int:
        """Index of the next frame."""
        return self._position

    async def run(self) -> None:
        """Capture until cancelled."""
        attempt = 0
        while True:
            try:
                await self._capture()
            except DeviceError as error:
                if attempt == 0:
                    log.warning("microphone: %s; trying again until it is back", error)
                    self._lost(str(error))
                else:
                    log.debug("microphone: %s", error)
            if self.health.reopening:
                attempt += 1
            else:  # it had worked
                attempt = 1
            self.health.reopening = True
            await asyncio.sleep(REOPEN_SECONDS[min(attempt, len(REOPEN_SECONDS)) - 1])

    async def _capture(self) -> None:
        """Open the device and deliver until it dies. Raises `DeviceError`."""
        loop = asyncio.get_running_loop()
        self.health.attempted_at = time.monotonic()
        ready = asyncio.Event()
        ring = _Ring(lambda: loop.call_soon_threadsafe(ready.set), self.health)
        stream = await self._open(ring.put)
        try:
            expected = 0
            while True:
                try:
                    async with asyncio.timeout(STALL_SECONDS):
                        await ready.wait()
                except TimeoutError:
                    raise DeviceError(f"{self._settings.device!r} gave no sound for {STALL_SECONDS:g} s") from None
                ready.clear()
                for number, data, at in ring.take():
                    self._count_lost(number - expected)
                    expected = number + 1
                    self._pass_on(data, at)
        finally:
            await asyncio.shield(asyncio.to_thread(stream.close))

    async def _open(self, put: Callable[[bytes], None]) -> Stream:
        device, channels = self._settings.device, self._settings.channels

        def open_stream() -> Stream:
            driver = self._driver or driver_for(device)
            return driver.open_capture(device, channels, CAPTURE_PERIOD, put)

        return await asyncio.to_thread(open_stream)

    def _count_lost(self, periods: int) -> None:
        if periods > 0:
            self.health.overruns += periods
            self._position += periods * CAPTURE_PERIOD
            log.warning(
                "the event loop was late: %d ms of the microphone are lost",
                periods * 1000 * CAPTURE_PERIOD // CAPTURE_RATE,
            )

    def _pass_on(self, data: bytes, at: float) -> None:
        if self.health.reopening:
            self.health.reopening = False
            self.health.reopenings += 1
            log.warning("microphone: %r is back", self._settings.device)
            self._recovered()
        self.health.periods += 1
        self.health.last_frame_at = at
        frame = Frame(_one_channel(data, self._settings), self._position, at)
        self._position += frame.frames
        self._deliver(frame)


def _one_channel(data: bytes, settings: InputSettings) -> bytes:
    if settings.channels == 1:
        return data
    return Frame(data[settings.channel * SAMPLE_BYTES :], 0, 0.0, settings.channels).samples.tobytes()
