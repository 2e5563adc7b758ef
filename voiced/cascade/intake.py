"""The sound a client sends: decoded, at 16 kHz, on a clock of its own, as much of it as is still needed."""

import base64
import binascii
import logging
from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.echo import EchoCanceller
from voiced.cascade.echo_model import EchoModel
from voiced.cascade.protocol import ProtocolError
from voiced.cascade.resampling import Resampler
from voiced.cascade.sound_buffer import SoundBuffer
from voiced.cascade.sound_formats import SoundFormat
from voiced.cascade.turns import RATE

_LARGEST_APPEND = 15 * 1024 * 1024
"""Bytes of one `input_audio_buffer.append`, the service's limit."""
_LONGEST = 120 * RATE
"""Samples kept of a turn that a client won't end; the oldest are dropped."""
_TEXT = 1 << 20
"""Characters of base64 decoded at a time, about 3 ms; a multiple of four."""
_PIECES_A_SECOND = 10
"""Sound is worked on in pieces of a tenth of a second, which take 0.3 to 4 ms, most with Silero."""
_ECHO_LOSS = 25.0
"""dB by which what is left of an echo is at least below what was played."""
_ECHO_TAIL = 3 * RATE // 10
"""Samples for which an echo goes on after what was played: 300 ms."""

_log = logging.getLogger(__name__)


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
        self._kept = SoundBuffer(_LONGEST)

    @property
    def end(self) -> int:
        """Samples received since the session began, at 16 kHz."""
        return self._kept.end

    @property
    def held(self) -> int:
        """Samples in the buffer."""
        return self._kept.held

    def reformat(self, form: SoundFormat, channels: int) -> None:
        """Take sound of another format from now on."""
        self._form = form
        self._channels = channels
        self._resamplers = [Resampler(form.rate, RATE) for _ in range(channels)]
        self._canceller = _canceller() if channels > 1 else None
        self._echoes: deque[tuple[int, float]] = deque()

    def append(self, audio: object) -> Iterator[NDArray[np.int16]]:
        """Decode and keep sound, and give it at 16 kHz, piece by piece, of which some may be empty.

        Between two pieces others may do their work. `ProtocolError`, before the first sound, where it isn't base64 of
        whole samples.
        """
        if not isinstance(audio, str):
            raise ProtocolError("invalid_type", "Invalid type for 'audio': expected base64 text.", "audio")
        if len(audio) > _LARGEST_APPEND * 4 // 3:
            raise ProtocolError("invalid_value", "More than 15 MiB of audio in one event.", "audio")
        data = bytearray()
        for start in range(0, len(audio), _TEXT):
            if start:
                yield np.zeros(0, np.int16)
            data += _decoded(audio[start : start + _TEXT], last=start + _TEXT >= len(audio))
        frame = self._form.sample_bytes * self._channels
        if len(data) % frame:
            raise ProtocolError("invalid_value", "Invalid 'audio': not a whole number of samples.", "audio")
        step = self._form.rate // _PIECES_A_SECOND * frame
        for start in range(0, len(data), step):
            yield self._take(bytes(data[start : start + step]))

    def _take(self, data: bytes) -> NDArray[np.int16]:
        channels = self._form.decode(data).reshape(-1, self._channels)
        each = [resampler.process(channels[:, index]) for index, resampler in enumerate(self._resamplers)]
        if self._echo_model is not None:
            each[0] = self._echo_model.mix(each[0])
        samples = self._without_echo(each)
        if self._channels > 1:
            self._listen_for_echo(each[1])
        self._kept.add(samples)
        return samples

    def _without_echo(self, channels: list[NDArray[np.int16]]) -> NDArray[np.int16]:
        if self._canceller is None:
            return channels[0]
        try:
            return self._canceller.clean(np.column_stack(channels))
        except Exception as error:  # noqa: BLE001 (a library of others may raise anything; the session outlives it)
            _log.error(
                "The echo canceller failed, and the speaker will hear itself: %s: %s", type(error).__name__, error
            )
            _log.debug("Where that was", exc_info=error)
            self._canceller = None
            return channels[0]

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
        return self._kept.between(start, end)

    def forget(self, before: int) -> None:
        """Drop everything before a sample."""
        self._kept.forget(before)


def _decoded(text: str, *, last: bool) -> bytes:
    """The bytes of a stretch of base64, which is padded at its very end only."""
    try:
        return base64.b64decode(text if last else text.replace("=", "*"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProtocolError("invalid_value", f"Invalid 'audio': not base64 ({error}).", "audio") from error


def _canceller() -> EchoCanceller | None:
    try:
        return EchoCanceller()
    except RuntimeError as error:
        _log.warning("%s; the speaker will hear itself", error)
        return None
