"""Signals that tell what became of them: numbered samples for the microphone, a tone without a zero for the speaker."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

NUMBERS = 2**16 - 1
"""A sample's number comes again after this many: 4.1 s at 16 kHz, longer than anything that may be lost at once."""
_HERTZ = 200
_AMPLITUDE = 8000
GAP_SECONDS = 0.001
"""Silence within a tone that counts as a gap."""


class AlteredError(Exception):
    """What arrived is not what was sent: something on the way changed samples, so that they can't be counted."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of a numbered signal: frames sent that never came, and frames that came twice or too late."""

    lost: int
    repeated: int


def numbered(frames: int) -> Samples:
    """Samples that are their own running number, from 1; none is zero."""
    return (np.arange(frames, dtype=np.int64) % NUMBERS + 1).astype(np.uint16).view(np.int16)


def arrived(received: Samples, sent: int) -> Arrival:
    """Follow `numbered(sent)` through what a microphone heard; zeros are silence and count for nothing.

    Raises `AlteredError` where the numbers make no sense.
    """
    numbers = received[received != 0].view(np.uint16).astype(np.int32) - 1
    if not len(numbers):
        return Arrival(sent, 0)
    steps = (
        np.diff(numbers, prepend=np.int32(-1)) % NUMBERS
    )  # 1 is the next, 0 the same again, more than half a step back
    back = (steps == 0) | (steps > NUMBERS // 2)
    if np.count_nonzero(steps != 1) > len(numbers) // 100:
        raise AlteredError("the microphone's samples were changed on their way, so that none can be told from another")
    repeated = int(np.sum((1 - steps[back]) % NUMBERS))
    lost = int(np.sum(steps[~back] - 1))
    reached = int(np.sum(np.where(back, (steps + NUMBERS // 2) % NUMBERS - NUMBERS // 2, steps)))
    return Arrival(lost + max(0, sent - reached), repeated)


def tone(seconds: float, rate: int) -> Samples:
    """A sine of which no sample is zero."""
    second = np.rint(np.sin(2 * np.pi * _HERTZ * np.arange(rate) / rate) * _AMPLITUDE).astype(np.int16)
    second[second == 0] = 1
    return np.resize(second, round(seconds * rate))


def gaps(samples: Samples, rate: int) -> list[float]:
    """Seconds of each silence between the first and the last sound."""
    sounding = np.flatnonzero(samples)
    silences = (np.diff(sounding) - 1) / rate
    return [float(seconds) for seconds in silences[silences >= GAP_SECONDS]]
