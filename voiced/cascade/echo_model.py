"""For tests: a room without walls, in which the client's microphone hears what the cascade says through it.

The client is taken to do as voice-live §4.3 and §5.5 want it: it plays sound as soon as it receives it, one piece after
the other, in real time on the clock of its own microphone, and falls silent when the user speaks. What it then really
plays is never known here; so this is for clients that play into no room.
"""

import base64
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voiced.audio.frames import Samples
from voiced.cascade.protocol import Frame
from voiced.cascade.resampling import Resampler
from voiced.cascade.sound_formats import OUTPUT_FORMATS
from voiced.cascade.turns import RATE

LONGEST_CANCELLED_DELAY_MS = 2000
"""From this playback delay on, the service's own echo cancellation fails (voice-live §4.3)."""
_LONGEST_QUEUE = 120 * RATE
"""Samples that may wait to be played by a client that sends no sound meanwhile; what comes then is not heard."""


@dataclass(slots=True)
class _Piece:
    """Sound on its way to the microphone.

    Attributes:
        item_id: what it is a part of.
        offset: its first sample in that.
        heard_at: the microphone's sample that it begins with.
        samples: as loud as they arrive, shape (frames,) at 16 kHz.
    """

    item_id: str
    offset: int
    heard_at: int
    samples: NDArray[np.int32]


class EchoModel:
    """Mixes what was sent into what the microphone hears, later and softer. One session long.

    Where the session asks for `server_echo_cancellation` with the server's own reference, the echo is taken out again,
    wholly, but for playback delays of 2 s or more. A client's reference comes with the sound, and works by itself.

    Args:
        delay_ms: from the moment a piece is sent, or the one before it is over, to when it is heard.
        gain_db: of what is heard over what was sent.
    """

    def __init__(self, delay_ms: int, gain_db: float) -> None:
        self._delay = delay_ms * RATE // 1000
        self._can_be_cancelled = delay_ms < LONGEST_CANCELLED_DELAY_MS
        self._gain = 10 ** (gain_db / 20)
        self._pieces: deque[_Piece] = deque()
        self._now = 0  # the microphone's samples so far
        self._played_until = 0
        self._resampler: Resampler | None = None
        self._session_form = self._form = OUTPUT_FORMATS["pcm16"]
        self._item_id = ""
        self._offset = 0
        self._deaf = False  # the client drops the rest of the response
        self._interruptible = True
        self._cancelled = False

    def sent(self, frame: Frame) -> None:
        """A frame goes to the client."""
        match frame["type"]:
            case "session.created" | "session.updated":
                self._configure(frame["session"])
            case "response.created":
                self._deaf, self._item_id = False, ""
                named = frame.get("response", {}).get("output_audio_format")
                self._form = OUTPUT_FORMATS[named] if named else self._session_form
            case "response.audio.delta":
                self._play(frame["item_id"], self._form.decode(base64.b64decode(frame["delta"])))
            case "response.audio.done":
                self._play_rest()
            case "input_audio_buffer.speech_started":
                if self._interruptible:
                    self._fall_silent()
            case "response.done":
                if frame["response"]["status"] == "cancelled":
                    self._fall_silent()
            case "conversation.item.truncated":
                self._truncate(frame["item_id"], frame["audio_end_ms"] * RATE // 1000)

    def mix(self, microphone: Samples) -> Samples:
        """The next sound of the microphone with the echo in it, shape (frames,) at 16 kHz."""
        begin, end = self._now, self._now + len(microphone)
        self._now = end
        echo = np.zeros(len(microphone), np.int32)
        for piece in self._pieces:
            if piece.heard_at >= end:
                break
            first = max(begin, piece.heard_at)
            sound = piece.samples[first - piece.heard_at : end - piece.heard_at]
            echo[first - begin : first - begin + len(sound)] += sound
        while self._pieces and self._pieces[0].heard_at + len(self._pieces[0].samples) <= end:
            self._pieces.popleft()
        if self._cancelled:
            return microphone
        heard: Samples = np.clip(microphone + echo, -32768, 32767).astype(np.int16)
        return heard

    def _configure(self, session: Frame) -> None:
        echo, turns = session["input_audio_echo_cancellation"], session["turn_detection"]
        self._session_form = OUTPUT_FORMATS[session["output_audio_format"]]
        self._cancelled = self._can_be_cancelled and echo is not None and echo["reference_source"] == "server"
        self._interruptible = turns is not None and bool(turns["interrupt_response"])

    def _play(self, item_id: str, sound: Samples) -> None:
        if self._deaf:
            return
        if self._resampler is None or item_id != self._item_id:
            self._resampler, self._item_id, self._offset = Resampler(self._form.rate, RATE), item_id, 0
        self._queue(self._resampler.process(sound))

    def _play_rest(self) -> None:
        if self._resampler is not None:
            self._queue(self._resampler.flush())
            self._resampler = None

    def _queue(self, sound: Samples) -> None:
        start = max(self._now, self._played_until)
        if start - self._now > _LONGEST_QUEUE:
            return
        loud = np.rint(sound * self._gain).astype(np.int32)
        self._pieces.append(_Piece(self._item_id, self._offset, start + self._delay, loud))
        self._offset += len(sound)
        self._played_until = start + len(sound)

    def _fall_silent(self) -> None:
        self._pieces.clear()
        self._played_until = self._now
        self._resampler = None
        self._deaf = True

    def _truncate(self, item_id: str, end: int) -> None:
        for piece in self._pieces:
            if piece.item_id == item_id:
                piece.samples = piece.samples[: max(0, end - piece.offset)]
        self._pieces = deque(piece for piece in self._pieces if len(piece.samples))
        heard_until = self._pieces[-1].heard_at + len(self._pieces[-1].samples) if self._pieces else 0
        self._played_until = max(self._now, heard_until - self._delay)
        if item_id == self._item_id:
            self._resampler = None
            self._deaf = True
