"""Sound for thin links: what is sent is made smaller, what comes is made the speaker's own again."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import get_args

import numpy as np
import soxr
from numpy.typing import NDArray

from voiced.assistant.events import Event, ReplyAudioFinished, ReplyAudioReceived
from voiced.audio import g711
from voiced.audio.frames import CAPTURE_RATE, PLAYBACK_RATE, SAMPLE_BYTES

_RATES = {"pcm16": PLAYBACK_RATE, "pcm16_16000hz": 16_000, "pcm16_8000hz": 8000}
_LAWS: tuple[g711.Law, ...] = get_args(g711.Law)


def _resampler(source: int, target: int) -> soxr.ResampleStream:
    # Variable-rate mode gives as much as it is given, some ms late; float, because soxr dithers integers.
    return soxr.ResampleStream(source, target, 1, dtype="float32", quality="HQ", vr=True)


def _to_integers(sound: NDArray[np.float32]) -> NDArray[np.int16]:
    return np.clip(np.rint(sound), -32_768, 32_767).astype(np.int16)


def encoder(form: str) -> Callable[[bytes], bytes]:
    """From PCM16 at the capture rate, mono for all but pcm16, to what an `input_audio_format` sends.

    Gives what is whole at the time; some milliseconds stay inside until more comes. Raises ValueError where the format
    is none of the protocol's.
    """
    if form == "pcm16":
        return bytes
    law = _law(form)
    resampler = _resampler(CAPTURE_RATE, g711.RATE)

    def encode(data: bytes) -> bytes:
        sound = np.frombuffer(data, np.int16).astype(np.float32)
        return g711.encode(_to_integers(resampler.resample_chunk(sound)), law)

    return encode


class Downlink:
    """From what an `output_audio_format` brings to PCM16 at the playback rate, within the events that carry it.

    Raises ValueError where the format is none of the protocol's.
    """

    def __init__(self, form: str) -> None:
        self._law = None if form in _RATES else _law(form)
        self._rate = _RATES.get(form, g711.RATE)
        self._resampler: soxr.ResampleStream | None = None
        self._last: ReplyAudioReceived | None = None
        self._odd = b""

    def decoded(self, event: Event) -> Iterator[Event]:
        """The event with its sound made ours; an item's last sound comes out before its end."""
        match event:
            case ReplyAudioReceived():
                if self._last is None or event.item_id != self._last.item_id:
                    self._begin()
                self._last = event
                yield from self._heard(self._decode(event.data))
            case ReplyAudioFinished():
                if self._last is not None and self._resampler is not None:
                    rest = self._resampler.resample_chunk(np.zeros(0, np.float32), last=True)
                    yield from self._heard(_to_integers(rest).tobytes())
                self._last = None
                yield event
            case _:
                yield event

    def _heard(self, data: bytes) -> Iterator[Event]:
        if self._last is not None and data:
            yield replace(self._last, data=data)

    def _begin(self) -> None:
        """What is left of an interrupted item must not be heard at the beginning of the next."""
        self._odd = b""
        self._resampler = None if self._rate == PLAYBACK_RATE else _resampler(self._rate, PLAYBACK_RATE)

    def _decode(self, data: bytes) -> bytes:
        if self._law is not None:
            samples = g711.decode(data, self._law)
        else:
            data = self._odd + data
            whole = len(data) - len(data) % SAMPLE_BYTES
            data, self._odd = data[:whole], data[whole:]
            samples = np.frombuffer(data, np.int16)
        if self._resampler is None:
            return data
        return _to_integers(self._resampler.resample_chunk(samples.astype(np.float32))).tobytes()


def _law(form: str) -> g711.Law:
    for law in _LAWS:
        if law == form:
            return law
    raise ValueError(f"{form!r} is no format of sound that the service has")
