"""Writes conversations down where the owner asks for it."""

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from voiced import __version__
from voiced.voicelive.recording import VERSION, RecordingFolder
from voiced.voicelive.redaction import without_secrets, without_sound
from voiced.voicelive.tap import Direction

log = logging.getLogger(__name__)

WRITE_SECONDS = 0.5
"""Lines are written this often, off the event loop."""
WAITING_LINES = 20_000
"""Lines that may wait for the disk: minutes of a conversation. When there are more the recording ends."""
_BEFORE = 8
"""Events from before a conversation's opening that are kept with it: what led to it."""
_BEFORE_SECONDS = 3.0
_TALKING = frozenset({"connecting", "listening", "thinking", "speaking", "following_up"})

Line = dict[str, Any]


@dataclass(slots=True, eq=False)
class _Tape:
    """One recording.

    Attributes:
        name: the file's.
        began: when, by the recorder's clock.
        certain: it is kept; a session that was opened in advance may come to nothing.
        over: nothing more comes.
        sessions: how many there were.
        lines: what waits to be written.
    """

    name: str
    began: float
    certain: bool
    over: bool = False
    sessions: int = 0
    lines: list[Line] = field(default_factory=list)


class Take:
    """One session's place on a tape."""

    def __init__(self, write: Callable[[Line], None], service: str) -> None:
        self._write = write
        write({"session": service})

    def look(self, direction: Direction, frame: Mapping[str, Any]) -> None:
        """A tap."""
        self._write({direction.value: frame})

    def end(self) -> None:
        """The service has ended the session, or it broke."""
        self._write({"ended": True})


class Recorder:
    """Records the next conversation once `arm` was called, or `every` one, while `run` runs.

    It begins with `begin`, and ends with the phase that ends the conversation. `clock` gives monotonic seconds, `wall`
    those of the wall clock. What can't be written is one warning and never a fault.
    """

    def __init__(
        self,
        folder: RecordingFolder,
        clock: Callable[[], float],
        *,
        every: bool,
        sound: bool,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._wall = wall
        self._every = every
        self._sound = sound
        self._armed = False
        self._tape: _Tape | None = None
        self._unwritten: list[_Tape] = []
        self._before: deque[tuple[float, Line]] = deque(maxlen=_BEFORE)
        self._work = asyncio.Event()

    def arm(self) -> Mapping[str, Any]:
        """Record the next conversation. Where to."""
        self._armed = True
        return {"folder": str(self._folder.path), "sound": self._sound}

    def begin(self, persona: str, *, certain: bool) -> None:
        """A conversation is opened; one that is not certain is kept once the speaker shows that it connects."""
        self._end()
        if not (self._every or self._armed):
            return
        now, wall = self._clock(), self._wall()
        local = time.strftime("%Y%m%dT%H%M%S", time.localtime(wall))
        self._tape = tape = _Tape(f"{local}.{int(wall % 1 * 1000):03d}.jsonl", now, certain=False)
        head = {"recording": VERSION, "voiced": __version__, "began": local, "persona": persona, "sound": self._sound}
        tape.lines.append(head)
        for at, event in self._before:
            if now - at <= _BEFORE_SECONDS:
                tape.lines.append({"at": round(at - now, 4), "event": event})
        self._before.clear()
        if certain:
            self._keep(tape)

    def session(self, service: str) -> Take | None:
        """A session of the conversation begins; where to put its frames, if anywhere."""
        tape = self._tape
        if tape is None:
            return None
        tape.sessions += 1
        number = tape.sessions
        return Take(lambda line: self._write(tape, {"n": number, **line}), service)

    def note(self, kind: str, fields: Mapping[str, Any]) -> None:
        """Something happened that followers of the control socket are told."""
        event = {"event": kind, **fields}
        tape = self._tape
        if tape is None:
            self._before.append((self._clock(), event))
            return
        self._write(tape, {"event": event})
        if kind == "phase" and fields.get("phase") in _TALKING:
            self._keep(tape)
        elif kind == "phase":
            self._end()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._work.wait()
            self._work.clear()
            taken = self._taken()
            self._complain(await asyncio.to_thread(self._write_down, taken))
            await asyncio.sleep(WRITE_SECONDS)

    def close(self) -> None:
        """Write what is not yet written."""
        self._end()
        self._complain(self._write_down(self._taken()))

    def _keep(self, tape: _Tape) -> None:
        if not tape.certain:
            tape.certain = True
            self._armed = False
            self._unwritten.append(tape)
            self._work.set()

    def _end(self) -> None:
        tape, self._tape = self._tape, None
        if tape is not None:
            tape.over = True

    def _write(self, tape: _Tape, line: Line) -> None:
        """Add a line; what a session sends after the end is not about this conversation any more."""
        if tape.over:
            return
        tape.lines.append({"at": round(self._clock() - tape.began, 4), **line})
        if len(tape.lines) > WAITING_LINES:
            log.warning("the recording of this conversation ends here: the disk is too slow for it")
            tape.lines.append({"truncated": True})
            tape.over = True
        if tape.certain:
            self._work.set()

    def _taken(self) -> list[tuple[_Tape, list[Line]]]:
        """What waits to be written."""
        taken = []
        for tape in self._unwritten:
            lines, tape.lines = tape.lines, []
            if lines:
                taken.append((tape, lines))
        self._unwritten = [tape for tape in self._unwritten if not tape.over]
        return taken

    def _write_down(self, taken: list[tuple[_Tape, list[Line]]]) -> list[tuple[_Tape, str]]:
        """Write it; which tapes end here, and why."""
        ended = []
        for tape, lines in taken:
            try:
                if not self._folder.append(tape.name, b"".join(self._encoded(line) for line in lines)):
                    ended.append((tape, "there is no more room for it; see privacy.recordings.megabytes"))
            except OSError as error:
                ended.append((tape, f"it can't be written to {self._folder.path}: {error.strerror}"))
        return ended

    def _complain(self, ended: list[tuple[_Tape, str]]) -> None:
        for tape, why in ended:
            log.warning("the recording of this conversation ends here: %s", why)
            tape.over = True
            tape.lines.clear()

    def _encoded(self, line: Line) -> bytes:
        shown = without_secrets(line if self._sound else without_sound(line))
        return json.dumps(shown, default=str).encode() + b"\n"
