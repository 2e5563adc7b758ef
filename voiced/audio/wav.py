"""WAV files in the place of a sound card, with the sound card's pacing."""

import logging
import threading
import time
import wave
from collections.abc import Callable
from pathlib import Path

from voiced.audio.devices import CaptureCallback, DeviceError, PlaybackCallback, wav_path
from voiced.audio.frames import CAPTURE_RATE, PLAYBACK_RATE, SAMPLE_BYTES

log = logging.getLogger(__name__)


class _PacedStream:
    """A thread that does one period of work when its time has come, like a sound card's interrupt.

    Time is kept from the start, so delays don't add up; after a stall the missed periods follow at once.
    """

    latency = 0.0

    def __init__(self, seconds: float, work: Callable[[], None], finish: Callable[[], None]) -> None:
        self._seconds = seconds
        self._work = work
        self._finish = finish
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wav", daemon=True)
        self._thread.start()

    @property
    def active(self) -> bool:
        return self._thread.is_alive()

    def rest(self) -> None:
        """A file goes on: its time is the recording's."""

    def resume(self) -> None:
        """It went on."""

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        begun = time.monotonic()
        done = 0
        try:
            while not self._stop.wait(max(0.0, begun + (done + 1) * self._seconds - time.monotonic())):
                self._work()
                done += 1
        finally:
            self._finish()


class WavDriver:
    """Reads the microphone's sound from a WAV file (silence after its end), writes the speaker's to one."""

    shareable = False  # each opening begins at the file's beginning

    def open_capture(self, device: str, channels: int, period: int, callback: CaptureCallback) -> _PacedStream:
        """Begin to read. Raises `DeviceError` where the file isn't 16-bit at `CAPTURE_RATE` with those channels."""
        path = wav_path(device)
        data = _read(path, channels)
        size = period * channels * SAMPLE_BYTES
        position = 0

        def work() -> None:
            nonlocal position
            callback(data[position : position + size].ljust(size, b"\0"))
            position += size

        return _PacedStream(period / CAPTURE_RATE, work, lambda: None)

    def open_playback(self, device: str, period: int, callback: PlaybackCallback) -> _PacedStream:
        """Begin to write; the file is complete once the stream is closed. Raises `DeviceError`."""
        path = wav_path(device)
        try:
            file = path.open("wb")
        except OSError as error:
            raise DeviceError(f"{path} can't be written: {error.strerror}") from error
        target = wave.open(file, "wb")  # noqa: SIM115 (closed with the stream)
        target.setnchannels(1)
        target.setsampwidth(SAMPLE_BYTES)
        target.setframerate(PLAYBACK_RATE)

        def finish() -> None:
            target.close()
            file.close()

        return _PacedStream(period / PLAYBACK_RATE, lambda: target.writeframes(callback(period)), finish)


def _read(path: Path, channels: int) -> bytes:
    try:
        with wave.open(str(path), "rb") as source:
            found = (source.getframerate(), source.getsampwidth() * 8, source.getnchannels())
            wanted = (CAPTURE_RATE, SAMPLE_BYTES * 8, channels)
            if found != wanted:
                form = "{} Hz, {} bit, {} channel(s)".format
                raise DeviceError(f"{path} is {form(*found)}, but {form(*wanted)} is needed; convert it with sox")
            return source.readframes(source.getnframes())
    except OSError as error:
        raise DeviceError(f"{path} can't be read: {error.strerror}") from error
    except (wave.Error, EOFError) as error:
        raise DeviceError(f"{path} is not a WAV file: {error or 'it ends too early'}") from error
