"""What is heard: speech and effects mixed into one stream. Written by the event loop, read by the driver's thread."""

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np

from voiced.audio.frames import PLAYBACK_RATE, SAMPLE_BYTES, milliseconds

FADE = PLAYBACK_RATE // 200
"""Frames of every fade: 5 ms, against the click."""
DUCKED = 0.25
"""What is left of speech while an effect sounds: -12 dB."""
JITTER_STEP = PLAYBACK_RATE // 50
"""Frames by which the jitter buffer grows at an underrun: 20 ms; it halves with every reply that had none."""
JITTER_LIMIT = PLAYBACK_RATE * 2 // 5
"""The most it grows to: 400 ms, well below the 2 s from which the service's echo cancellation suffers."""
QUIET = PLAYBACK_RATE
"""Frames of silence after which an amplifier may have gone to sleep: 1 s."""


@dataclass(frozen=True, slots=True)
class Cut:
    """An item that a flush kept from being heard whole, and how much of it had been heard."""

    item_id: str
    played_ms: int


@dataclass(slots=True)
class _Item:
    """Frames of an item, and whether more of it may come."""

    written: int = 0
    handed: int = 0
    finished: bool = False


def render(data: bytes, gain: float) -> bytes:
    """PCM16 at a volume. Done when sound is written, so that the driver's thread has only to copy."""
    return data if gain == 1 else (np.frombuffer(data, np.int16) * np.float32(gain)).astype(np.int16).tobytes()


def ramp(data: bytes, begin: float, end: float) -> bytes:
    """PCM16 with its volume going evenly from one factor to another."""
    samples = np.frombuffer(data, np.int16)
    return (samples * np.linspace(begin, end, len(samples), dtype=np.float32)).astype(np.int16).tobytes()


class SpeechTrack:
    """One reply after the other, with an adaptive jitter buffer; not thread-safe by itself.

    Unbounded: a whole reply arrives faster than it is heard, and is kept.
    """

    def __init__(self, gain: float) -> None:
        self._gain = gain
        self._queue: deque[tuple[str, bytes, bytes]] = deque()
        self._offset = 0
        self._waiting_frames = 0
        self._items: dict[str, _Item] = {}
        self._fading = b""
        self._running = False
        self._finished = False
        self._starved = False
        self.item_id = ""
        self.jitter_frames = 0
        self.underruns = 0

    @property
    def empty(self) -> bool:
        """Whether nothing waits to be heard."""
        return not self._queue and not self._fading

    def write(self, item_id: str, data: bytes) -> None:
        """Append PCM16 of an item."""
        self._finished = False
        self._queue.append((item_id, data, render(data, self._gain)))
        self._items.setdefault(item_id, _Item()).written += len(data) // SAMPLE_BYTES
        self._waiting_frames += len(data) // SAMPLE_BYTES

    def set_gain(self, gain: float) -> None:
        """The factor for what waits and what comes."""
        self._gain = gain
        self._queue = deque((item_id, data, render(data, gain)) for item_id, data, _ in self._queue)

    def finish(self) -> None:
        """The reply is complete: running dry is its end, not an underrun."""
        if not self._finished and not self._starved:
            self.jitter_frames //= 2
        self._finished, self._starved = True, False
        for item in self._items.values():
            item.finished = True
        self._items = {item_id: item for item_id, item in self._items.items() if item.handed < item.written}

    def flush(self) -> list[Cut]:
        """Forget everything but a fade, which is still heard, as is what the device holds."""
        self._fading = ramp(self._gather(FADE), 1, 0) if self._queue and self._running else b""
        cuts = [
            Cut(item_id, milliseconds(item.handed, PLAYBACK_RATE))
            for item_id, item in self._items.items()
            if item.handed < item.written or not item.finished
        ]
        self._queue = deque()
        self._items = {}
        self._offset = self._waiting_frames = 0
        self.item_id = ""
        self._running, self._finished, self._starved = False, True, False
        return cuts

    def take(self, frames: int) -> bytes:
        """At most that many frames; empty where there is nothing to hear now."""
        if self._fading:
            faded, self._fading = self._fading, b""
            return faded
        if not self._queue or not (self._running or self._finished or self._waiting_frames >= self.jitter_frames):
            return b""
        resumed, self._running = not self._running and self._starved, True
        sound = self._gather(frames)
        if resumed:
            sound = ramp(sound[: FADE * SAMPLE_BYTES], 0, 1) + sound[FADE * SAMPLE_BYTES :]
        if not self._queue:
            self._running = False
            if not self._finished:
                sound = self._starve(sound)
        return sound

    def _starve(self, sound: bytes) -> bytes:
        """The network is late: end softly, count, and wait a little longer next time."""
        self._starved = True
        self.underruns += 1
        self.jitter_frames = min(self.jitter_frames + JITTER_STEP, JITTER_LIMIT)
        tail = FADE * SAMPLE_BYTES
        return sound[:-tail] + ramp(sound[-tail:], 1, 0)

    def _gather(self, frames: int) -> bytes:
        parts, size = [], frames * SAMPLE_BYTES
        while size and self._queue:
            item_id, _, data = self._queue[0]
            part = data[self._offset : self._offset + size]
            self.item_id = item_id
            item = self._items.setdefault(item_id, _Item())
            item.handed += len(part) // SAMPLE_BYTES
            size -= len(part)
            self._offset += len(part)
            parts.append(part)
            if self._offset == len(data):
                self._queue.popleft()
                self._offset = 0
        sound = parts[0] if len(parts) == 1 else b"".join(parts)
        self._waiting_frames -= len(sound) // SAMPLE_BYTES
        return sound


class EffectTrack:
    """Chimes, notices and alarms, one after the other."""

    def __init__(self, gain: float) -> None:
        self._gain = gain
        self._queue: deque[bytes] = deque()
        self._offset = 0

    @property
    def empty(self) -> bool:
        """Whether nothing waits to be heard."""
        return not self._queue

    def write(self, data: bytes, least_gain: float = 0.0) -> None:
        """Append PCM16."""
        self._queue.append(render(data, max(self._gain, least_gain)))

    def set_gain(self, gain: float) -> None:
        """The factor for what comes."""
        self._gain = gain

    def flush(self) -> None:
        """Forget everything."""
        self._queue = deque()
        self._offset = 0

    def take(self, frames: int) -> bytes:
        """At most that many frames of one effect; empty where there is none."""
        if not self._queue:
            return b""
        data = self._queue[0]
        part = data[self._offset : self._offset + frames * SAMPLE_BYTES]
        self._offset += len(part)
        if self._offset == len(data):
            self._queue.popleft()
            self._offset = 0
        return part


def _gain(volume: int) -> float:
    """The factor for percent."""
    return (volume / 100) ** 2


class Mix:
    """The two tracks under one volume; safe to use from two threads."""

    def __init__(self, volume: int, lead_in_ms: int = 0) -> None:
        self._lock = threading.Lock()
        gain = _gain(volume)
        self._speech = SpeechTrack(gain)
        self._effects = EffectTrack(gain)
        self._duck = 1.0
        self._lead_in = lead_in_ms * PLAYBACK_RATE // 1000
        self._leading = 0
        self._quiet = QUIET

    def set_volume(self, volume: int) -> None:
        """Percent; the amplitude follows its square, which sounds even."""
        gain = _gain(volume)
        with self._lock:
            self._speech.set_gain(gain)
            self._effects.set_gain(gain)

    @property
    def item_id(self) -> str:
        """The item of speech taken last; empty after a flush."""
        return self._speech.item_id

    @property
    def empty(self) -> bool:
        """Whether nothing waits to be heard."""
        return self._speech.empty and self._effects.empty

    @property
    def underruns(self) -> int:
        """How often a reply ran dry before its end."""
        return self._speech.underruns

    @property
    def jitter_ms(self) -> int:
        """How long a reply's first sound is held back at present."""
        return milliseconds(self._speech.jitter_frames, PLAYBACK_RATE)

    def write(self, item_id: str, data: bytes) -> None:
        """Append speech."""
        if data:
            with self._lock:
                self._speech.write(item_id, data)

    def write_effect(self, data: bytes, least_volume: int = 0) -> None:
        """Append an effect, at least so loud (percent); speech is ducked while it sounds."""
        if data:
            with self._lock:
                self._effects.write(data, _gain(least_volume))

    def finish(self) -> None:
        """The reply is complete."""
        with self._lock:
            self._speech.finish()

    def flush(self) -> list[Cut]:
        """Fall silent, with a fade; the items that were not heard whole."""
        with self._lock:
            self._effects.flush()
            return self._speech.flush()

    def rested(self) -> None:
        """The device stood still: an amplifier may have gone to sleep."""
        self._quiet = QUIET

    def take(self, frames: int) -> bytes:
        """Exactly that many frames of PCM16 at the current volume, padded with silence."""
        size = frames * SAMPLE_BYTES
        with self._lock:
            if self._waits_for_amplifier(frames):
                return bytes(size)
            speech, effect = self._speech.take(frames), self._effects.take(frames)
        if not speech and not effect and self._duck == 1:
            self._quiet += frames
            return bytes(size)
        self._quiet = 0
        if not effect and self._duck == 1:
            return speech if len(speech) == size else speech.ljust(size, b"\0")
        duck = DUCKED if effect else 1.0
        mixed = np.frombuffer(ramp(speech.ljust(size, b"\0"), self._duck, duck), np.int16).astype(np.int32)
        self._duck = duck
        mixed[: len(effect) // SAMPLE_BYTES] += np.frombuffer(effect, np.int16)
        return np.clip(mixed, -32768, 32767).astype(np.int16).tobytes()

    def _waits_for_amplifier(self, frames: int) -> bool:
        """Whether sound is about to begin after a silence and the amplifier needs time to wake."""
        if self._quiet >= QUIET and self._lead_in and not self.empty:
            self._leading, self._quiet = self._lead_in, 0
        if self._leading <= 0:
            return False
        self._leading -= frames
        return True
