"""From where on a conversation could be heard again by another session, were this one to break. Pure."""

from enum import StrEnum

from voiced.assistant import events as on
from voiced.assistant.events import Event
from voiced.assistant.own_words import Purpose

DETECTION_FRAMES = 16_000
"""Capture frames before the service's word that speech began: what it needs to notice, and the padding before it."""


class _Turn(StrEnum):
    QUIET = "quiet"
    """Nothing is owed to anybody."""
    USER = "user"
    """The user speaks, or has spoken and nothing came back yet: the service may hear it again."""
    REPLY = "reply"
    """A reply or a tool is under way: hearing the turn again would do things twice."""


class Continuity:
    """Follows a session's events. Positions are capture frame indices; `since` is from where on it is sent sound."""

    def __init__(self, since: int) -> None:
        self._turn = _Turn.QUIET
        self._start = since
        self._response = ""
        self._calling: set[str] = set()
        self._remote: set[str] = set()
        self._fresh = True
        self._unasked = ""

    def feed(self, event: Event, position: int) -> None:  # noqa: C901, PLR0912 (a flat table of events reads best whole)
        """Take an event of the session, and the newest capture frame's index."""
        match event:
            case on.SpeechStarted():
                if not self._fresh and self._turn is not _Turn.USER:  # else the turn began before, perhaps in a backlog
                    self._start = max(0, position - DETECTION_FRAMES)
                self._turn = _Turn.USER
                self._fresh = False
            case on.ReplyStarted() if event.purpose in set(Purpose):  # nobody asked for it, and nobody is owed it
                self._unasked = event.response_id
                self._fresh = False
            case on.ReplyStarted():
                self._turn, self._response = _Turn.REPLY, event.response_id
                self._fresh = False
            case on.FunctionCalled():
                self._turn, self._response = _Turn.REPLY, event.response_id
                self._calling.add(event.response_id)
            case on.ApprovalRequested():
                self._remote.add(event.approval_id)
            case on.ApprovalAnswered(approved=False):
                self._remote.discard(event.approval_id)
            case on.RemoteToolCalled():
                self._remote.discard(event.approval_id)
                self._remote.add(event.call_id)
            case on.RemoteToolFinished():
                self._remote.discard(event.call_id)
            case on.ReplyFinished() if event.response_id == self._unasked:
                self._unasked = ""
            case on.ReplyFinished() if self._turn is _Turn.REPLY and event.response_id == self._response:
                if event.response_id not in self._calling:  # one to the tool's output will follow
                    self._turn = _Turn.QUIET
                self._calling.discard(event.response_id)
            case _:
                pass

    def leave_unasked(self) -> str:
        """The response of the broken session by which the speaker spoke up, which no other one will end; or empty."""
        left, self._unasked = self._unasked, ""
        return left

    def resume_from(self, position: int) -> int | None:
        """The capture frame from which another session should hear, given the newest; None where it would do harm."""
        if self._remote:  # another session knows nothing of these, and would begin them anew
            return None
        match self._turn:
            case _Turn.USER:
                return self._start
            case _Turn.QUIET:
                return self._start if self._fresh else position
            case _:
                return None
