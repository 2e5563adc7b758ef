"""Sampling rates changed by whole ratios, with a polyphase low-pass filter, whole or as a stream."""

from functools import lru_cache
from math import gcd

import numpy as np
from numpy.typing import NDArray

_ZERO_CROSSINGS = 16
_KAISER_BETA = 8.6
"""About 80 dB of stop band."""
_CUTOFF = 0.94
"""Share of the lower Nyquist frequency that passes."""
_BLOCK = 16_000
"""Samples filtered at a time: each takes as much memory as the filter is long, about a kilobyte."""

Floats = NDArray[np.float64]


@lru_cache(maxsize=8)
def _taps(up: int, down: int) -> Floats:
    """The filter at `up` times the input rate, one row a phase, shape (up, taps a phase), reversed in time."""
    widest = max(up, down)
    half = _ZERO_CROSSINGS * widest
    time = np.arange(-half, half + 1) / widest
    taps = np.sinc(time * _CUTOFF) * np.kaiser(2 * half + 1, _KAISER_BETA)
    taps *= up / taps.sum()
    taps = np.pad(taps, (0, -len(taps) % up))
    return np.ascontiguousarray(taps.reshape(-1, up).T[:, ::-1])


class Resampler:
    """A stream of mono PCM16 from one rate (Hz) to another, delayed by the filter; `flush` gives the rest."""

    def __init__(self, source_rate: int, target_rate: int) -> None:
        common = gcd(source_rate, target_rate)
        self._up, self._down = target_rate // common, source_rate // common
        self._taps = _taps(self._up, self._down)
        width = self._taps.shape[1]
        self._delay = _ZERO_CROSSINGS * max(self._up, self._down)  # at up times the input rate
        self._history = np.zeros(width - 1)
        self._next = self._delay  # index of the next output at up times the input rate, from the history's first input
        self._fed = 0
        self._given = 0

    def process(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """All output that the input so far allows, shape (frames,)."""
        if self._up == self._down:
            return samples
        self._fed += len(samples)
        blocks = [samples[start : start + _BLOCK] for start in range(0, len(samples), _BLOCK)] or [samples]
        return np.concatenate([self._run(block.astype(np.float64)) for block in blocks])

    def flush(self) -> NDArray[np.int16]:
        """The output still owed for the input; the stream ends with it."""
        if self._up == self._down:
            return np.zeros(0, np.int16)
        rest = self._run(np.zeros(-(-self._delay // self._up) + 1))
        owed = -(-self._fed * self._up // self._down) - (self._given - len(rest))
        return rest[: max(0, owed)]

    def _run(self, samples: Floats) -> NDArray[np.int16]:
        signal = np.concatenate([self._history, samples])
        width = self._taps.shape[1]
        positions = np.arange(self._next, len(samples) * self._up, self._down)
        if len(positions):
            windows = np.lib.stride_tricks.sliding_window_view(signal, width)[positions // self._up]
            output = np.einsum("ij,ij->i", windows, self._taps[positions % self._up])
            self._next = int(positions[-1]) + self._down
        else:
            output = np.zeros(0)
        self._next -= len(samples) * self._up
        self._history = signal[len(signal) - (width - 1) :]
        self._given += len(output)
        rounded: NDArray[np.int16] = np.clip(np.rint(output), -32768, 32767).astype(np.int16)
        return rounded


def resample(samples: NDArray[np.int16], source_rate: int, target_rate: int) -> NDArray[np.int16]:
    """A whole mono recording at another rate, shape (frames,), without delay."""
    stream = Resampler(source_rate, target_rate)
    return np.concatenate([stream.process(samples), stream.flush()])
