"""Steady noise taken out of a stretch of sound before it is recognised.

The gain of each band and moment is the one with the least error in log amplitude (Ephraim and Malah, "Speech
enhancement using a minimum mean-square error log-spectral amplitude estimator", IEEE Trans. ASSP 33(2), 1985), with
their decision-directed estimate of the signal; the noise is what the quietest moments have in common.
"""

import numpy as np
from numpy.typing import NDArray

_WINDOW = 512
_HOP = 128
_INSIDE = slice(4, -4)
"""Windows that have no padding in them."""
_SHAPE = np.sqrt(np.hanning(_WINDOW + 1)[:-1])
_QUIETEST_SHARE = 0.15
"""Of all moments, those that tell the noise."""
_LEAST_MOMENTS = 8
_SMOOTHING = 0.97
_LEAST_GAIN = 10 ** (-18 / 20)
"""What is left of the noise keeps silence from sounding like speech."""
_LARGEST_RATIO = 1e4
_EULER = 0.5772156649


def without_noise(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """The samples, shape (frames,) at 16 kHz, with what is steady in them 18 dB quieter."""
    frames = len(samples)
    if frames < 2 * _WINDOW:
        return samples
    padded = np.concatenate([np.zeros(_WINDOW - _HOP), samples, np.zeros(_WINDOW)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    spectra = np.fft.rfft(windows * _SHAPE, axis=1)
    powers = np.square(np.abs(spectra))
    cleaned = np.fft.irfft(spectra * _gains(powers), axis=1) * _SHAPE
    result = np.zeros(len(padded))
    for index, window in enumerate(cleaned):
        result[index * _HOP : index * _HOP + _WINDOW] += window
    overlapping = _WINDOW / _HOP / 2  # the squared window's sum
    sound = result[_WINDOW - _HOP : _WINDOW - _HOP + frames] / overlapping
    return np.clip(sound, -32768, 32767).astype(np.int16)


def clearness(samples: NDArray[np.int16]) -> float:
    """Decibels of the loud moments of a stretch, shape (frames,) at 16 kHz, over its quiet ones; 0 of too little."""
    count = len(samples) // _WINDOW
    if count < _LEAST_MOMENTS:
        return 0.0
    moments = samples[: count * _WINDOW].astype(np.float64).reshape(count, _WINDOW)
    quiet, loud = np.percentile(10 * np.log10(np.square(moments).mean(axis=1) + 1.0), (10, 90))
    return float(loud - quiet)


def _gains(powers: NDArray[np.float64]) -> NDArray[np.float64]:
    """The gain of every band at every moment."""
    moments = powers[_INSIDE] if len(powers) > 4 * _LEAST_MOMENTS else powers
    loudness = moments.sum(axis=1)
    quiet = np.argsort(loudness)[: max(_LEAST_MOMENTS, int(_QUIETEST_SHARE * len(moments)))]
    ratios = np.minimum(powers / (moments[quiet].mean(axis=0) + 1e-3), _LARGEST_RATIO)
    gains = np.empty_like(powers)
    before = np.ones(powers.shape[1])
    for moment, ratio in enumerate(ratios):
        signal = _SMOOTHING * before + (1 - _SMOOTHING) * np.maximum(ratio - 1, 0)
        wiener = signal / (1 + signal)
        gain = wiener * np.exp(0.5 * _exponential_integral(np.maximum(wiener * ratio, 1e-8)))
        gains[moment] = np.clip(gain, _LEAST_GAIN, 1.0)
        before = np.square(gains[moment]) * ratio
    return gains


def _exponential_integral(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The exponential integral E1, within a few percent: its series below 1, its continued fraction above."""
    series = -np.log(x) - _EULER + x - np.square(x) / 4
    fraction = np.exp(-x) / (x + 1 / (1 + 1 / (x + 2 / (1 + 2 / (x + 3)))))
    return np.where(x < 1, series, fraction)


__all__ = ["clearness", "without_noise"]
