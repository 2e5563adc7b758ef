"""The microphone: opened once for the life of the process, reopened by itself when it goes."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import mul

from voiced.audio.channels import mono
from voiced.audio.devices import AudioDriver, DeviceError, Stream, driver_for, health, opened
from voiced.audio.frames import CAPTURE_PERIOD, CAPTURE_RATE, SAMPLE_BYTES, Frame
from voiced.audio.handover import Handover
from voiced.audio.settings import InputSettings
from voiced.audio.splicing import Splice
from voiced.messages import Message, explained

log = logging.getLogger(__name__)

IDLE_PERIOD = 4 * CAPTURE_PERIOD
"""Frames a period while nothing but the wake word listens: 80 ms, its own step; a third of the CPU of 20 ms."""
LOOK_SECONDS = 1.0
"""How often a stream is asked whether it still lives."""
STALL_SECONDS = 2.0
"""A stream that brings no frame for this long has died, whatever it says of itself."""
LEAP = 7
"""One of so many samples is enough to tell how loud a period is."""
REOPEN_SECONDS = (0.25, 0.5, 1.0)
"""Waits before each attempt to reopen; the last repeats."""


@dataclass(slots=True)
class CaptureHealth:
    """What happened to the microphone since the start; times are monotonic seconds.

    `overruns` are periods lost to a late event loop, `xruns` those that the driver lost, `late` its callbacks that came
    more than three periods after the one before.
    """

    periods: int = 0
    overruns: int = 0
    xruns: int = 0
    late: int = 0
    reopenings: int = 0
    last_frame_at: float = float("-inf")
    attempted_at: float = float("-inf")
    reopening: bool = False
    paused: bool = False


class Capture:
    """Delivers every sample of the microphone once, in `Frame`s on the event loop, in order.

    `deliver` gets the frames, `lost` the reason when they stop coming, `recovered` is called when they come again.
    While idle a frame is 80 ms; between `quicken` and `calm` it is 20 ms, by a second stream on the same device,
    spliced in without a gap. A device that can't be opened twice is captured at 20 ms all the time.

    `quiet_below` is for who hears: while idle, sound below it (RMS of 16-bit samples) may come up to half a second
    late; the first louder period brings all of it at once. 0, as it is after each opening: nothing may.
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
        self._splice = Splice()
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._paused = asyncio.Event()
        self._brisk = asyncio.Event()
        self._calm = asyncio.Event()
        self.health = CaptureHealth()
        self.quiet_below = 0.0
        self._untold = 0

    @property
    def position(self) -> int:
        """Index of the next frame."""
        return self._splice.position

    def quicken(self) -> None:
        """Deliver 20 ms at a time from now on: somebody is talking with us."""
        self._calm.clear()
        self._brisk.set()

    def calm(self) -> None:
        """Deliver 80 ms at a time again."""
        self._brisk.clear()
        self._calm.set()

    def pause(self) -> None:
        """Stop the stream and drop what it brought; not a sample is delivered until `resume`."""
        self.health.paused = True
        self._wanted.clear()
        self._paused.set()

    def resume(self) -> None:
        """Capture again."""
        self.health.paused = False
        self._paused.clear()
        self._wanted.set()

    async def run(self) -> None:
        """Capture until cancelled."""
        attempt = 0
        while True:
            await self._wanted.wait()
            before = self.health.periods
            try:
                await self._capture()
                continue  # paused
            except DeviceError as error:
                attempt = 0 if self.health.periods > before else attempt
                log.log(
                    logging.DEBUG if self.health.reopening else logging.WARNING,
                    "microphone: %s; trying again until it is back",
                    error,
                    extra=explained(Message.MICROPHONE_LOST),
                )
                if not self.health.reopening:
                    self.health.reopening = True
                    self._lost(str(error))
            await asyncio.sleep(REOPEN_SECONDS[min(attempt, len(REOPEN_SECONDS) - 1)])
            attempt += 1

    async def _capture(self) -> None:
        """Open the device and deliver until `pause`. Raises `DeviceError` when it dies."""
        self.health.attempted_at = time.monotonic()
        driver = self._driver
        if driver is None:
            driver = await asyncio.to_thread(driver_for, self._settings.device)
        self.quiet_below = 0.0
        period = IDLE_PERIOD if driver.shareable else CAPTURE_PERIOD
        ring, stream = await self._open(driver, period, self._coarse(), self._may_wait)
        tasks: list[asyncio.Task[None]] = []
        try:
            alike = health(stream).rate in (0, CAPTURE_RATE)  # two conversions of one sound are not the same bits
            if driver.shareable and not (alike and await self._can_share(driver)):
                log.debug("%r can't be captured twice: capturing 20 ms at a time", self._settings.device)
                ring.close()
                await asyncio.to_thread(stream.close)
                ring, stream = await self._open(driver, CAPTURE_PERIOD, self._coarse(), self._may_wait)
            elif driver.shareable:
                tasks.append(asyncio.create_task(self._capture_finely(driver), name="fine capture"))
            tasks.append(asyncio.create_task(self._watch(ring, stream), name="coarse capture"))
            tasks.append(asyncio.create_task(self._until_paused(), name="pause"))
            done, _ = await asyncio.wait(tasks[-2:], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            ring.close()
            self._tell_lost()
            for task in tasks:
                task.cancel()
            for ended in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(ended, Exception) and not isinstance(ended, DeviceError):
                    log.error("capture broke; please report this", exc_info=ended)
            await asyncio.shield(asyncio.to_thread(stream.close))

    async def _until_paused(self) -> None:
        await self._paused.wait()

    def _coarse(self) -> Callable[[int, bytes, float], None]:
        expected = 0

        def take(number: int, data: bytes, at: float) -> None:
            nonlocal expected
            if number > expected:
                self._count_lost((number - expected) * len(data) // SAMPLE_BYTES // self._settings.channels)
            expected = number + 1
            self._pass_on(self._splice.coarse(self._mono(data)), at)

        return take

    def _fine(self) -> Callable[[int, bytes, float], None]:
        expected = 0

        def take(number: int, data: bytes, at: float) -> None:
            nonlocal expected
            if number != expected:
                self._splice.open_fine()  # its place has to be found anew
            expected = number + 1
            self._pass_on(self._splice.fine(self._mono(data)), at)

        return take

    async def _watch(self, ring: Handover, stream: Stream) -> None:
        """Raise `DeviceError` once the stream has died, or what its frames ran into."""
        opened, lost, late = time.monotonic(), 0, 0
        while True:
            await asyncio.wait((ring.broken,), timeout=LOOK_SECONDS)
            self._tell_lost()
            if ring.broken.done():
                ring.broken.result()
            now = health(stream)
            self.health.xruns += now.xruns - lost
            self.health.late += now.late - late
            lost, late = now.xruns, now.late
            if not stream.active:
                raise DeviceError(f"{self._settings.device!r} has gone")
            # not since it was taken: the event loop may have been late
            if time.monotonic() > max(opened, ring.put_at) + STALL_SECONDS:
                raise DeviceError(f"{self._settings.device!r} gave no sound for {STALL_SECONDS:g} s")

    async def _capture_finely(self, driver: AudioDriver) -> None:
        """While brisk, capture a second time with short periods. What fails here costs promptness, never sound."""
        while True:
            await self._brisk.wait()
            try:
                ring, stream = await self._open(driver, CAPTURE_PERIOD, self._fine())
            except DeviceError as error:
                log.debug("no second stream: %s", error)
                await asyncio.sleep(1)
                continue
            self._splice.open_fine()
            calm = asyncio.create_task(self._calm.wait())
            try:
                await asyncio.wait((calm, ring.broken), return_when=asyncio.FIRST_COMPLETED)
                if ring.broken.done():
                    ring.broken.result()
            finally:
                calm.cancel()
                ring.close()
                self._splice.close_fine()
                await asyncio.shield(asyncio.to_thread(stream.close))

    async def _can_share(self, driver: AudioDriver) -> bool:
        try:
            _, stream = await self._open(driver, CAPTURE_PERIOD, lambda _number, _data, _at: None)
        except DeviceError:
            return False
        await asyncio.to_thread(stream.close)
        return True

    async def _open(
        self,
        driver: AudioDriver,
        period: int,
        take: Callable[[int, bytes, float], None],
        may_wait: Callable[[bytes], bool] = lambda _data: False,
    ) -> tuple[Handover, Stream]:
        ring = Handover(period, take, may_wait)
        device, channels = self._settings.device, self._settings.channels
        try:
            return ring, await opened(lambda: driver.open_capture(device, channels, period, ring.put))
        except asyncio.CancelledError:
            ring.close()
            raise

    def _may_wait(self, data: bytes) -> bool:
        """Whether nobody waits for a period: an estimate, on the driver's thread; it costs promptness at most.

        Without numpy: after 80 ms of sleep its code is no longer in the cache, and it takes twice as long as this.
        """
        limit = self.quiet_below
        if not limit or self._brisk.is_set():
            return False
        some: list[int] = memoryview(self._mono(data)).cast("h")[::LEAP].tolist()
        squares: int = sum(map(mul, some, some))
        mean = sum(some) / len(some)
        return squares / len(some) - mean * mean < limit * limit

    def _mono(self, data: bytes) -> bytes:
        return mono(data, self._settings.channels, self._settings.channel)

    def _count_lost(self, frames: int) -> None:
        self.health.overruns += 1
        self._splice.skip(frames)
        self._untold += frames

    def _tell_lost(self) -> None:
        """Once a look: a loop that is late again and again would fill the journal, and be later for it."""
        if self._untold:
            log.warning(
                "the event loop was late: %d ms of the microphone are lost",
                self._untold * 1000 // CAPTURE_RATE,
                extra=explained(Message.LATE),
            )
            self._untold = 0

    def _pass_on(self, stretches: Iterable[tuple[int, bytes]], at: float) -> None:
        if self.health.paused:
            return
        for position, data in stretches:
            if self.health.reopening:
                self.health.reopening = False
                self.health.reopenings += 1
                log.warning("microphone: %r is back", self._settings.device)
                self._recovered()
            self.health.periods += 1
            self.health.last_frame_at = at
            self._deliver(Frame(data, position, at))
