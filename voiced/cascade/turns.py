"""Where a turn begins and ends, on the time of the sound itself, by how speech-like its frames are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.loudness import RATE, Loudness

_GAP_MS = 100
"""Quiet that doesn't yet break the beginning of speech: the closure of a "t"."""
_LEAST_VOICED = 0.6
"""Share of the beginning that must be speech, so that two clicks aren't."""
_PAUSE_MS = 150
LONGEST_TURN_MS = 30_000


class Edge(StrEnum):
    """What happened at a moment of the sound."""

    STARTED = "started"
    PAUSED = "paused"
    """Quiet that may become the end: a good moment to begin recognising."""
    RESUMED = "resumed"
    """Speech after a pause, or after a quiet for which a patience was set."""
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


class VoiceActivity(Protocol):
    """Tells speech from other sound, frame by frame. It learns from what it hears: one for each session."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def frame(self) -> int:
        """Samples looked at together, at 16 kHz."""

    @property
    def late_ms(self) -> float:
        """By how much it hears of a silence later than that begins."""

    def measure(self, frames: NDArray[np.int16], masking: float) -> Sequence[float]:
        """How speech-like each frame is, of shape (count, frame); what is below `masking` dBFS may be an echo."""

    def is_speech(self, measured: float, *, threshold: float, speaking: bool) -> bool:
        """Whether the next frame is speech; asked once for each, in order.

        Args:
            measured: of that frame.
            threshold: the session's, from 0 to 1.
            speaking: whether a turn is under way.
        """


class TurnDetector:
    """Finds turns in a stream of 16 kHz sound that may arrive in pieces of any size, at any speed.

    Args:
        rules: may be replaced at any time.
        at: position of the first sample that will be processed.
        activity: tells speech from other sound; by default its energy.
    """

    def __init__(self, rules: TurnRules, at: int = 0, activity: VoiceActivity | None = None) -> None:
        self.rules = rules
        self.masking = -100.0
        """dBFS below which sound may be what is left of the speaker's own voice; set before `process`."""
        self.patience_ms: float | None = None
        """The silence that ends the turn if the present quiet goes on, in place of the rules'; gone with that quiet."""
        self.activity: VoiceActivity = activity or Loudness()
        self._origin = at
        self._rest = np.zeros(0, np.int16)
        self._frames = 0
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
    def quiet_since(self) -> int | None:
        """The sample at which the present quiet within a turn began; None while there is speech, or no turn."""
        if not self.speaking or not self._quiet:
            return None
        return self._position - int(self._quiet_ms * RATE / 1000)

    @property
    def _position(self) -> int:
        return self._origin + self._frames * self.activity.frame

    def reset(self) -> None:
        """Forget a turn under way, keep what is known about the noise."""
        self._candidate = self._speaking_since = self.patience_ms = None
        self._voiced = self._quiet = 0
        self._paused = False

    def process(self, samples: NDArray[np.int16]) -> Iterator[TurnEdge]:
        """Look at more sound, shape (frames,); the edges in it, in order."""
        sound = np.concatenate([self._rest, samples])
        length = self.activity.frame
        count = len(sound) // length
        self._rest = sound[count * length :]
        if not count:
            return
        for measured in self.activity.measure(sound[: count * length].reshape(count, length), self.masking):
            self._frames += 1
            voiced = self.activity.is_speech(measured, threshold=self.rules.threshold, speaking=self.speaking)
            if self._speaking_since is None:
                yield from self._waiting(voiced=voiced)
            else:
                yield from self._speaking(self._speaking_since, voiced=voiced)

    def _ms(self, frames: int) -> float:
        return frames * self.activity.frame * 1000 / RATE

    @property
    def _quiet_ms(self) -> float:
        return self._ms(self._quiet) + self.activity.late_ms if self._quiet else 0.0

    def _waiting(self, *, voiced: bool) -> Iterator[TurnEdge]:
        if not voiced:
            self._quiet += 1
            if self._ms(self._quiet) > _GAP_MS:
                self._candidate = None
            return
        self._quiet = 0
        if self._candidate is None:
            self._candidate, self._voiced = self._frames - 1, 0
        self._voiced += 1
        lasted = self._frames - self._candidate
        if self._ms(lasted) >= self.rules.speech_duration_ms and self._voiced >= _LEAST_VOICED * lasted:
            self._speaking_since, self._candidate, self._paused = self._candidate, None, False
            padding = int(self.rules.prefix_padding_ms * RATE / 1000)
            yield TurnEdge(Edge.STARTED, max(0, self._origin + self._speaking_since * self.activity.frame - padding))

    def _speaking(self, since: int, *, voiced: bool) -> Iterator[TurnEdge]:
        if voiced:
            interrupted = self._paused or self.patience_ms is not None
            self._quiet, self.patience_ms, self._paused = 0, None, False
            if interrupted:
                yield TurnEdge(Edge.RESUMED, self._position)
        else:
            self._quiet += 1
        quiet_ms = self._quiet_ms
        usual = self.rules.silence_duration_ms
        too_long = self._ms(self._frames - since) >= LONGEST_TURN_MS
        if quiet_ms >= (usual if self.patience_ms is None else self.patience_ms) or too_long:
            self.reset()
            yield TurnEdge(Edge.STOPPED, self._position)
        elif not self._paused and quiet_ms >= max(10, min(_PAUSE_MS, usual / 2)):
            self._paused = True
            yield TurnEdge(Edge.PAUSED, self._position)


__all__ = ["LONGEST_TURN_MS", "RATE", "Edge", "TurnDetector", "TurnEdge", "TurnRules", "VoiceActivity"]
