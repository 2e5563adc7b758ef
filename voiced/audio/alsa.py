"""What PortAudio doesn't tell of an ALSA device: whether it can be opened now, and what it offers."""

import ctypes
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count, takewhile
from typing import Any

from voiced.audio.cards import Direction

log = logging.getLogger(__name__)

RATES = (8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000)
"""Hz. The rates a device is asked about."""
MOST_CHANNELS = 8
_NON_BLOCKING = 1  # SND_PCM_NONBLOCK: a busy device is told, not waited for
_IOPLUG = 28  # SND_PCM_TYPE_IOPLUG: a plugin does the transfer
_STREAM = {Direction.OUTPUT: 0, Direction.INPUT: 1}  # snd_pcm_stream_t
_PLUMBING = frozenset(
    (
        "null",
        "oss",
        "jack",
        "lavrate",
        "samplerate",
        "speexrate",
        "speex",
        "upmix",
        "vdownmix",
        "usbstream",
        "sysdefault",
    )
)
"""Names that every installation has and that are nobody's sound card."""

_ErrorHandler = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p)


class AlsaError(Exception):
    """ALSA refuses a device; `code` is the errno."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Offer:
    """What a device can do: how many channels, and at which rates (Hz) with `channels` of them.

    `served` by a program, PulseAudio or PipeWire say, and not by the kernel: that keeps captured sound for who is late.
    """

    fewest_channels: int
    most_channels: int
    channels: int
    rates: tuple[int, ...]
    served: bool = False


def probe(pcm: str, direction: Direction, channels: int) -> Offer:
    """Open a device for a moment and ask it; `Offer.channels` is what comes nearest to `channels`.

    Raises `AlsaError`, as when the device is busy, and `OSError` where there is no ALSA.
    """
    lib = _library()
    with _opened(lib, pcm, direction) as handle:
        limits = [ctypes.c_uint(), ctypes.c_uint()]
        with _parameters(lib, handle) as anything:
            lib.snd_pcm_hw_params_get_channels_min(anything, ctypes.byref(limits[0]))
            lib.snd_pcm_hw_params_get_channels_max(anything, ctypes.byref(limits[1]))
            fewest, most = (limit.value for limit in limits)
            nearest = _nearest(
                channels,
                [
                    some
                    for some in range(fewest, min(most, max(channels, MOST_CHANNELS)) + 1)
                    if lib.snd_pcm_hw_params_test_channels(handle, anything, some) == 0
                ],
            )
        with _parameters(lib, handle) as narrowed:
            lib.snd_pcm_hw_params_set_channels(handle, narrowed, nearest)
            rates = [rate for rate in RATES if lib.snd_pcm_hw_params_test_rate(handle, narrowed, rate, 0) == 0]
        served = lib.snd_pcm_type(handle) == _IOPLUG
    return Offer(fewest, most, nearest, tuple(rates), served)


def rehearse(pcm: str, direction: Direction, channels: int, rate: int) -> None:
    """Set a device up as for playing or capturing, for a moment. Raises `AlsaError` where that fails.

    More is asked of the device than by `probe`, and unlike PortAudio it writes nothing to standard error.
    """
    lib = _library()
    with _opened(lib, pcm, direction) as handle, _parameters(lib, handle) as parameters:
        _check(lib, lib.snd_pcm_hw_params_set_channels(handle, parameters, channels))
        _check(lib, lib.snd_pcm_hw_params_set_rate(handle, parameters, rate, 0))
        _check(lib, lib.snd_pcm_hw_params(handle, parameters))


def pcm_names() -> list[str]:
    """The ALSA names that name no card: the default, sound servers, and what the owner wrote into asound.conf."""
    lib = _library()
    lib.snd_config_update_free_global()
    hints = ctypes.POINTER(ctypes.c_void_p)()
    if lib.snd_device_name_hint(-1, b"pcm", ctypes.byref(hints)):
        return []
    names = []
    try:
        for hint in takewhile(bool, (hints[index] for index in count())):
            text = lib.snd_device_name_get_hint(hint, b"NAME")
            name = ctypes.string_at(text).decode(errors="replace")
            _free()(text)
            if ":" not in name and name not in _PLUMBING:
                names.append(name)
    finally:
        lib.snd_device_name_free_hint(hints)
    return names


def _nearest(wanted: int, counts: list[int]) -> int:
    """That many, else the next more, else the most there are; 0 where there are none."""
    more = [some for some in counts if some >= wanted]
    return min(more) if more else max(counts, default=0)


@contextmanager
def _opened(lib: Any, pcm: str, direction: Direction) -> Iterator[ctypes.c_void_p]:  # noqa: ANN401 (a C library)
    lib.snd_config_update_free_global()  # what is plugged in may have changed since the configuration was read
    handle = ctypes.c_void_p()
    _check(lib, lib.snd_pcm_open(ctypes.byref(handle), pcm.encode(), _STREAM[direction], _NON_BLOCKING))
    try:
        yield handle
    finally:
        lib.snd_pcm_close(handle)


@contextmanager
def _parameters(lib: Any, handle: ctypes.c_void_p) -> Iterator[ctypes.c_void_p]:  # noqa: ANN401 (a C library)
    parameters = ctypes.c_void_p()
    _check(lib, lib.snd_pcm_hw_params_malloc(ctypes.byref(parameters)))
    try:
        _check(lib, lib.snd_pcm_hw_params_any(handle, parameters))
        yield parameters
    finally:
        lib.snd_pcm_hw_params_free(parameters)


def _check(lib: Any, result: int) -> None:  # noqa: ANN401 (a C library)
    if result < 0:
        text = ctypes.string_at(lib.snd_strerror(result)).decode(errors="replace")
        raise AlsaError(-result, text)


@cache
def _library() -> Any:  # noqa: ANN401 (a C library)
    lib = ctypes.CDLL("libasound.so.2")  # the one PortAudio uses
    lib.snd_device_name_get_hint.restype = ctypes.c_void_p
    lib.snd_device_name_get_hint.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    lib.snd_strerror.restype = ctypes.c_void_p
    lib.snd_lib_error_set_handler(_HANDLER)
    return lib


@cache
def _free() -> Callable[[int], None]:
    free = ctypes.CDLL(None).free
    free.argtypes = [ctypes.c_void_p]
    free.restype = None
    return free


def _quiet(_file: bytes, _line: int, function: bytes, _code: int, template: bytes) -> None:
    """Keep ALSA's complaints off standard error: a device that is tried every two seconds would fill the journal."""
    log.debug("ALSA: %s: %s", function.decode(errors="replace"), template.decode(errors="replace"))


_HANDLER = _ErrorHandler(_quiet)
