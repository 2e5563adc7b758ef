"""A recorded session, given again to whoever says the client's part of it. Without I/O."""

import base64
import json
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from voiced.cascade.faults.kinds import FaultError
from voiced.cascade.outputs import Output, Send
from voiced.cascade.protocol import Frame, ProtocolError, error_event
from voiced.cascade.session import Session

_SOUND = "input_audio_buffer.append"
_CUT_SHORT = re.compile(r"\((\d+) characters\)")
_QUOTES = 2


@dataclass(frozen=True, slots=True)
class Recorded:
    """A frame of a recording."""

    sender: Literal["service", "client"]
    frame: Frame


def read_recording(lines: Iterable[str]) -> list[Recorded]:
    """The frames of one session from the lines of a frame log; faults in it are left out.

    Sound that the log has cut short becomes as much silence. Raises `FaultError`.
    """
    recorded: list[Recorded] = []
    session: object = None
    for number, line in enumerate(lines, 1):
        match _json(line):
            case {"from": "fault"}:
                continue
            case {"from": "service" | "client" as sender, "frame": {"type": str()} as frame, **others}:
                session = others.get("session") if session is None else session
                if others.get("session") == session:
                    recorded.append(Recorded(sender, _silenced(frame)))
            case _:
                raise FaultError(f"line {number} is no line of a frame log")
    if not recorded or recorded[0].sender != "service":
        raise FaultError("a recording begins with a frame of the service")
    return recorded


class ReplayedSession(Session):
    """Sends what was recorded, as far as the client says what its recorded part says.

    A client's frame counts by its type alone. Sound may be more or less than was recorded; anything else that was not
    recorded is an error, and changes nothing.

    Args:
        recording: of a session.
        model: of the connection.
        expires_at: Unix seconds.
    """

    def __init__(self, recording: Iterable[Recorded], model: str, expires_at: int) -> None:
        super().__init__(model, expires_at)
        self._left = deque(recording)

    def open(self) -> list[Output]:
        """The connection stands."""
        return self._due()

    def receive(self, text: str) -> list[Output]:
        """A text frame came from the client."""
        frame = _json(text)
        kind = frame.get("type") if isinstance(frame, dict) else None
        for place, each in enumerate(self._left):
            if each.sender == "client" and each.frame["type"] == kind:
                for _ in range(place + 1):
                    self._left.popleft()
                return self._due()
            if each.frame["type"] != _SOUND:
                break
        if kind == _SOUND:
            return []
        awaited = self._left[0].frame["type"] if self._left else "nothing"
        wrong = ProtocolError("not_recorded", f"The recording goes on with {awaited}, not with {kind!r:.80}.", "type")
        return [Send(error_event(wrong))]

    def _due(self) -> list[Output]:
        """What the service sent until the client's next frame."""
        due: list[Output] = []
        while self._left and self._left[0].sender == "service":
            due.append(Send(self._left.popleft().frame))
        return due


def _json(text: str) -> Any:  # noqa: ANN401 (JSON)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _silenced(frame: Frame) -> Frame:
    cut = {
        name: match
        for name, value in frame.items()
        if isinstance(value, str) and (match := _CUT_SHORT.fullmatch(value))
    }
    return frame | {name: _silence(int(match[1]) - _QUOTES) for name, match in cut.items()}


def _silence(characters: int) -> str:
    """That many characters of base64, or a few less, of zeros in whole samples."""
    return base64.b64encode(bytes(characters * 3 // 4 // 2 * 2)).decode()
