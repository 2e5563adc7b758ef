"""The speaker's own voice taken out of what its microphone heard, without harm to whoever speaks at the same time."""

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

BLOCK: Final = 256
"""Samples filtered at a time: 16 ms at 16 kHz."""
_PARTS = 10
"""Blocks of the room's echo that are modelled: 160 ms."""
_STEADINESS = 0.999
"""How much of the echo path is the same one block later; what is not lets the filter follow a door that opens."""
_SMOOTHING = 0.9
_DOUBT = 0.1
"""Variance of the echo path's first block before anything is known of it; later blocks decay from there."""
_DECAY = 0.5
_LOOKED_BACK = 25
_WORSE = 1.25
"""Times by which a filter may raise the sound's power over so many blocks; beyond, the path jumped: it begins anew."""
_LEAST = 1e-7
_HALF = 0.5
"""Share of a block of the overlap-save transform that is new."""

Block = NDArray[np.float64]


class EchoFilter:
    """A linear model of the way from the loudspeaker to the microphone, learnt while it sounds.

    A partitioned frequency-domain Kalman filter (Enzner and Vary 2006; Kuech, Mabande and Enzner 2014): it tells its
    own error from a voice in the room by their spectra, so that it needs no detector of double talk. A canceller
    made for telephones suppresses what it doubts: while somebody as loud as the echo said one word, WebRTC's took 20 to
    40 dB out of the word's first half (measured); this one left it 15 to 28 dB above what remained of the echo.

    Takes and gives blocks of `BLOCK` samples, -1 to 1.
    """

    def __init__(self) -> None:
        bins = BLOCK + 1
        self._doubt = np.repeat(_DOUBT * np.exp(-_DECAY * np.arange(_PARTS))[:, None], bins, axis=1)
        self._path = np.zeros((_PARTS, bins), complex)
        self._variance = self._doubt
        self._powers: deque[tuple[float, float]] = deque(maxlen=_LOOKED_BACK)
        self._near: NDArray[np.float64] | None = None
        self._played = np.zeros((_PARTS, bins), complex)
        self._before = np.zeros(BLOCK)

    def pause(self) -> None:
        """The next block does not follow the last one: forget the sound, keep what is known of the room."""
        self._played[:] = 0
        self._before = np.zeros(BLOCK)

    def clean(self, heard: Block, played: Block) -> tuple[Block, Block]:
        """What the microphone heard without the echo of what was played, and that echo as it is believed to be."""
        self._played = np.roll(self._played, 1, axis=0)
        self._played[0] = np.fft.rfft(np.concatenate([self._before, played]))
        self._before = played
        echo = np.fft.irfft((self._path * self._played).sum(axis=0))[BLOCK:]
        rest = heard - echo
        error = np.fft.rfft(np.concatenate([np.zeros(BLOCK), rest]))
        power = np.square(np.abs(error))
        own = _HALF * (self._variance * np.square(np.abs(self._played))).sum(axis=0)
        near = np.maximum(power - own, power / 20)
        self._near = near if self._near is None else _SMOOTHING * self._near + (1 - _SMOOTHING) * near
        gain = self._variance * self._played.conj() / (own + self._near + _LEAST)
        step = np.fft.irfft(gain * error, axis=1)
        step[:, BLOCK:] = 0  # else the overlap-save convolution would be a circular one
        self._path += np.fft.rfft(step, axis=1)
        learnt = 1 - _HALF * (gain * self._played).real
        self._variance = _STEADINESS**2 * learnt * self._variance + (1 - _STEADINESS**2) * np.square(np.abs(self._path))
        self._begin_anew_where_useless(float(np.square(heard).sum()), float(np.square(rest).sum()))
        return rest, echo

    def _begin_anew_where_useless(self, before: float, after: float) -> None:
        self._powers.append((before, after))
        heard, left = (sum(powers) for powers in zip(*self._powers, strict=True))
        if len(self._powers) == _LOOKED_BACK and left > _WORSE * heard + _LEAST:
            self._powers.clear()
            self._path = np.zeros_like(self._path)
            self._variance = np.maximum(self._variance, self._doubt)
