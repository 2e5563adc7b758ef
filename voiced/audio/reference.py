"""What the speaker really played, beside what the microphone heard meanwhile: the reference for echo cancellation."""

import threading
from collections import deque

import numpy as np
from numpy.typing import NDArray

from voiced.audio.frames import CAPTURE_RATE, PLAYBACK_RATE, Frame, Samples

HISTORY = PLAYBACK_RATE * 2
"""Frames of played sound kept: 2 s."""
WINDOW = 50
"""Marks a clock remembers: half a second of playback periods, for so long it believes what was before an underrun."""
GAP_SECONDS = 0.25
"""A mark that is so much later than the earliest is no late one: the stream stood still."""
TOLERANCE = PLAYBACK_RATE // 250
"""Frames by which the reference may drift before it is set right: 4 ms."""
LEAD = PLAYBACK_RATE // 250
"""Frames by which the reference is early: 4 ms, because a canceller can't use one that is late."""
_RATIO = PLAYBACK_RATE / CAPTURE_RATE
_TAPS = 31


class StreamClock:
    """When the frame with a given index is at the converter, from the times at which a driver called back.

    A callback may come late but never early, so the earliest of the latest marks is the truest.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._offsets: deque[float] = deque(maxlen=WINDOW)

    def mark(self, index: int, at: float) -> None:
        """Frame `index` is at the converter at `at` (monotonic seconds), or somewhat earlier."""
        offset = at - index / self._rate
        if self._offsets and offset > self._offsets[0] + GAP_SECONDS:
            self._offsets.clear()
        self._offsets.append(offset)

    def begin_anew(self) -> None:
        """The stream stood still: what was known of its time is no longer true."""
        self._offsets.clear()

    def time_of(self, index: float) -> float | None:
        """When a frame is at the converter; None before the first mark."""
        return min(self._offsets) + index / self._rate if self._offsets else None

    def index_at(self, at: float) -> float | None:
        """Which frame is at the converter at a time; None before the first mark."""
        return (at - min(self._offsets)) * self._rate if self._offsets else None


class EchoReference:
    """Keeps what was played and gives, for a frame of the microphone, the sound that was in the air meanwhile.

    `played` is called by the loudspeaker's thread, the rest by the event loop.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ring = np.zeros(HISTORY, np.int16)
        self._end = 0
        self._played = StreamClock(PLAYBACK_RATE)
        self._captured = StreamClock(CAPTURE_RATE)
        self._cursor: float | None = None
        self._expected = 0
        self._lowpass = _lowpass()

    def played(self, data: bytes, heard_at: float) -> None:
        """The loudspeaker took a period of PCM16 whose first frame is heard at `heard_at`."""
        samples = np.frombuffer(data, np.int16)
        with self._lock:
            self._played.mark(self._end, heard_at)
            places = np.arange(self._end, self._end + len(samples)) % HISTORY
            self._ring[places] = samples
            self._end += len(samples)

    def stood_still(self) -> None:
        """The loudspeaker rested, ran dry or was opened anew."""
        with self._lock:
            self._played.begin_anew()

    def mark(self, frame: Frame) -> None:
        """Take note of when a frame came for which nobody asks what was played."""
        self._captured.mark(frame.position + frame.frames, frame.captured_at)

    def beside(self, frame: Frame) -> Frame:
        """The frame with a second channel: what was played while it was captured."""
        self.mark(frame)
        stereo = np.zeros((frame.frames, 2), np.int16)
        stereo[:, 0] = frame.samples
        reference = self._between(frame)
        if reference is not None:
            stereo[:, 1] = reference
        return Frame(stereo.tobytes(), frame.position, frame.captured_at, channels=2)

    def _between(self, frame: Frame) -> Samples | None:
        """What was played while a frame was captured, or None for silence."""
        began = self._captured.time_of(frame.position)
        with self._lock:
            where = None if began is None else self._played.index_at(began)
            if where is None:
                return None
            where += LEAD
            if self._cursor is not None:  # nothing but the clocks' noise would change where frames are left out
                self._cursor += (frame.position - self._expected) * _RATIO
            if self._cursor is None or abs(self._cursor - where) > TOLERANCE:
                self._cursor = where
            start, self._cursor = self._cursor, self._cursor + frame.frames * _RATIO
            self._expected = frame.position + frame.frames
            first = int(start) - _TAPS
            count = int(frame.frames * _RATIO) + 2 * _TAPS + 2
            if first >= self._end:  # the loudspeaker rests, as it mostly does
                return None
            places = np.arange(first, first + count)
            known = (places >= max(0, self._end - HISTORY)) & (places < self._end)
            sound = np.where(known, self._ring[places % HISTORY], 0).astype(np.float32)
        if not sound.any():
            return None
        smooth = np.convolve(sound, self._lowpass, "same")
        at = start - first + np.arange(frame.frames) * _RATIO
        samples: Samples = np.interp(at, np.arange(count), smooth).astype(np.int16)
        return samples


def _lowpass() -> NDArray[np.float32]:
    """A windowed sinc that leaves what the capture rate can hold."""
    time = np.arange(_TAPS) - _TAPS // 2
    cutoff = 0.9 * CAPTURE_RATE / PLAYBACK_RATE
    kernel = np.sinc(cutoff * time) * np.hamming(_TAPS)
    result: NDArray[np.float32] = (kernel / kernel.sum()).astype(np.float32)
    return result
