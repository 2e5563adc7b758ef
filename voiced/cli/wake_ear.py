"""The microphone as a calibration uses it: blocks of 80 ms, with how loud they are."""

import logging
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import numpy as np

from voiced.audio.channels import mono
from voiced.audio.devices import BusyError, DeviceError, driver_for
from voiced.audio.frames import CAPTURE_PERIOD, CAPTURE_RATE, SAMPLE_BYTES, Samples
from voiced.audio.settings import InputSettings
from voiced.wakeword.engine import STEP

log = logging.getLogger(__name__)

STALL_SECONDS = 2.0
WAITING_SECONDS = 10
"""Of sound that may wait to be read; what comes then is lost."""
OURSELVES = "voiced"


class Ear:
    """An open microphone; `listening` opens and closes it."""

    def __init__(self, settings: InputSettings) -> None:
        self._settings = settings
        self._periods: queue.Queue[bytes] = queue.Queue(maxsize=WAITING_SECONDS * CAPTURE_RATE // CAPTURE_PERIOD)
        self._over = b""
        self.lost = 0

    @classmethod
    @contextmanager
    def listening(cls, settings: InputSettings) -> Iterator[Self]:
        """An ear for the life of the context. Raises `DeviceError` where there is no sound to be had."""
        ear = cls(settings)
        try:
            stream = driver_for(settings.device).open_capture(
                settings.device, settings.channels, CAPTURE_PERIOD, ear._take
            )
        except BusyError as error:
            if any(holder.name == OURSELVES for holder in error.holders):
                raise DeviceError(
                    "the microphone is in use by the running daemon; stop the service first: "
                    "sudo systemctl stop voiced (and start it again afterwards)"
                ) from error
            raise
        try:
            yield ear
        finally:
            stream.close()

    def _take(self, period: bytes) -> None:
        try:
            self._periods.put_nowait(period)
        except queue.Full:
            if not self.lost:
                log.warning("the machine is too busy to score sound as it comes: some is lost")
            self.lost += 1

    def block(self) -> Samples:
        """The next 80 ms. Raises `DeviceError` where the microphone gives none."""
        while len(self._over) < STEP * SAMPLE_BYTES:
            try:
                period = self._periods.get(timeout=STALL_SECONDS)
            except queue.Empty:
                raise DeviceError(f"{self._settings.device!r} gave no sound for {STALL_SECONDS:g} s") from None
            self._over += mono(period, self._settings.channels, self._settings.channel)
        size = STEP * SAMPLE_BYTES
        block, self._over = self._over[:size], self._over[size:]
        return np.frombuffer(block, np.int16)


def loudness(block: Samples) -> float:
    """Root mean square of a block."""
    return float(np.sqrt(np.mean(block.astype(np.float64) ** 2)))
