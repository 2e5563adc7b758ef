"""Sound cards through PortAudio and ALSA: any that works at all, whatever it offers."""

import difflib
import errno
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from voiced.audio import alsa
from voiced.audio.cards import Card, Direction, card_path, holders, read_cards, resolve
from voiced.audio.devices import BusyError, CaptureCallback, DeviceError, PlaybackCallback
from voiced.audio.frames import CAPTURE_RATE, PLAYBACK_RATE
from voiced.audio.resampling import CaptureConverter, PlaybackConverter
from voiced.audio.stream import CAPTURE_SECONDS, LATENCY_SECONDS, PortAudioStream, StreamRefusedError, Work

log = logging.getLogger(__name__)

_INSTEAD = (48_000, 44_100, 32_000, 96_000, 88_200, 192_000, 176_400, 24_000, 22_050, 16_000, 11_025, 8_000)
"""Rates (Hz) to take where ours is refused, best first."""


class SoundCardStream:
    """A running stream of a sound card, converted where the card doesn't offer our format."""

    def __init__(self, stream: PortAudioStream, converter: CaptureConverter | PlaybackConverter | None) -> None:
        self._stream = stream
        self._converter = converter
        self.health = stream.health

    @property
    def latency(self) -> float:
        """Seconds between the callback and the air, conversion included."""
        return self._stream.latency + (self._converter.latency if self._converter else 0.0)

    @property
    def active(self) -> bool:
        """Whether the card still calls back; False at once when it has gone."""
        return self._stream.active

    def rest(self) -> None:
        """Stop calling back, with the device still open; returns within a second."""
        self._stream.rest()

    def resume(self) -> None:
        """Call back again. Raises `DeviceError`."""
        try:
            self._stream.resume()
        except StreamRefusedError as error:
            raise DeviceError(f"it can't be started again: {error}") from error

    def close(self) -> None:
        """Free the device; returns within a second even where its driver hangs."""
        self._stream.close()


class PortAudioDriver:
    """Opens a sound card by ALSA name, card id, PortAudio's name or a part of the card's name.

    Cards are looked for at each opening, so one that was plugged in a moment ago is found, and other streams play on.
    `latency` is the buffer for playing asked of PortAudio, in seconds; it makes at least two periods of it.
    """

    shareable = True  # a sound server mixes; a card of its own says that it is busy

    def __init__(self, latency: float = LATENCY_SECONDS) -> None:
        self._latency = latency

    def open_capture(self, device: str, channels: int, period: int, callback: CaptureCallback) -> SoundCardStream:
        """Begin to capture. Raises `DeviceError` with the fix."""
        plan = _plan(device, Direction.INPUT, channels, CAPTURE_RATE)
        if 1 < plan.channels < channels:
            raise DeviceError(
                f"input device {device!r} has {plan.channels} channels, not {channels}; set audio.input.channels"
            )
        if (plan.rate, plan.channels) == (CAPTURE_RATE, channels):
            return SoundCardStream(self._open(plan, period, lambda data: callback(data[:])), None)
        converter = CaptureConverter(plan.rate, plan.channels, channels, period, callback)
        there = _there(period, CAPTURE_RATE, plan.rate)
        return SoundCardStream(self._open(plan, there, lambda data: converter.feed(data[:])), converter)

    def open_playback(self, device: str, period: int, callback: PlaybackCallback) -> SoundCardStream:
        """Begin to play. Raises `DeviceError` with the fix."""
        plan = _plan(device, Direction.OUTPUT, 1, PLAYBACK_RATE)
        if (plan.rate, plan.channels) == (PLAYBACK_RATE, 1):

            def fill(out: memoryview) -> None:
                out[:] = callback(period)

            return SoundCardStream(self._open(plan, period, fill), None)
        converter = PlaybackConverter(plan.rate, plan.channels, period, callback)
        there = _there(period, PLAYBACK_RATE, plan.rate)

        def convert(out: memoryview) -> None:
            out[:] = converter.fill(there)

        return SoundCardStream(self._open(plan, there, convert), converter)

    def _open(self, plan: "_Plan", period: int, work: Work) -> PortAudioStream:
        form = f"{plan.rate} Hz, {plan.channels} channel(s)"
        try:
            deep = plan.direction is Direction.INPUT and card_path(plan.pcm) is not None
            latency = CAPTURE_SECONDS if deep else self._latency
            urgent = plan.direction is Direction.OUTPUT or not plan.served
            stream = PortAudioStream(plan.pcm, plan.direction, plan.channels, plan.rate, period, work, latency, urgent)
        except StreamRefusedError as error:
            _refused.add((plan.pcm, plan.direction))
            _plan(plan.device, plan.direction, plan.channels, plan.rate)  # ALSA may say why, and better
            raise DeviceError(
                f"{plan.direction} device {plan.device!r} can't be opened ({form}): {error}; "
                "`voiced devices` lists what there is"
            ) from error
        _refused.discard((plan.pcm, plan.direction))
        log.debug("%s device %r: %s, latency %.0f ms", plan.direction, plan.device, form, stream.latency * 1000)
        return stream


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a device is opened: `device` as the owner named it, `pcm` its ALSA name, `rate` and `channels` its own.

    `served` as in `Offer`.
    """

    device: str
    pcm: str
    direction: Direction
    channels: int
    rate: int
    served: bool


_refused: set[tuple[str, Direction]] = set()
"""What PortAudio refused though ALSA offered it, noisily on standard error; so next time ALSA is to try it first."""


def _plan(device: str, direction: Direction, channels: int, ours: int) -> _Plan:
    """What to open at the next attempt. Raises `DeviceError`."""
    cards = read_cards()
    pcm = device
    try:
        pcm = resolve(device, direction, cards, alsa.pcm_names())
        offer = alsa.probe(pcm, direction, channels)
        if not offer.channels or not offer.rates:
            raise DeviceError(f"{direction} device {device!r} offers no channel at any rate we know; it can't be used")
        rate = ours if ours in offer.rates else next(rate for rate in _INSTEAD if rate in offer.rates)
        if (pcm, direction) in _refused:
            alsa.rehearse(pcm, direction, offer.channels, rate)
    except alsa.AlsaError as error:
        raise _explain(error, device, pcm, direction, cards) from error
    except OSError as error:
        raise DeviceError(f"ALSA is missing ({error}); install it: apt-get install libasound2") from error
    return _Plan(device, pcm, direction, offer.channels, rate, offer.served)


def _explain(error: alsa.AlsaError, device: str, pcm: str, direction: Direction, cards: Sequence[Card]) -> DeviceError:
    named = f"{direction} device {device!r}"
    if error.code == errno.EBUSY:
        held = holders(pcm, direction, cards)
        by = " and ".join(map(str, held)) or "another process"
        return BusyError(f"{named} is busy: held by {by}; stop it, or share the card through dsnoop and dmix", held)
    if error.code == errno.ECONNREFUSED:
        return DeviceError(f"{named} is a sound server that does not run; start it, or take a card of `voiced devices`")
    if error.code in (errno.EACCES, errno.EPERM):
        return DeviceError(f"{named} is not yours to use; add the user to the group audio")
    if error.code not in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return DeviceError(f"{named} can't be opened: {error}; is it plugged in? `voiced devices` lists what is")
    there = [card.pcm_name(pcm) for card in cards for pcm in card.pcms if direction in pcm.directions]
    names = [*alsa.pcm_names(), *there, *(card.id for card in cards if card.first(direction))]
    if not names or (device == "default" and not there):
        return DeviceError(
            f"no {direction} device found; is the sound card plugged in? `aplay -l` and `arecord -l` list cards"
        )
    close = difflib.get_close_matches(device, names, 1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return DeviceError(
        f"{named} does not exist; {hint}is it plugged in? `voiced devices` lists what is: {', '.join(names)}"
    )


def _there(period: int, ours: int, rate: int) -> int:
    """Frames a period has at a card's rate, to the nearest."""
    return round(period * rate / ours)
