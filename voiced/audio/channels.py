"""One microphone out of several channels."""

from typing import Literal

import numpy as np

from voiced.audio.frames import Samples

MIX: Literal["mix"] = "mix"
"""Every channel, averaged."""


def mono(data: bytes, channels: int, channel: int | Literal["mix"]) -> bytes:
    """The configured channel of interleaved PCM16, or the average of all; without a copy where there is but one."""
    if channels == 1:
        return data
    interleaved: Samples = np.frombuffer(data, np.int16).reshape(-1, channels)
    one: Samples = np.rint(interleaved.mean(axis=1)).astype(np.int16) if channel == MIX else interleaved[:, channel]
    return one.tobytes()


def spread(samples: Samples, channels: int) -> Samples:
    """Channels made fit, shape (frames, n) -> (frames, channels): the first ones, or one repeated."""
    if samples.shape[1] == 1:
        return np.repeat(samples, channels, axis=1)
    return samples[:, :channels]
