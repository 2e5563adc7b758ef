"""Sound cards that don't offer our formats: streams made fit, sample for sample, in periods of the size asked for.

Both converters run in PortAudio's callback. They cost 15 to 50 µs of a 10 or 20 ms period on a 2-core virtual machine
(0.2 %), so a thread between would cost more than it saves.
"""

import numpy as np
import soxr
from numpy.typing import NDArray

from voiced.audio.channels import spread
from voiced.audio.devices import CaptureCallback, PlaybackCallback
from voiced.audio.frames import CAPTURE_RATE, PLAYBACK_RATE, SAMPLE_BYTES, Samples


def _resampler(source: int, target: int, channels: int) -> soxr.ResampleStream:
    # Variable-rate mode, at a rate that doesn't vary: the other mode filters in blocks, so it holds sound back for 6 to
    # 40 ms and gives it in bursts; this one gives as much as it is given, 7 to 14 ms late. Float, because soxr dithers
    # integers, and a muted microphone must stay all zeros.
    return soxr.ResampleStream(source, target, channels, dtype="float32", quality="HQ", vr=True)


def _to_integers(sound: NDArray[np.float32]) -> Samples:
    return np.clip(np.rint(sound), -32768, 32767).astype(np.int16)


class CaptureConverter:
    """Interleaved PCM16 as a card gives it -> periods at `CAPTURE_RATE` of the channels asked for.

    Every period given to `callback` has exactly `period` frames; what is over waits for the next.
    """

    def __init__(self, rate: int, offered: int, channels: int, period: int, callback: CaptureCallback) -> None:
        self._resampler = _resampler(rate, CAPTURE_RATE, channels) if rate != CAPTURE_RATE else None
        self._rate = rate
        self._offered = offered
        self._channels = channels
        self._size = period * channels * SAMPLE_BYTES
        self._callback = callback
        self._over = b""
        self._fed = 0
        self._made = 0

    @property
    def latency(self) -> float:
        """Seconds of sound inside that have not come out."""
        return max(0.0, self._fed / self._rate - self._made / CAPTURE_RATE)

    def feed(self, data: bytes) -> None:
        """Take what the card gave, of any length; call back for each period it completes."""
        samples = spread(np.frombuffer(data, np.int16).reshape(-1, self._offered), self._channels)
        self._fed += len(samples)
        if self._resampler is not None:
            samples = _to_integers(self._resampler.resample_chunk(samples.astype(np.float32)))
        self._made += len(samples)
        ready = self._over + samples.tobytes()
        whole = len(ready) - len(ready) % self._size
        for begin in range(0, whole, self._size):
            self._callback(ready[begin : begin + self._size])
        self._over = ready[whole:]


class PlaybackConverter:
    """Periods of mono PCM16 at `PLAYBACK_RATE` -> interleaved PCM16 as a card wants it, the same in every channel.

    `callback` is asked for exactly `period` frames at a time, as late as possible.
    """

    def __init__(self, rate: int, channels: int, period: int, callback: PlaybackCallback) -> None:
        self._resampler = _resampler(PLAYBACK_RATE, rate, 1) if rate != PLAYBACK_RATE else None
        self._rate = rate
        self._channels = channels
        self._period = period
        self._callback = callback
        self._over = np.zeros(0, np.int16)
        self._taken = 0
        self._given = 0

    @property
    def latency(self) -> float:
        """Seconds of sound inside that have not come out."""
        return max(0.0, self._taken / PLAYBACK_RATE - self._given / self._rate)

    def fill(self, frames: int) -> bytes:
        """Exactly that many frames for the card."""
        while len(self._over) < frames:
            samples: Samples = np.frombuffer(self._callback(self._period), np.int16)
            self._taken += len(samples)
            if self._resampler is not None:
                samples = _to_integers(self._resampler.resample_chunk(samples.astype(np.float32)))
            self._over = np.concatenate([self._over, samples])
        ready, self._over = self._over[:frames], self._over[frames:]
        self._given += frames
        return spread(ready[:, np.newaxis], self._channels).tobytes()
