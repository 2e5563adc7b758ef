"""Hears what the virtual speaker plays, and when, by the clock that everything else is measured with."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from demonstration.soundcard import SPEAKER, SPEAKER_RATE, SoundCard, SoundCardError

from benches.signals import Samples

_LATENCY_MS = 5
"""Asked of PulseAudio. The null sink then renders in steps of a half or a quarter of it: a sound card's, not 50 ms."""
_FORMAT = ("--raw", "--format=s16le", f"--rate={SPEAKER_RATE}", "--channels=1", f"--latency-msec={_LATENCY_MS}")
_CONTEXT_SECONDS = 0.5
_OPENING_SECONDS = 5.0
_SETTLING_SECONDS = 0.5
_CLICKS = 12
_CLICK_FRAMES = 240
"""Fewer, and pacat keeps them until there are more."""


@dataclass(frozen=True, slots=True)
class Read:
    """A piece of the recording: when it was read (monotonic seconds), the number of its first frame, its frames."""

    at: float
    position: int
    samples: Samples


@dataclass(frozen=True, slots=True)
class Recording:
    """A stretch of what the speaker played; `began_at` is when its first frame was, in monotonic seconds."""

    samples: Samples
    began_at: float

    @property
    def first_sound(self) -> float | None:
        """When the first frame that is not zero was played."""
        return self._time(0)

    @property
    def last_sound(self) -> float | None:
        """When the last frame that is not zero was played."""
        return self._time(-1)

    @property
    def sounding_seconds(self) -> float:
        """How much of it is not zero."""
        return int(np.count_nonzero(self.samples)) / SPEAKER_RATE

    def _time(self, index: int) -> float | None:
        sounding = np.flatnonzero(self.samples)
        return self.began_at + float(sounding[index]) / SPEAKER_RATE if len(sounding) else None


def recording_of(reads: Sequence[Read]) -> Recording:
    """Reads that follow each other as one recording.

    Frames come at an even rate and reads only ever late, so that the earliest read tells where the frames lie in time.
    """
    if not reads:
        raise SoundCardError("nothing was recorded at the speaker's monitor: parec gave no data")
    origin = min(read.at - read.position / SPEAKER_RATE for read in reads)
    return Recording(np.concatenate([read.samples for read in reads]), origin + reads[0].position / SPEAKER_RATE)


class Monitor:
    """The speaker's monitor, recorded while the context lasts. Memory: 3 MB a minute."""

    def __init__(self) -> None:
        self._reads: list[Read] = []

    def recording(self, since: float, until: float) -> Recording:
        """What was played between two times (monotonic seconds); the later one must have passed."""
        reads = [read for read in list(self._reads) if since - _CONTEXT_SECONDS <= read.at <= until + _CONTEXT_SECONDS]
        whole = recording_of(reads)
        first, last = (round((edge - whole.began_at) * SPEAKER_RATE) for edge in (since, until))
        first = max(0, first)
        return Recording(whole.samples[first : max(first, last)], whole.began_at + first / SPEAKER_RATE)

    def listen(self, pipe: int) -> None:
        """Read until the pipe's end."""
        position, odd = 0, b""
        while data := os.read(pipe, 1 << 16):
            now, data = time.monotonic(), odd + data
            samples = np.frombuffer(data[: len(data) & ~1], np.int16)
            odd = data[len(samples) * 2 :]
            self._reads.append(Read(now, position, samples))
            position += len(samples)


@contextmanager
def monitored(card: SoundCard) -> Iterator[Monitor]:
    """Record the card's speaker. Raises `SoundCardError` where that brings no sound."""
    monitor = Monitor()
    command = ["parec", f"--device={SPEAKER}.monitor", *_FORMAT]
    with subprocess.Popen(command, env=card.environment(), stdout=subprocess.PIPE) as process:
        if process.stdout is None:
            raise SoundCardError("parec has no output")
        thread = threading.Thread(target=monitor.listen, args=(process.stdout.fileno(),), name="monitor")
        thread.start()
        try:
            deadline = time.monotonic() + _OPENING_SECONDS
            while not monitor._reads:  # noqa: SLF001 (of this module)
                if time.monotonic() > deadline or process.poll() is not None:
                    raise SoundCardError("parec records nothing from the virtual speaker")
                time.sleep(0.01)
            yield monitor
        finally:
            process.terminate()
            thread.join()


def calibrate(card: SoundCard, monitor: Monitor) -> list[float]:
    """Seconds from handing a click to PulseAudio to where the recording has it, of several clicks.

    The error of the recording's times is somewhere between nought and the least of these: they hold the way into the
    sink, too.
    """
    command = ["pacat", f"--device={SPEAKER}", *_FORMAT]
    written: list[float] = []
    with subprocess.Popen(command, env=card.environment(), stdin=subprocess.PIPE) as process:
        if process.stdin is None:
            raise SoundCardError("pacat has no input")
        time.sleep(_SETTLING_SECONDS)
        for number in range(1, _CLICKS + 1):
            written.append(time.monotonic())
            os.write(process.stdin.fileno(), np.full(_CLICK_FRAMES, number, np.int16).tobytes())
            time.sleep(0.1 + 0.0007 * number)  # at no fixed place within the sink's steps
        time.sleep(_SETTLING_SECONDS)
        process.terminate()
    heard = monitor.recording(written[0], time.monotonic())
    errors = []
    for number, at in enumerate(written, 1):
        places = np.flatnonzero(heard.samples == number)
        if len(places):
            errors.append(heard.began_at + float(places[0]) / SPEAKER_RATE - at)
    if len(errors) < _CLICKS // 2:
        raise SoundCardError(f"of {_CLICKS} clicks {len(errors)} reached the speaker's monitor")
    return errors
