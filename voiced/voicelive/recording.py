"""A recorded conversation as a file: JSON lines, read and written. Pure but for the folder.

The first line is the head: `{"recording": 1, "voiced": VERSION, "began": TIME, "persona": NAME, "sound": BOOL}`. Each
other has `at`, seconds since then, and one of `session` (another session begins: its service's name), `sent` or
`received` (a frame), `ended` (by the service, or by a fault), `event` (what the speaker told its followers),
`truncated`. `n` numbers the sessions.
"""

import contextlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from voiced.voicelive.tap import Direction

VERSION = 1
_TRUNCATED = b'{"truncated": true}\n'
_NAME = re.compile(r"\d{8}T\d{6}\.\d{3}\.jsonl")


class RecordingError(Exception):
    """A file is no recording; the message says where it is wrong."""


@dataclass(frozen=True, slots=True)
class RecordedFrame:
    """A frame, and when it passed (seconds since the recording began)."""

    at: float
    direction: Direction
    frame: Mapping[str, Any]


@dataclass(slots=True)
class RecordedSession:
    """One session: its service, its frames in order, and how it ended.

    Attributes:
        service: its name.
        frames: what passed.
        ended: when it ended by the service or a fault; None where the speaker ended it.
    """

    service: str
    frames: list[RecordedFrame] = field(default_factory=list)
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded conversation.

    Attributes:
        head: version, time, persona.
        sessions: in the order in which they began.
        events: what the speaker told its followers, in order.
        truncated: there was more than room for it.
    """

    head: Mapping[str, Any]
    sessions: Sequence[RecordedSession]
    events: Sequence[Mapping[str, Any]]
    truncated: bool


def read(path: Path) -> Recording:
    """Read a recording. A last line that a power cut left unfinished is passed over. Raises `RecordingError`."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise RecordingError(f"{path} can't be read: {error.strerror}") from error
    whole = [line for line in lines[:-1] if line]
    parsed = [_parse(path, number, line) for number, line in enumerate(whole, 1)]
    if not parsed or parsed[0].get("recording") != VERSION:
        raise RecordingError(f"{path} is no recording of version {VERSION}; `voiced record` makes one")
    sessions: dict[int, RecordedSession] = {}
    events: list[Mapping[str, Any]] = []
    truncated = False
    for number, line in enumerate(parsed[1:], 2):
        try:
            if "event" in line:
                events.append({"at": float(line["at"]), **line["event"]})
            elif "truncated" in line:
                truncated = True
            else:
                _take(sessions, line)
        except (KeyError, TypeError, ValueError) as error:
            raise RecordingError(f"{path}:{number}: not a line of a recording ({error})") from error
    return Recording(parsed[0], list(sessions.values()), events, truncated)


def _take(sessions: dict[int, RecordedSession], line: Mapping[str, Any]) -> None:
    """A line about a session. Raises KeyError, TypeError or ValueError where it is none."""
    number = line["n"]
    if "session" in line:
        sessions[number] = RecordedSession(str(line["session"]))
        return
    session = sessions[number]
    for direction in Direction:
        if direction in line:
            frame = line[direction]
            if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
                raise ValueError("no frame")
            session.frames.append(RecordedFrame(float(line["at"]), direction, frame))
            return
    if line["ended"] is True:
        session.ended = float(line["at"])


def _parse(path: Path, number: int, line: bytes) -> Mapping[str, Any]:
    try:
        parsed = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RecordingError(f"{path}:{number}: not JSON ({error})") from error
    if not isinstance(parsed, dict):
        raise RecordingError(f"{path}:{number}: not a line of a recording")
    return parsed


class RecordingFolder:
    """The files, for their owner only. Every method may raise OSError; none touches a file that is no recording."""

    def __init__(self, path: Path, keep: int, limit: int) -> None:
        self.path = path
        self._keep = keep
        self._limit = limit

    def append(self, name: str, lines: bytes) -> bool:
        """Add whole lines to a recording, the oldest others making room; where there is none, say so in it: False."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)  # where it was there before
        path = self.path / name
        size = _size(path) + len(lines)
        fits = size <= self._limit
        if not fits:
            lines = _TRUNCATED
        self._trim(name, min(size, self._limit))
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        with os.fdopen(os.open(path, flags, 0o600), "ab") as file:
            file.write(lines)
        return fits

    def recordings(self) -> list[Path]:
        """What is kept, oldest first."""
        try:
            return sorted(path for path in self.path.iterdir() if _NAME.fullmatch(path.name))
        except FileNotFoundError:
            return []

    def _trim(self, name: str, size: int) -> None:
        """Remove the oldest until a recording of a size fits beside the others."""
        others = [path for path in self.recordings() if path.name != name]
        sizes = [_size(path) for path in others]
        count, total = len(others) + 1, sum(sizes) + size
        for path, each in zip(others, sizes, strict=True):
            if count <= self._keep and total <= self._limit:
                return
            path.unlink(missing_ok=True)
            count, total = count - 1, total - each


def _size(path: Path) -> int:
    with contextlib.suppress(FileNotFoundError):  # not yet, or the owner has removed it just now
        return path.stat().st_size
    return 0
