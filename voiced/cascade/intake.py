"""The sound a client sends: decoded, at 16 kHz, on a clock of its own, as much of it as is still needed."""

import base64
import binascii
import logging
from collections import deque

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.echo import EchoCanceller
from voiced.cascade.echo_model import EchoModel
from voiced.cascade.protocol import ProtocolError
from voiced.cascade.resampling import Resampler
from voiced.cascade.sound_formats import SoundFormat
from voiced.cascade.turns import RATE

_LARGEST_APPEND = 15 * 1024 * 1024
"""Bytes of one `input_audio_buffer.append`, the service's limit."""
_LONGEST = 120 * RATE
"""Samples kept of a turn that a client won't end; the oldest are dropped."""
_ECHO_LOSS = 25.0
"""dB by which what is left of an echo is at least below what was played."""
_ECHO_TAIL = 3 * RATE // 10
"""Samples for which an echo goes on after what was played: 300 ms."""

log = logging.getLogger(__name__)


class Intake:
    """The input buffer of a session.

    Args:
        form: of the client's samples.
        channels: 1, or 2 where the second is what the client played meanwhile, whose echo is taken out.
        echo_model: for tests, what the microphone hears of what was sent.
    """

    def __init__(self, form: SoundFormat, channels: int = 1, echo_model: EchoModel | None = None) -> None:
        self._echo_model = echo_model
        self.reformat(form, channels)
        self._samples = np.zeros(0, np.int16)
        self._first = 0

    @property
    def end(self) -> int:
        """Samples received since the session began, at 16 kHz."""
        return self._first + len(self._samples)

    @property
    def held(self) -> int:
        """Samples in the buffer."""
        return len(self._samples)

    def reformat(self, form: SoundFormat, channels: int) -> None:
        """Take sound of another format from now on."""
        self._form = form
        self._channels = channels
        self._resamplers = [Resampler(form.rate, RATE) for _ in range(channels)]
        self._canceller = _canceller() if channels > 1 else None
        self._echoes: deque[tuple[int, float]] = deque()

    def append(self, audio: object) -> NDArray[np.int16]:
        """Decode and keep a piece, and return it at 16 kHz; `ProtocolError` where it isn't base64 of whole samples."""
        if not isinstance(audio, str):
            raise ProtocolError("invalid_type", "Invalid type for 'audio': expected base64 text.", "audio")
        if len(audio) > _LARGEST_APPEND * 4 // 3:
            raise ProtocolError("invalid_value", "More than 15 MiB of audio in one event.", "audio")
        try:
            data = base64.b64decode(audio, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ProtocolError("invalid_value", f"Invalid 'audio': not base64 ({error}).", "audio") from error
        if len(data) % (self._form.sample_bytes * self._channels):
            raise ProtocolError("invalid_value", "Invalid 'audio': not a whole number of samples.", "audio")
        channels = self._form.decode(data).reshape(-1, self._channels)
        each = [resampler.process(channels[:, index]) for index, resampler in enumerate(self._resamplers)]
        if self._echo_model is not None:
            each[0] = self._echo_model.mix(each[0])
        samples = each[0] if self._canceller is None else self._canceller.clean(np.column_stack(each))
        if self._channels > 1:
            self._listen_for_echo(each[1])
        self._samples = np.concatenate([self._samples, samples])
        if len(self._samples) > _LONGEST:
            self.forget(self.end - _LONGEST)
        return samples

    @property
    def masking(self) -> float:
        """The dBFS below which the newest sound may be an echo that was not wholly taken out."""
        return max((level for _, level in self._echoes), default=-100.0) - _ECHO_LOSS

    def _listen_for_echo(self, played: NDArray[np.int16]) -> None:
        if len(played):
            power = float(np.square(played.astype(np.float64)).mean())
            self._echoes.append((self.end, 10 * np.log10(power / 32768**2 + 1e-12)))
        while self._echoes and self.end - self._echoes[0][0] > _ECHO_TAIL:
            self._echoes.popleft()

    def between(self, start: int, end: int) -> NDArray[np.int16]:
        """What is kept of a stretch, in samples since the session began."""
        first = max(0, start - self._first)
        return self._samples[first : max(first, end - self._first)].copy()

    def forget(self, before: int) -> None:
        """Drop everything before a sample."""
        drop = min(max(0, before - self._first), len(self._samples))
        self._samples = self._samples[drop:].copy()
        self._first += drop


def _canceller() -> EchoCanceller | None:
    try:
        return EchoCanceller()
    except RuntimeError as error:
        log.warning("%s; the speaker will hear itself", error)
        return None
