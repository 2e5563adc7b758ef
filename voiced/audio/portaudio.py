"""Sound cards through PortAudio (sounddevice) and ALSA."""

import difflib
import logging
from typing import Any

from voiced.audio.devices import CaptureCallback, DeviceDescription, DeviceError, PlaybackCallback
from voiced.audio.frames import CAPTURE_RATE, PLAYBACK_RATE, SAMPLE_BYTES

try:
    import sounddevice
except OSError as error:  # the package is there, the C library isn't
    raise DeviceError(f"PortAudio is missing ({error}); install it: apt-get install libportaudio2") from error

log = logging.getLogger(__name__)


class _PortAudioStream:
    def __init__(self, stream: Any) -> None:  # noqa: ANN401 (sounddevice ships no types)
        self._stream = stream

    @property
    def latency(self) -> float:
        return float(self._stream.latency)

    @property
    def active(self) -> bool:
        return bool(self._stream.active)

    def close(self) -> None:
        try:
            self._stream.close(ignore_errors=True)
        except sounddevice.PortAudioError as error:
            log.debug("closing a stream: %s", error)


class PortAudioDriver:
    """Opens a sound card by its ALSA name."""

    def open_capture(self, device: str, channels: int, period: int, callback: CaptureCallback) -> _PortAudioStream:
        """Begin to capture. Raises `DeviceError` with the fix."""

        def copy(data: Any, _frames: int, _time: object, _status: object) -> None:  # noqa: ANN401
            callback(bytes(data))

        return self._open(
            sounddevice.RawInputStream,
            device,
            "input",
            samplerate=CAPTURE_RATE,
            channels=channels,
            blocksize=period,
            callback=copy,
        )

    def open_playback(self, device: str, period: int, callback: PlaybackCallback) -> _PortAudioStream:
        """Begin to play. Raises `DeviceError` with the fix."""

        def fill(out: Any, frames: int, _time: object, _status: object) -> None:  # noqa: ANN401
            out[: frames * SAMPLE_BYTES] = callback(frames)

        return self._open(
            sounddevice.RawOutputStream,
            device,
            "output",
            samplerate=PLAYBACK_RATE,
            channels=1,
            blocksize=period,
            callback=fill,
        )

    def _open(self, kind: Any, device: str, direction: str, **options: Any) -> _PortAudioStream:  # noqa: ANN401
        name = _find(device, direction)
        try:
            stream = kind(device=name, dtype="int16", latency="low", **options)
            stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            rate = options["samplerate"]
            raise DeviceError(
                f"{direction} device {device!r} can't be opened at {rate} Hz: {error}; "
                "`voiced devices` lists what there is; a raw hw: device may need its plughw: name"
            ) from error
        log.debug("%s opened, latency %.0f ms", device, stream.latency * 1000)
        return _PortAudioStream(stream)


def list_devices() -> list[DeviceDescription]:
    """Every sound device PortAudio sees now."""
    return [
        DeviceDescription(
            str(device["name"]),
            int(device["max_input_channels"]),
            int(device["max_output_channels"]),
            int(device["default_samplerate"]),
        )
        for device in sounddevice.query_devices()
    ]


def _find(device: str, direction: str) -> int:
    """PortAudio's index of a device by exact name, ALSA card name or unique part of a name."""
    counts = [(index, found.name, getattr(found, f"{direction}s")) for index, found in enumerate(list_devices())]
    usable = [(index, name) for index, name, count in counts if count > 0]
    if not usable:
        raise DeviceError(
            f"no {direction} device found; is the sound card plugged in? `aplay -l` and `arecord -l` list cards"
        )
    exact = [index for index, name in usable if name == device]
    partly = [index for index, name in usable if device.casefold() in name.casefold()]
    if exact or len(partly) == 1:
        return (exact or partly)[0]
    if device == "default":
        return _default(direction, usable)
    names = [name for _, name in usable]
    close = difflib.get_close_matches(device, names, 1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    what = "is ambiguous" if partly else "does not exist"
    raise DeviceError(f"{direction} device {device!r} {what}; {hint}`voiced devices` lists them: {', '.join(names)}")


def _default(direction: str, usable: list[tuple[int, str]]) -> int:
    chosen = int(sounddevice.default.device[0 if direction == "input" else 1])
    return chosen if chosen >= 0 else usable[0][0]
