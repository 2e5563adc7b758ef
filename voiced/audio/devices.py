"""The seam to sound hardware, the choice of its driver, and the list of what there is."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from voiced.audio.alsa import Offer
from voiced.audio.cards import Direction, Holder
from voiced.audio.frames import CAPTURE_RATE, PLAYBACK_RATE

FILE_PREFIX = "file:"
CaptureCallback = Callable[[bytes], None]
"""Takes one period of interleaved PCM16 on a thread of the driver's; must only copy."""
PlaybackCallback = Callable[[int], bytes]
"""Gives exactly that many frames of PCM16 mono on a thread of the driver's; must not block."""


class DeviceError(Exception):
    """A sound device can't be opened or has gone; the message names it and the fix."""


class BusyError(DeviceError):
    """A sound device is held by another process."""

    def __init__(self, message: str, holders: Sequence[Holder]) -> None:
        super().__init__(message)
        self.holders = holders


class Stream(Protocol):
    """A running capture or playback stream."""

    @property
    def latency(self) -> float:
        """Seconds between the callback and the air, as the driver tells."""

    @property
    def active(self) -> bool:
        """Whether the driver still calls back, or would if it didn't rest."""

    def rest(self) -> None:
        """The callback is not needed until `resume`: a driver to which it costs something stops calling."""

    def resume(self) -> None:
        """Call back again, at once. Raises `DeviceError`."""

    def close(self) -> None:
        """Stop calling back and free the device; safe to call twice."""


class AudioDriver(Protocol):
    """Opens streams. One for sound cards, one for WAV files."""

    shareable: bool
    """Whether a device may be opened twice at a time; trying is harmless where it is true."""

    def open_capture(self, device: str, channels: int, period: int, callback: CaptureCallback) -> Stream:
        """Begin to capture at `CAPTURE_RATE`; `period` in frames. Raises `DeviceError`."""

    def open_playback(self, device: str, period: int, callback: PlaybackCallback) -> Stream:
        """Begin to play mono at `PLAYBACK_RATE`; `period` in frames. Raises `DeviceError`."""


async def opened(opening: Callable[[], Stream]) -> Stream:
    """Open a stream on a thread; where that is cancelled, what the thread opens is closed. Raises `DeviceError`."""
    task = asyncio.ensure_future(asyncio.to_thread(opening))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with contextlib.suppress(DeviceError):
            await asyncio.to_thread((await task).close)
        raise


@dataclass(slots=True)
class StreamHealth:
    """What happened to a stream since it was opened, and the format the device really has."""

    rate: int = 0
    """Hz at the device; 0 where there is no device."""
    channels: int = 0
    """Channels at the device."""
    xruns: int = 0
    """Periods that the driver told were lost (capture) or came too late (playback)."""
    late: int = 0
    """Callbacks that came more than three periods after the one before."""
    frames: int = 0
    """Frames at the device so far."""
    busy: float = 0.0
    """Seconds spent in callbacks so far."""

    @property
    def share(self) -> float:
        """The part of its time that the driver's thread spends in callbacks, 0 to 1."""
        return self.busy * self.rate / self.frames if self.frames else 0.0


def health(stream: Stream) -> StreamHealth:
    """A stream's counters; zeros where its driver keeps none."""
    found = getattr(stream, "health", None)
    return found if isinstance(found, StreamHealth) else StreamHealth()


@dataclass(frozen=True, slots=True)
class DeviceDescription:
    """A sound device as the owner may name it."""

    name: str
    """An ALSA name that survives a reboot."""
    label: str
    """What the maker calls it; empty where only the name is known."""
    offers: Mapping[Direction, Offer]
    """What it can do in each direction in which it can be opened now."""
    trouble: Mapping[Direction, str]
    """Why it can't be opened in the others."""


def driver_for(device: str, buffer_seconds: float | None = None) -> AudioDriver:
    """The driver that a configured device name asks for, with a buffer of its own choice or at least that long.

    Imports PortAudio only when it is needed.
    """
    if device.startswith(FILE_PREFIX):
        from voiced.audio.wav import WavDriver  # noqa: PLC0415 (the sound card's machine doesn't need it)

        return WavDriver()
    from voiced.audio.portaudio import PortAudioDriver  # noqa: PLC0415 (a WAV machine has no PortAudio)

    return PortAudioDriver() if buffer_seconds is None else PortAudioDriver(buffer_seconds)


def wav_path(device: str) -> Path:
    """The path in a `file:PATH` device name."""
    return Path(device.removeprefix(FILE_PREFIX))


def as_yaml(devices: Sequence[DeviceDescription]) -> str:
    """The devices as YAML to paste under `audio:`, inputs first."""
    lines = []
    for direction in Direction:
        lines.append(f"# {direction}s")
        found = [_line(device, direction) for device in devices if direction in {*device.offers, *device.trouble}]
        lines += found or [f"# no {direction} device found"]
    return "\n".join(lines)


def _line(device: DeviceDescription, direction: Direction) -> str:
    entry = f'device: "{device.name}"'
    label = f"{device.label}: " if device.label else ""
    if direction in device.trouble:
        return f"{direction}: {{{entry}}}  # {label}{device.trouble[direction]}"
    offer = device.offers[direction]
    if direction is Direction.INPUT and offer.fewest_channels > 1:
        entry += f", channels: {offer.fewest_channels}, channel: mix"
    channels = "1 channel" if offer.most_channels == 1 else f"{offer.most_channels} channels"
    ours = CAPTURE_RATE if direction is Direction.INPUT else PLAYBACK_RATE
    rates = f"{ours} Hz" if ours in offer.rates else f"{_these(offer.rates)} Hz, resampled to {ours}"
    return f"{direction}: {{{entry}}}  # {label}{channels}, {rates}"


def _these(rates: Sequence[int]) -> str:
    return " or ".join(map(str, rates)) if rates else "no known"
