"""The forms in which sound comes and goes: PCM16 at several rates, and the telephone's G.711."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voiced.audio import g711
from voiced.audio.frames import PLAYBACK_RATE, SAMPLE_BYTES
from voiced.cascade.resampling import Resampler


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """How samples become bytes.

    Attributes:
        rate: Hz.
        law: of G.711, one byte a sample; None is PCM16, little-endian.
    """

    rate: int
    law: g711.Law | None = None

    @property
    def sample_bytes(self) -> int:
        """Bytes of one sample of one channel."""
        return SAMPLE_BYTES if self.law is None else 1

    def decode(self, data: bytes) -> NDArray[np.int16]:
        """The samples in whole samples' bytes."""
        if self.law is not None:
            return g711.decode(data, self.law)
        return np.frombuffer(data, "<i2").astype(np.int16)

    def encode(self, samples: NDArray[np.int16]) -> bytes:
        """The bytes of samples at this format's rate."""
        return samples.astype("<i2").tobytes() if self.law is None else g711.encode(samples, self.law)


INPUT_RATES = (8000, 16_000, 24_000, 44_100)
"""Hz of PCM16 from clients: the documented ones, and those that the service's own tests send (voice-live §4)."""
INPUT_FORMATS = ("pcm16", "g711_ulaw", "g711_alaw")
OUTPUT_FORMATS: dict[str, SoundFormat] = {
    "pcm16": SoundFormat(PLAYBACK_RATE),
    "pcm16_16000hz": SoundFormat(16_000),
    "pcm16_8000hz": SoundFormat(8000),
    "g711_ulaw": SoundFormat(g711.RATE, "g711_ulaw"),
    "g711_alaw": SoundFormat(g711.RATE, "g711_alaw"),
}
"""By the name of an `output_audio_format`."""


def input_format(name: str, rate: int) -> SoundFormat:
    """The format of an `input_audio_format` and its rate in Hz, which G.711 has of its own."""
    return SoundFormat(rate) if name == "pcm16" else OUTPUT_FORMATS[name]


class Encoder:
    """Speech for a client, piece by piece: mono PCM16 at 24 kHz in, the client's format out."""

    def __init__(self, form: SoundFormat) -> None:
        self._form = form
        self._resampler = Resampler(PLAYBACK_RATE, form.rate)

    def encode(self, sound: bytes, *, last: bool) -> bytes:
        """What can be said so far; with the last piece, all of it."""
        samples = self._resampler.process(np.frombuffer(sound, np.int16))
        if last:
            samples = np.concatenate([samples, self._resampler.flush()])
        return self._form.encode(samples)
