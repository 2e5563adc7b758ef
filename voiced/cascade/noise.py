"""Noise taken out of sound before it is recognised, as a whole or as it comes.

By DTLN, two small recurrent networks of which the first works on spectra and the second on the waveform (Westhausen
and Meyer, "Dual-Signal Transformation LSTM Network for Real-Time Noise Suppression", Interspeech 2020); the networks
and their licence are in `denoiser`. They need no moment of silence to learn a room from, and take out what changes,
too: another voice's murmur, a running tap.
"""

import functools
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NETWORKS = Path(__file__).parent / "denoiser"
_WINDOW = 512
_HOP = 128
_STATE = (1, 2, 128, 2)
_KEPT = 0.1
"""What is left of the sound as it was: a network that errs takes words out, and pocketsphinx distrusts perfect silence.
Of 162 commands at 10 dB over noise 14 were wrongly decoded so and 15 without; 25 where a spectral gain took the noise
out (Ephraim and Malah, 1985)."""
_FULL_SCALE = 32768
_ADDED = 0.02
"""What is added of pink noise, to the loudest quarter of a second by now: the networks learnt from noisy speech only,
and what has perfect silence between its words is no such. Of 90 commands of a computed voice in quiet 10 were missed
without it, 4 so and 1 with 0.06; of 162 of recorded voices 1, 2 and 5."""
_LOUDEST_OF = 32
"""Hops whose average loudness counts."""
_PINK_FRAMES = 1 << 16
_LEAST_MOMENTS = 8


class NoiseRemover:
    """Takes noise out of sound, PCM16 at 16 kHz, as it comes."""

    def __init__(self) -> None:
        self._spectrum, self._waveform = _networks()
        self._states = [np.zeros(_STATE, np.float32), np.zeros(_STATE, np.float32)]
        self._coming = np.zeros(_WINDOW - _HOP, np.float32)
        self._going = np.zeros(_WINDOW, np.float32)
        self._early = _WINDOW - _HOP
        self._company = _Company()

    def process(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """More sound, shape (frames,); what is known of it by now, which lags 24 ms behind."""
        company = self._company.add(np.divide(samples, _FULL_SCALE, dtype=np.float32))
        sound = np.concatenate([self._coming, company])
        count = max(0, (len(sound) - _WINDOW) // _HOP + 1)
        self._coming = sound[count * _HOP :]
        if not count:
            return np.zeros(0, np.int16)
        windows = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[::_HOP]
        result = np.concatenate([self._going, np.zeros(count * _HOP, np.float32)])
        for index, spectrum in enumerate(np.fft.rfft(windows, axis=1)):
            result[index * _HOP : index * _HOP + _WINDOW] += self._clean(spectrum)
        self._going = result[count * _HOP :]
        skipped = min(self._early, count * _HOP)
        self._early -= skipped
        known = slice(skipped, count * _HOP)
        mixed = (1 - _KEPT) * result[known] + _KEPT * sound[known]
        return np.clip(mixed * _FULL_SCALE, -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)

    def finish(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """The last of the sound, shape (frames,), and what lagged behind."""
        lag = len(self._coming) - self._early + self._company.held
        return self.process(np.concatenate([samples, np.zeros(_WINDOW, np.int16)]))[: lag + len(samples)]

    def _clean(self, spectrum: NDArray[np.complex128]) -> NDArray[np.float32]:
        """What a moment adds to the sound."""
        loudness = np.abs(spectrum).astype(np.float32)
        mask, self._states[0] = self._spectrum.run(None, {"input_2": loudness[None, None], "input_3": self._states[0]})
        masked = np.fft.irfft(spectrum * mask[0, 0]).astype(np.float32)
        cleaned, self._states[1] = self._waveform.run(None, {"input_4": masked[None, None], "input_5": self._states[1]})
        moment: NDArray[np.float32] = cleaned[0, 0]
        return moment


class _Company:
    """Noise for sound that comes, in whole hops."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, np.float32)
        self._powers = np.zeros(_LOUDEST_OF - 1)
        self._loudest = 0.0
        self._at = 0

    @property
    def held(self) -> int:
        """Samples that wait for the rest of their hop."""
        return len(self._rest)

    def add(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Sound with noise; up to a hop of it waits."""
        sound = np.concatenate([self._rest, samples])
        count = len(sound) // _HOP
        hops, self._rest = sound[: count * _HOP].reshape(-1, _HOP), sound[count * _HOP :]
        powers = np.concatenate([self._powers, np.square(hops, dtype=np.float64).mean(axis=1)])
        self._powers = powers[count:]
        sums = np.convolve(powers, np.ones(_LOUDEST_OF) / _LOUDEST_OF, "valid")[:count]
        loudest = np.sqrt(np.maximum.accumulate(np.concatenate([[self._loudest], sums])))[1:]
        self._loudest = float(loudest[-1] ** 2) if count else self._loudest
        places = (self._at + np.arange(count * _HOP)) % _PINK_FRAMES
        self._at += count * _HOP
        noise = _pink()[places].reshape(-1, _HOP) * (_ADDED * loudest)[:, None]
        return (hops + noise).astype(np.float32).reshape(-1)


def without_noise(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """The samples, shape (frames,) at 16 kHz, without their noise."""
    return NoiseRemover().finish(samples)


def clearness(samples: NDArray[np.int16]) -> float:
    """Decibels of the loud moments of a stretch, shape (frames,) at 16 kHz, over its quiet ones; 0 of too little."""
    count = len(samples) // _WINDOW
    if count < _LEAST_MOMENTS:
        return 0.0
    moments = samples[: count * _WINDOW].astype(np.float64).reshape(count, _WINDOW)
    quiet, loud = np.percentile(10 * np.log10(np.square(moments).mean(axis=1) + 1.0), (10, 90))
    return float(loud - quiet)


@functools.cache
def _pink() -> NDArray[np.float64]:
    """Noise as loud in each octave, always the same; its root mean square is 1."""
    spectrum = np.fft.rfft(np.random.default_rng(7).normal(size=_PINK_FRAMES))
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(1, np.arange(len(spectrum)))))
    return np.asarray(noise / noise.std())


@functools.cache
def _networks() -> tuple[Any, Any]:
    """One thread each, and no spinning: they are small."""
    import onnxruntime  # noqa: PLC0415 (heavy, and only a service that recognises needs it)

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    spectrum, waveform = (
        onnxruntime.InferenceSession(str(_NETWORKS / f"{name}.onnx"), options, providers=["CPUExecutionProvider"])
        for name in ("spectrum", "waveform")
    )
    return spectrum, waveform


__all__ = ["NoiseRemover", "clearness", "without_noise"]
