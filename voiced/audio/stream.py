"""A PortAudio stream on an ALSA device given by name, not by PortAudio's number of it.

PortAudio numbers the devices it saw when it was initialised; sounddevice opens by these numbers only. A card that is
plugged in later is then found only by ending PortAudio, and every stream with it. PortAudio also opens a device by its
ALSA name (`PaAlsaStreamInfo` in pa_linux_alsa.h), whenever it came, so that is what is called here.
"""

import atexit
import ctypes
import logging
import math
import threading
import time
from collections.abc import Callable
from threading import get_ident
from typing import Any

from voiced.audio.cards import Direction, card_path
from voiced.audio.devices import DeviceError, StreamHealth
from voiced.audio.frames import SAMPLE_BYTES
from voiced.audio.priority import URGENCY

try:
    import sounddevice
except OSError as error:  # the package is there, the C library isn't
    raise DeviceError(f"PortAudio is missing ({error}); install it: apt-get install libportaudio2") from error

log = logging.getLogger(__name__)

LATENCY_SECONDS = 0.0087
"""What PortAudio calls low for ALSA; it makes a buffer of at least two periods."""
CAPTURE_SECONDS = 0.24
"""A card's buffer for capture: sound waits there for a busy machine. It is taken each period, so that costs no time;
a sound server, which has a buffer of its own, would bring the sound in larger pieces."""
SETTLE_SECONDS = 0.1
"""A stream that lives for this long, or has brought sound, is open: some die only once they are started."""
SILENT_SECONDS = 1.0
"""A stream that is not called for this long is dead, whatever PortAudio says of it."""
CLOSE_SECONDS = 1.0
"""A device that takes longer to close is left behind."""
_ffi, _lib = sounddevice._ffi, sounddevice._lib  # noqa: SLF001 (sounddevice's own names for the library it has loaded)
_BY_NAME = -2  # paUseHostApiSpecificDeviceSpecification
_ALSA = 8  # paALSA
_INT16 = 8  # paInt16
_XRUNS = 1 | 2 | 4 | 8  # paInputUnderflow … paOutputOverflow
_CONTINUE = 0  # paContinue
_alsa = ctypes.CDLL(sounddevice._libname)  # noqa: SLF001 (PortAudio's functions for ALSA, which sounddevice leaves out)
_opening = threading.Lock()
"""The number of periods is PortAudio's, not a stream's."""
_HOST_ERROR = -9999  # paUnanticipatedHostError

Work = Callable[[Any], None]
"""Takes or fills the bytes of one period, on a thread of PortAudio's."""


def version() -> str:
    """PortAudio's own name and version."""
    return str(sounddevice.get_portaudio_version()[1]).partition(",")[0]


class StreamRefusedError(Exception):
    """PortAudio can't open or start a stream; the message has its reason."""


class _AlsaStreamInfo(ctypes.Structure):
    """`PaAlsaStreamInfo`."""

    _fields_ = (
        ("size", ctypes.c_ulong),
        ("host_api_type", ctypes.c_int),
        ("version", ctypes.c_ulong),
        ("device", ctypes.c_char_p),
    )


class PortAudioStream:
    """A running stream of PCM16. Raises `StreamRefusedError`.

    `urgent`: its thread asks for real-time priority. Before a sound server's own thread, of which it takes what was
    captured, that only makes the two wait for each other: half as much CPU again.
    """

    def __init__(
        self,
        pcm: str,
        direction: Direction,
        channels: int,
        rate: int,
        period: int,
        work: Work,
        latency: float,
        urgent: bool,  # noqa: FBT001 (positional like the rest)
    ) -> None:
        self._pcm = pcm
        self.health = StreamHealth(rate, channels)
        self._finished = self._resting = False
        self._proven = threading.Event()
        self._closing = threading.Lock()
        self._closed = False
        self._card = card_path(pcm)
        self._called_at = time.monotonic()
        info = _AlsaStreamInfo(ctypes.sizeof(_AlsaStreamInfo), _ALSA, 1, pcm.encode())
        address = _ffi.cast("void*", ctypes.addressof(info))
        parameters = _ffi.new("PaStreamParameters*", (_BY_NAME, channels, _INT16, latency, address))
        both = (parameters, _ffi.NULL) if direction is Direction.INPUT else (_ffi.NULL, parameters)
        self._callbacks = (
            _ffi.callback(
                "PaStreamCallback", self._callback(direction, channels, period, rate, work, urgent), error=_lib.paAbort
            ),
            _ffi.callback("PaStreamFinishedCallback", self._finish),
        )  # as long as the stream
        opened = _ffi.new("PaStream**")
        with _opening:
            _alsa.PaAlsa_SetNumPeriods(max(2, math.ceil(latency * rate / period)))  # else it makes periods longer
            _check(_lib.Pa_OpenStream(opened, *both, rate, period, 0, self._callbacks[0], _ffi.NULL))
        self._stream = opened[0]
        try:
            _check(_lib.Pa_SetStreamFinishedCallback(self._stream, self._callbacks[1]))
            described = _lib.Pa_GetStreamInfo(self._stream)
            self.latency = float(described.inputLatency if direction is Direction.INPUT else described.outputLatency)
            self._called_at = time.monotonic()
            _check(_lib.Pa_StartStream(self._stream))
            self._settle()
        except StreamRefusedError:
            self.close()
            raise

    @property
    def active(self) -> bool:
        """Whether PortAudio still calls back; False when its thread has ended, or the card has gone.

        PortAudio goes on waiting for a card that was unplugged, and says that the stream is active.
        """
        with self._closing:
            return (
                not self._closed
                and (self._card is None or self._card.exists())
                and (self._resting or self._calls_back())
            )

    def _calls_back(self) -> bool:
        return (
            not self._finished
            and _lib.Pa_IsStreamActive(self._stream) == 1
            and time.monotonic() < self._called_at + SILENT_SECONDS
        )

    def rest(self) -> None:
        """Stop calling back, with the device still open, until `resume`; returns within `CLOSE_SECONDS`."""
        with self._closing:
            if self._closed or self._resting:
                return
            self._resting = True
            self._within_reason(_lib.Pa_AbortStream, "stop")

    def resume(self) -> None:
        """Call back again. Raises `StreamRefusedError`."""
        with self._closing:
            if self._closed or not self._resting:
                return
            self._resting = self._finished = False
            self._called_at = time.monotonic()
            _check(_lib.Pa_StartStream(self._stream))

    def _settle(self) -> None:
        if self._proven.wait(SETTLE_SECONDS) and self._finished:
            raise StreamRefusedError("it ended as soon as it was started")

    def close(self) -> None:
        """End the stream; returns within `CLOSE_SECONDS` even where the driver hangs."""
        with self._closing:
            closed, self._closed = self._closed, True
        if closed:
            return
        self._within_reason(_lib.Pa_CloseStream, "close")

    def _within_reason(self, call: Callable[[Any], int], verb: str) -> None:
        """Call PortAudio; a driver that hangs is left behind."""
        caller = threading.Thread(target=call, args=(self._stream,), name=verb, daemon=True)
        caller.start()
        caller.join(CLOSE_SECONDS)
        if caller.is_alive():
            log.warning("%s does not %s; it is left behind, the next attempt opens it anew", self._pcm, verb)
            self._closed = True
            _left_behind.append((caller, self))

    def _callback(
        self,
        direction: Direction,
        channels: int,
        period: int,
        rate: int,
        work: Work,
        urgent: bool,  # noqa: FBT001 (as above)
    ) -> Callable[..., int]:
        frame, health, buffer, now = channels * SAMPLE_BYTES, self.health, _ffi.buffer, time.monotonic
        proof = self._proven if direction is Direction.INPUT else None  # playing asks for sound before it works
        late, claimed = 3 * period / rate, 0

        def call_back(captured: Any, played: Any, frames: int, _time: Any, status: int, _user: Any) -> int:  # noqa: ANN401
            nonlocal proof, claimed
            at = now()
            if urgent and claimed != (thread := get_ident()):  # a stream that rested has a new thread
                claimed = thread
                URGENCY.claim()
            if at - self._called_at > late and health.frames:
                health.late += 1
            if proof is not None:
                proof.set()
                proof = None
            self._called_at = at
            if status & _XRUNS:
                health.xruns += 1
            work(buffer(captured or played, frames * frame))
            health.frames += frames
            health.busy += now() - at
            return _CONTINUE

        return call_back

    def _finish(self, _user: object) -> None:
        self._finished = True
        self._proven.set()


_left_behind: list[tuple[threading.Thread, PortAudioStream]] = []
"""Streams whose driver hangs; PortAudio may yet call what they hold."""


@atexit.register  # after sounddevice's own, so called before it
def _leave() -> None:
    if any(caller.is_alive() for caller, _ in _left_behind):
        sounddevice._initialized = 0  # noqa: SLF001 (else it ends PortAudio, which would wait for these streams too)


def _check(result: int) -> None:
    if result >= 0:
        return
    told = _lib.Pa_GetLastHostErrorInfo().errorText if result == _HOST_ERROR else _ffi.NULL
    text = _ffi.string(told).decode(errors="replace") if told else ""
    raise StreamRefusedError(text or _ffi.string(_lib.Pa_GetErrorText(result)).decode())
