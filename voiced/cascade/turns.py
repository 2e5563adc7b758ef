"""Where a turn begins and ends, by energy over an adaptive noise floor, on the time of the sound itself."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
"""Hz of the sound that is looked at."""
_FRAME = RATE // 100
"""Samples looked at together: 10 ms."""
_SMOOTHED = 3
"""Frames whose loudest counts, so that a glottal pulse's valley isn't silence."""
_FIRST_FLOOR = -47.0
"""dBFS of noise assumed until it is known."""
_QUIETEST_FLOOR = -65.0
_BLOCK = 50
"""Frames of one block of the floor's memory."""
_BLOCKS = 6
"""Blocks whose minimum is the floor: 3 s, longer than people speak without a pause."""
_LEAST_MARGIN, _MARGIN_PER_THRESHOLD = 5.0, 8.0
"""dB over the floor that are speech: 9 at the usual threshold of 0.5."""
_HYSTERESIS = 3.0
_GAP = 10
"""Frames of quiet that don't yet break the beginning of speech: the closure of a "t"."""
_LEAST_VOICED = 0.6
"""Share of the beginning that must be loud, so that two clicks aren't speech."""
_PAUSE_MS = 200
LONGEST_TURN_MS = 30_000


class Edge(StrEnum):
    """What happened at a moment of the sound."""

    STARTED = "started"
    PAUSED = "paused"
    """Quiet that may become the end: a good moment to begin recognising."""
    RESUMED = "resumed"
    """Speech after a pause."""
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class TurnEdge:
    """A moment at which a turn begins, pauses or ends.

    Attributes:
        at: its sample since the sound began. Of STARTED the first one of the padding before the speech, of the others
            the last one looked at, after the silence.
    """

    edge: Edge
    at: int


@dataclass(frozen=True, slots=True)
class TurnRules:
    """The numbers of a session's `turn_detection`."""

    threshold: float = 0.5
    prefix_padding_ms: float = 400
    silence_duration_ms: float = 500
    speech_duration_ms: float = 200


class TurnDetector:
    """Finds turns in a stream of 16 kHz sound that may arrive in pieces of any size, at any speed.

    Args:
        rules: may be replaced at any time.
        at: position of the first sample that will be processed.
    """

    def __init__(self, rules: TurnRules, at: int = 0) -> None:
        self.rules = rules
        self.masking = -100.0
        """dBFS below which sound may be what is left of the speaker's own voice; set before `process`."""
        self._origin = at
        self._rest = np.zeros(0, np.int16)
        self._frames = 0
        self._levels: deque[float] = deque(maxlen=_SMOOTHED)
        self._minima: deque[float] = deque(maxlen=_BLOCKS)
        self._block = _FIRST_FLOOR
        self._block_frames = 0
        self._candidate: int | None = None
        self._voiced = 0
        self._quiet = 0
        self._speaking_since: int | None = None
        self._paused = False

    @property
    def speaking(self) -> bool:
        """Whether a turn is under way."""
        return self._speaking_since is not None

    @property
    def _position(self) -> int:
        return self._origin + self._frames * _FRAME

    def reset(self) -> None:
        """Forget a turn under way, keep what is known about the noise."""
        self._candidate = self._speaking_since = None
        self._voiced = self._quiet = 0
        self._paused = False

    def process(self, samples: NDArray[np.int16]) -> Iterator[TurnEdge]:
        """Look at more sound, shape (frames,); the edges in it, in order."""
        sound = np.concatenate([self._rest, samples])
        count = len(sound) // _FRAME
        self._rest = sound[count * _FRAME :]
        if not count:
            return
        frames = sound[: count * _FRAME].reshape(count, _FRAME).astype(np.float64)
        # without the offset that cheap microphones have
        powers = np.square(frames - frames.mean(axis=1, keepdims=True)).mean(axis=1)
        for level in 10 * np.log10(powers / 32768**2 + 1e-12):
            self._frames += 1
            yield from self._frame(float(level))

    def _frame(self, level: float) -> Iterator[TurnEdge]:
        self._levels.append(level)
        smoothed = max(self._levels) if self.speaking else level
        margin = _LEAST_MARGIN + _MARGIN_PER_THRESHOLD * self.rules.threshold
        loud = smoothed > max(self._floor(level), self.masking) + margin - (_HYSTERESIS if self.speaking else 0.0)
        if self._speaking_since is None:
            yield from self._waiting(loud=loud)
        else:
            yield from self._speaking(self._speaking_since, loud=loud)

    def _waiting(self, *, loud: bool) -> Iterator[TurnEdge]:
        if not loud:
            self._quiet += 1
            if self._quiet > _GAP:
                self._candidate = None
            return
        self._quiet = 0
        if self._candidate is None:
            self._candidate, self._voiced = self._frames - 1, 0
        self._voiced += 1
        lasted = self._frames - self._candidate
        if lasted * 10 >= self.rules.speech_duration_ms and self._voiced >= _LEAST_VOICED * lasted:
            self._speaking_since, self._candidate, self._paused = self._candidate, None, False
            padding = int(self.rules.prefix_padding_ms * RATE / 1000)
            yield TurnEdge(Edge.STARTED, max(0, self._origin + self._speaking_since * _FRAME - padding))

    def _speaking(self, since: int, *, loud: bool) -> Iterator[TurnEdge]:
        self._quiet = 0 if loud else self._quiet + 1
        if loud and self._paused:
            self._paused = False
            yield TurnEdge(Edge.RESUMED, self._position)
        too_long = (self._frames - since) * 10 >= LONGEST_TURN_MS
        if self._quiet * 10 >= self.rules.silence_duration_ms or too_long:
            self.reset()
            yield TurnEdge(Edge.STOPPED, self._position)
        elif not self._paused and self._quiet * 10 >= max(10, min(_PAUSE_MS, self.rules.silence_duration_ms / 2)):
            self._paused = True
            yield TurnEdge(Edge.PAUSED, self._position)

    def _floor(self, level: float) -> float:
        """The quietest of the last seconds, in dBFS."""
        self._block = min(self._block, level) if self._block_frames else level
        self._block_frames += 1
        floor = min(self._block, *self._minima) if self._minima else min(self._block, _FIRST_FLOOR)
        if self._block_frames == _BLOCK:
            self._minima.append(self._block)
            self._block_frames = 0
        return max(_QUIETEST_FLOOR, floor)
