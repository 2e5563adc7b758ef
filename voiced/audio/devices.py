"""The seam to sound hardware, the choice of its driver, and the list of what there is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

FILE_PREFIX = "file:"
CaptureCallback = Callable[[bytes], None]
"""Takes one period of interleaved PCM16 on a thread of the driver's; must only copy."""
PlaybackCallback = Callable[[int], bytes]
"""Gives exactly that many frames of PCM16 mono on a thread of the driver's; must not block."""


class DeviceError(Exception):
    """A sound device can't be opened or has gone; the message names it and the fix."""


class Stream(Protocol):
    """A running capture or playback stream."""

    @property
    def latency(self) -> float:
        """Seconds between the callback and the air, as the driver tells."""

    @property
    def active(self) -> bool:
        """Whether the driver still calls back."""

    def close(self) -> None:
        """Stop calling back and free the device; safe to call twice."""


class AudioDriver(Protocol):
    """Opens streams. One for sound cards, one for WAV files."""

    def open_capture(self, device: str, channels: int, period: int, callback: CaptureCallback) -> Stream:
        """Begin to capture at `CAPTURE_RATE`; `period` in frames. Raises `DeviceError`."""

    def open_playback(self, device: str, period: int, callback: PlaybackCallback) -> Stream:
        """Begin to play mono at `PLAYBACK_RATE`; `period` in frames. Raises `DeviceError`."""


@dataclass(frozen=True, slots=True)
class DeviceDescription:
    """A sound device as the owner may name it."""

    name: str
    inputs: int
    outputs: int
    default_rate: int


def driver_for(device: str) -> AudioDriver:
    """The driver that a configured device name asks for. Imports PortAudio only when it is needed."""
    if device.startswith(FILE_PREFIX):
        from voiced.audio.wav import WavDriver  # noqa: PLC0415 (the sound card's machine doesn't need it)

        return WavDriver()
    from voiced.audio.portaudio import PortAudioDriver  # noqa: PLC0415 (a WAV machine has no PortAudio)

    return PortAudioDriver()


def wav_path(device: str) -> Path:
    """The path in a `file:PATH` device name."""
    return Path(device.removeprefix(FILE_PREFIX))


def as_yaml(devices: Sequence[DeviceDescription]) -> str:
    """The devices as YAML to paste under `audio:`, inputs first."""
    lines = []
    for key, count in (("input", "inputs"), ("output", "outputs")):
        lines.append(f"# {key}s")
        found = [device for device in devices if getattr(device, count) > 0]
        lines += [
            f'{key}: {{device: "{device.name}"}}  # {getattr(device, count)} channels, {device.default_rate} Hz'
            for device in found
        ]
        if not found:
            lines.append(f"# no {key} device found")
    return "\n".join(lines)
