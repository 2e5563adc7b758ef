"""The speaker's own voice taken out of what its microphone heard, by WebRTC's echo canceller."""

import logging

import numpy as np
from numpy.typing import NDArray

from voiced import installing

log = logging.getLogger(__name__)

RATE = 16_000
_FRAME = RATE // 100
"""Samples the canceller takes at a time: 10 ms."""


class EchoCanceller:
    """Cleans 16 kHz sound that comes with what was played meanwhile; delays it by less than 10 ms.

    Raises RuntimeError, with the fix, where the library is missing.
    """

    def __init__(self) -> None:
        try:
            from livekit.rtc import AudioFrame  # noqa: PLC0415 (a client without a reference has no use for it)
            from livekit.rtc.apm import AudioProcessingModule  # noqa: PLC0415
        except ImportError as error:
            raise RuntimeError(f"no echo cancellation: {error}; {installing.command('livekit')}") from error
        self._frame = AudioFrame
        self._canceller = AudioProcessingModule(echo_cancellation=True)
        self._rest = np.zeros((0, 2), np.int16)

    def clean(self, stereo: NDArray[np.int16]) -> NDArray[np.int16]:
        """The microphone's channel without the echo of the second one; shape (frames, 2) to (frames,).

        What does not fill 10 ms waits for the next call.
        """
        sound = np.concatenate([self._rest, stereo])
        count = len(sound) // _FRAME
        self._rest = sound[count * _FRAME :]
        cleaned = [self._one(sound[start : start + _FRAME]) for start in range(0, count * _FRAME, _FRAME)]
        return np.concatenate([*cleaned, np.zeros(0, np.int16)])

    def _one(self, stereo: NDArray[np.int16]) -> NDArray[np.int16]:
        heard, played = (self._frame(stereo[:, channel].tobytes(), RATE, 1, _FRAME) for channel in (0, 1))
        self._canceller.process_reverse_stream(played)
        self._canceller.set_stream_delay_ms(0)  # the client aligns them
        self._canceller.process_stream(heard)
        return np.frombuffer(heard.data, np.int16).copy()
