"""`voiced devices --meter`: how loud the microphone is, live."""

import queue
import shutil
import sys
import time
from typing import TextIO

import numpy as np

from voiced.audio.channels import mono
from voiced.audio.devices import DeviceError, driver_for
from voiced.audio.frames import CAPTURE_PERIOD
from voiced.audio.level import Complaints, Level
from voiced.audio.settings import InputSettings

QUIETEST = -72.0
"""dBFS at the bar's left end."""
HOLD_SECONDS = 2.0
"""A peak's mark stays for this long."""
DRAW_SECONDS = 0.1
LINE_SECONDS = 1.0
"""Between two lines where the output is no terminal."""
STALL_SECONDS = 2.0
_CLIPPED_PEAK = -0.01


class Peak:
    """Holds the highest peak (dBFS) for a while."""

    def __init__(self) -> None:
        self.dbfs = -np.inf
        self._until = 0.0

    def update(self, dbfs: float, now: float) -> float:
        """Take a new peak; return the one to show."""
        if dbfs >= self.dbfs or now >= self._until:
            self.dbfs, self._until = dbfs, now + HOLD_SECONDS
        return self.dbfs


def bar(rms: float, peak: float, noise: float, width: int) -> str:
    """A bar of that many characters: `#` up to the level, `:` at the noise floor, `|` at the held peak (all dBFS)."""

    def place(dbfs: float) -> int:
        return min(width - 1, max(0, round((1 - dbfs / QUIETEST) * (width - 1))))

    filled = place(rms) if rms > QUIETEST else -1
    cells = ["#" if index <= filled else "-" for index in range(width)]
    cells[place(noise)] = ":"
    cells[place(peak)] = "|"
    return "".join(cells)


def line(level: Level, held: float, width: int) -> str:
    """One line of the meter, at most `width` characters wide where there is room for it."""
    clipping = "CLIP" if held >= _CLIPPED_PEAK else "    "
    numbers = f" {level.rms:6.1f} dBFS, peak {held:6.1f}, noise {level.noise_floor:6.1f} {clipping}"
    return f"[{bar(level.rms, held, level.noise_floor, max(10, width - len(numbers) - 2))}]{numbers}"


def show(settings: InputSettings, out: TextIO = sys.stdout, seconds: float = float("inf")) -> None:
    """Draw until Ctrl-C or for some seconds. Raises `DeviceError`."""
    periods: queue.SimpleQueue[bytes] = queue.SimpleQueue()  # read faster than it fills, or the meter is late
    stream = driver_for(settings.device).open_capture(settings.device, settings.channels, CAPTURE_PERIOD, periods.put)
    level, peak = Level(), Peak()
    complaints = Complaints(level)
    terminal = out.isatty()
    begun = drawn = time.monotonic()
    try:
        while (now := time.monotonic()) < begun + seconds:
            try:
                data = periods.get(timeout=STALL_SECONDS)
            except queue.Empty:
                raise DeviceError(f"{settings.device!r} gave no sound for {STALL_SECONDS:g} s") from None
            level.feed(np.frombuffer(mono(data, settings.channels, settings.channel), np.int16))
            if now < drawn + (DRAW_SECONDS if terminal else LINE_SECONDS):
                continue
            drawn = now
            text = line(level, peak.update(level.peak, now), shutil.get_terminal_size().columns - 1)
            news = complaints.news()
            if news:
                out.write(f"\r\x1b[K{news}\n" if terminal else f"{news}\n")
            out.write(f"\r\x1b[K{text}" if terminal else f"{text}\n")
            out.flush()
    finally:
        stream.close()
        if terminal:
            out.write("\n")
