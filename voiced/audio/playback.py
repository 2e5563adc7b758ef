"""The loudspeaker: one stream for the life of the process, an O(1) flush, and a position that is truth."""

import asyncio
import logging
import time
from collections.abc import Callable

from voiced.audio.devices import AudioDriver, DeviceError, Stream, driver_for, health, opened
from voiced.audio.frames import PLAYBACK_RATE
from voiced.audio.mixer import Mixer
from voiced.audio.mixing import Cut, Mix
from voiced.audio.settings import OutputSettings

log = logging.getLogger(__name__)

PERIOD = 240
"""Frames a playback period: 10 ms, the bound on how long old sound outlives a flush, beside the device's own."""
BUFFER_MS = (9, 40, 80, 160)
"""Sizes of the device's buffer: small while the machine keeps up, the next one after an underrun, back when calm."""
CALM_SECONDS = 600.0
"""How long a larger buffer is kept after the last underrun."""
LOOK_SECONDS = 0.25
"""How often a stream is asked whether it still plays."""
REST_SECONDS = 3.0
"""How long after the last sound the device is stopped outside of conversations: silence costs as much as sound."""
RESTING_LOOK_SECONDS = 5.0
"""How often a stopped stream is asked whether its card is still there."""
REOPEN_SECONDS = 0.5
"""How long sound passes unheard before the next attempt to open the device."""


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
        self._volume = settings.volume
        self._mix = Mix(settings.volume, settings.lead_in_ms)
        self._mixer = Mixer(settings)
        self._stream: Stream | None = None
        self._sounding = self._brisk = False
        self._wanted = asyncio.Event()
        self._buffer_ms = BUFFER_MS[0]
        self.device_underruns = 0
        self.reopenings = 0
        self._late_before = 0
        self._underruns_told = 0
        self._observe: Callable[[bytes, float], None] | None = None
        self._stood_still: Callable[[], None] = lambda: None
        self._ran_dry = asyncio.Event()

    def write(self, item_id: str, data: bytes) -> None:
        """Queue PCM16 mono at `PLAYBACK_RATE` of an item."""
        if data:
            self._mix.write(item_id, data)
            self._sounding = True
            self._wanted.set()

    def write_effect(self, data: bytes, least_volume: int = 0) -> None:
        """Queue a chime or a notice, at least so loud (percent); speech is ducked while it sounds."""
        if data:
            self._mix.write_effect(data, least_volume)
            self._sounding = True
            self._wanted.set()

    def quicken(self) -> None:
        """Keep the device running from now on: a reply may come at any moment."""
        self._brisk = True
        self._wanted.set()

    def calm(self) -> None:
        """Let the device rest while nothing sounds; the next sound starts it again, within a few ms."""
        self._brisk = False

    def finish(self) -> None:
        """The reply is complete; if it ran dry before, say so once."""
        self._mix.finish()
        missed, self._underruns_told = self._mix.underruns - self._underruns_told, self._mix.underruns
        if missed:
            log.warning(
                "the reply came too slowly and broke off %d times; replies now wait %d ms", missed, self._mix.jitter_ms
            )

    def observe(self, observer: Callable[[bytes, float], None], stood_still: Callable[[], None]) -> None:
        """Tell every period that is played and when it is heard, on the driver's thread; set it before `run`.

        `stood_still` is called, from any thread, where the device did not go on playing in time.
        """
        self._observe = observer
        self._stood_still = stood_still

    @property
    def sounding(self) -> bool:
        """Whether anything written has not been heard yet."""
        return self._sounding

    @property
    def underruns(self) -> int:
        """How often sound broke off since the start: for want of data or of time."""
        return self._mix.underruns + self.device_underruns

    @property
    def callback_share(self) -> float:
        """The share of a period that the driver's thread needs for it, 0 to 1, since the device was opened."""
        return 0.0 if self._stream is None else health(self._stream).share

    @property
    def late(self) -> int:
        """Callbacks since the start that came more than three periods after the one before."""
        return self._late_before + (0 if self._stream is None else health(self._stream).late)

    @property
    def buffer_ms(self) -> int:
        """The device's buffer, which grows when the machine is too busy for a small one."""
        return self._buffer_ms

    @property
    def volume(self) -> int:
        """Percent."""
        return self._volume

    async def set_volume(self, volume: int) -> None:
        """Percent; by the card's own control where the owner named one, else in software."""
        self._volume = volume
        self._mix.set_volume(100 if await self._mixer.set_volume(volume) else volume)

    def flush(self) -> list[Cut]:
        """Fall silent within one period; the items that were not heard whole."""
        cuts = self._mix.flush()
        if self._mix.empty:  # without a fade the driver's thread has nothing to run dry of
            self._ran_dry.set()
        return cuts

    async def run(self) -> None:
        """Keep the device open and report when it has run dry, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_open())
            tasks.create_task(self._watch())

    async def _keep_open(self) -> None:
        loop = asyncio.get_running_loop()
        reported = False

        def fill(frames: int) -> bytes:
            had, before = not self._mix.empty, self._mix.item_id
            data = self._mix.take(frames)
            if self._observe is not None:
                self._observe(data, time.monotonic() + (self._stream.latency if self._stream else 0.0))
            if self._mix.item_id not in ("", before):
                loop.call_soon_threadsafe(self._began, self._mix.item_id)
            if had and self._mix.empty:
                loop.call_soon_threadsafe(self._ran_dry.set)
            return data

        while True:
            try:
                self._stream = await opened(lambda: self._open(fill))
            except DeviceError as error:
                log.log(logging.DEBUG if reported else logging.WARNING, "loudspeaker: %s; trying again", error)
                reported = True
                await self._consume(fill)
                continue
            self._stood_still()
            await self.set_volume(self._volume)
            if reported:
                log.warning("loudspeaker: %r is back", self._settings.device)
                reported = False
                self.reopenings += 1
            try:
                await self._until_gone_or_too_small(self._stream)
                if not self._stream.active:
                    log.warning("loudspeaker: %r has gone; trying again", self._settings.device)
                    reported = True
            except DeviceError as error:
                log.warning("loudspeaker: %s; opening it anew", error)
                reported = True
            finally:
                stream, self._stream = self._stream, None
                self._late_before += health(stream).late
                await asyncio.shield(asyncio.to_thread(stream.close))

    async def _until_gone_or_too_small(self, stream: Stream) -> None:
        """Return when the device has gone, or nothing sounds and its buffer should have another size.

        Raises `DeviceError` where it rested and does not start again.
        """
        seen, buffer_ms, calm, quiet = health(stream).xruns, self._buffer_ms, 0.0, 0.0
        while stream.active:
            await asyncio.sleep(LOOK_SECONDS)
            quiet = 0.0 if self._sounding or self._brisk else quiet + LOOK_SECONDS
            if quiet > REST_SECONDS:
                await self._rest(stream)
                quiet, seen = 0.0, health(stream).xruns
            missed, seen = health(stream).xruns - seen, health(stream).xruns
            if missed:
                self._stood_still()
            if missed and self._sounding:
                calm = 0.0
                self.device_underruns += missed
                if self._buffer_ms == buffer_ms < BUFFER_MS[-1]:
                    self._buffer_ms = BUFFER_MS[BUFFER_MS.index(buffer_ms) + 1]
                    log.warning(
                        "loudspeaker: the machine is too busy for a buffer of %d ms: %d ms from now on",
                        buffer_ms,
                        self._buffer_ms,
                    )
            else:
                calm += LOOK_SECONDS
                if calm > CALM_SECONDS and self._buffer_ms == buffer_ms > BUFFER_MS[0]:
                    self._buffer_ms = BUFFER_MS[BUFFER_MS.index(buffer_ms) - 1]
            if self._buffer_ms != buffer_ms and not self._sounding:
                return

    async def _rest(self, stream: Stream) -> None:
        """Stop the device until it is wanted again or has gone. Raises `DeviceError` where it does not start again."""
        self._wanted.clear()
        if self._sounding or self._brisk:
            return
        await asyncio.to_thread(stream.rest)
        while stream.active:
            try:
                async with asyncio.timeout(RESTING_LOOK_SECONDS):
                    await self._wanted.wait()
            except TimeoutError:
                continue
            self._mix.rested()
            self._stood_still()
            await asyncio.to_thread(stream.resume)
            return

    def _open(self, fill: Callable[[int], bytes]) -> Stream:
        driver = self._driver or driver_for(self._settings.device, self._buffer_ms / 1000)
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
            if self._mix.empty and self._sounding:
                self._sounding = False
                self._drained()
