"""Every frame of the cascade's sessions with its time, for who develops a client; long sound is cut short."""

import json
import logging
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from voiced.cascade.line import Note

_log = logging.getLogger(__name__)
_LONG_TEXT = re.compile(r'"[A-Za-z0-9+/=]{200,}"')
_TOKENS = re.compile(r'("authorization"\s*:\s*)"(?:[^"\\]|\\.)*"', re.IGNORECASE)
_HEADERS = re.compile(r'("headers"\s*:\s*)\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}')
"""With these a session proves to MCP servers who its owner is."""
_LONGEST_BINARY = 32
_DIRECTIONS = {"->": "service", "<-": "client", "--": "fault"}


class FrameLog:
    """Writes frames to the journal at DEBUG and, where a file is given, as JSON lines to that.

    A line is {"at": seconds since the session began, "session", "from": "service", "client" or "fault", "frame"};
    what is no JSON object is "text" instead. The file is made anew, for its owner's eyes only.

    Args:
        path: of the file.
        clock: in seconds.

    Raises:
        OSError: the file can't be written.
    """

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._file: TextIO | None = None if path is None else _private(path)

    def begin(self, session_id: str) -> Note:
        """What notes the frames of a session that begins now."""
        began = self._clock()

        def note(direction: str, content: str | bytes) -> None:
            debugging = _log.isEnabledFor(logging.DEBUG)
            if self._file is None and not debugging:
                return
            at, shown = self._clock() - began, _shortened(content)
            if debugging:
                _log.debug("%s %9.3f %s %s", session_id, at, direction, shown)
            if self._file is not None:
                line = {"at": round(at, 6), "session": session_id, "from": _DIRECTIONS[direction], **_parsed(shown)}
                self._file.write(json.dumps(line) + "\n")
                self._file.flush()

        return note

    def close(self) -> None:
        """Nothing more is written."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _private(path: Path) -> TextIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8")


def _shortened(content: str | bytes) -> str:
    if isinstance(content, bytes):
        return f"{len(content)} bytes: {content[:_LONGEST_BINARY].hex()}"
    content = _HEADERS.sub(r"\1{}", _TOKENS.sub(r'\1"(removed)"', content))
    return _LONG_TEXT.sub(lambda match: f'"({len(match[0])} characters)"', content)


def _parsed(text: str) -> dict[str, object]:
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return {"text": text}
    return {"frame": frame} if isinstance(frame, dict) else {"text": text}
