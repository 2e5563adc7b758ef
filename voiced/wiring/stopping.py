"""The stop words' side of the daemon: a child process that listens while the speaker itself sounds."""

import json
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from voiced.assistant.events import Event, StopWordHeard
from voiced.assistant.phases import CONVERSATION, Phase
from voiced.audio.frames import CAPTURE_RATE, Frame
from voiced.audio.reference import EchoReference
from voiced.cascade.stop_word_stream import HEADER
from voiced.host.streamed_child import StreamedChild

log = logging.getLogger(__name__)

AFTER = 3 * CAPTURE_RATE // 2
"""Frames that are still listened to after the last sound: a word cuts the reply short before it is recognised."""
LATEST = 2 * CAPTURE_RATE
"""Frames after which an answer comes too late to be about what is going on now."""
WAITING = 100
"""Frames that may wait for the child: 2 s in a conversation. When full the oldest is dropped, counted and told."""
_ENVIRONMENT = {
    "NOTIFY_SOCKET": "",
    "OMP_NUM_THREADS": "1",  # threads that numpy's library would start, with nothing to do for them
    "OPENBLAS_NUM_THREADS": "1",
}
_SOUNDING = frozenset({Phase.SPEAKING, Phase.ALERTING})
_READY = CONVERSATION | {Phase.ALERTING}


class Attention:
    """When stop words are listened for, in capture frame indices. Pure."""

    def __init__(self) -> None:
        self._since = self._until = self._position = 0

    def end(self) -> None:
        """Nothing that could be stopped goes on any more."""
        self._until = 0

    def wanted(self, frame: Frame, phase: Phase, *, sounding: bool) -> bool:
        """Whether a frame is to be listened to; `sounding`: the speaker itself sounds now."""
        if sounding and phase in _SOUNDING:
            if frame.position >= self._until:
                self._since = frame.position
            self._until = frame.position + AFTER
        self._position = frame.position + frame.frames
        return frame.position < self._until

    def concerns(self, position: int) -> bool:
        """Whether a word that ended there was about what goes on now."""
        return position > self._since and self._position - position <= LATEST


class Stopping:
    """Hears stop words while a reply or an alarm sounds; `dispatch` gets the events.

    pocketsphinx holds Python's lock while it works, and the loudspeaker's thread needs it every 10 ms: hence a process
    of its own. It starts with the first conversation, stays, and sleeps while nothing sounds.
    """

    def __init__(self, phrases: Sequence[str], reference: EchoReference, dispatch: Callable[[Event], None]) -> None:
        command = [sys.executable, "-m", "voiced", "stopwords", *phrases]
        self._child = StreamedChild("stop words", command, _ENVIRONMENT, self._answered, WAITING)
        self._reference = reference
        self._dispatch = dispatch
        self._attention = Attention()
        self._heard = 0

    async def run(self) -> None:
        """Keep the child alive from the first conversation on, until cancelled."""
        await self._child.run()

    def show(self, phase: Phase) -> None:
        """Take note of a new phase."""
        if phase in _READY:
            self._child.want()
        else:
            self._attention.end()

    def hear(self, frame: Frame, phase: Phase, *, sounding: bool) -> None:
        """Take a frame, of one channel or two; `sounding`: the speaker itself sounds now. Never blocks."""
        if self._attention.wanted(frame, phase, sounding=sounding):
            both = frame if frame.channels > 1 else self._reference.beside(frame)
            self._child.feed(HEADER.pack(both.position, len(both.data)) + both.data)
        elif frame.channels == 1:
            self._reference.mark(frame)

    def status(self) -> Mapping[str, Any]:
        """Counts since the start, for `voiced status`."""
        return {"heard": self._heard, "dropped": self._child.dropped}

    def _answered(self, line: str) -> None:
        try:
            answer = json.loads(line)
            phrase, position, fit = str(answer["phrase"]), int(answer["position"]), float(answer["fit"])
        except (ValueError, KeyError, TypeError):
            log.warning("stop words: not an answer: %.80r", line)
            return
        if not self._attention.concerns(position):
            log.debug("%r came too late", phrase)
            return
        self._heard += 1
        self._dispatch(StopWordHeard(phrase, fit, position))
