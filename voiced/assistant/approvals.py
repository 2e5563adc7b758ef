"""One conversation's bookkeeping of remote tools: which calls run, which wait for the user's leave. Pure."""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto

from voiced.assistant.events import ApprovalRequested, RemoteToolCalled


class Stage(Enum):
    """How far the question of the first request in the queue has come."""

    WAITING = auto()
    """Not asked yet: somebody else speaks."""
    ASKED = auto()
    """The service was asked to say it."""
    HEARD = auto()
    """The answer is awaited."""


@dataclass(slots=True)
class Approvals:
    """Requests for leave, asked about one after the other, and the calls of remote tools.

    Attributes:
        queue: requests that are not answered, the first of them under way.
        stage: how far that is.
        question: the response that asks, once it has begun.
        sounds_from: when the question's sound begins; None before.
        turns: the user's turns that may answer.
        spoken: whether the user has said anything since the question was put.
        unclear: how many answers said neither yes nor no.
        cut: how often the question was cut off before it could be understood.
        until: when silence counts as a no.
        silenced: the service has been told not to answer turns by itself.
    """

    queue: deque[ApprovalRequested] = field(default_factory=deque)
    stage: Stage = Stage.WAITING
    question: str = ""
    sounds_from: float | None = None
    turns: set[str] = field(default_factory=set)
    spoken: bool = False
    unclear: int = 0
    cut: int = 0
    until: float = 0.0
    silenced: bool = False
    _known: set[str] = field(default_factory=set)
    _granted: set[str] = field(default_factory=set)
    _calls: dict[str, str] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    @property
    def pending(self) -> bool:
        """Whether any request has no answer yet."""
        return bool(self.queue)

    @property
    def open(self) -> bool:
        """Whether anything of a remote tool is still to come: an answer, a call, or its end."""
        return bool(self.queue or self._granted or self._calls)

    @property
    def answerable(self) -> bool:
        """Whether what the user says now is about the question."""
        return self.pending and self.stage is not Stage.WAITING

    def request(self, event: ApprovalRequested) -> bool:
        """Whether this request is new; told again, it may have more arguments."""
        if event.approval_id in self._known:
            for index, waiting in enumerate(self.queue):
                if waiting.approval_id == event.approval_id and event.arguments:
                    self.queue[index] = event
            return False
        self._known.add(event.approval_id)
        self.queue.append(event)
        return True

    def restart(self) -> None:
        """The question has to be put again from the beginning."""
        self.stage = Stage.WAITING
        self.question = ""
        self.sounds_from = None
        self.spoken = False
        self.turns.clear()

    def settle(self, *, approve: bool) -> ApprovalRequested:
        """The first request is answered; a call that is allowed is waited for, where the service makes it."""
        request = self.queue.popleft()
        if approve and not request.own:
            self._granted.add(request.approval_id)
        self.restart()
        self.unclear = self.cut = 0
        return request

    def refused(self, complaint: str) -> bool:
        """Whether the service complains of an approval that was granted: nothing will come of it."""
        lost = {approval_id for approval_id in self._granted if approval_id and approval_id in complaint}
        self._granted -= lost
        return bool(lost)

    def begin_call(self, event: RemoteToolCalled) -> bool:
        """Whether this call is new. One that names no approval is taken for one that was granted, if any was."""
        if event.approval_id:
            self._granted.discard(event.approval_id)
        if event.call_id in self._seen:
            if event.response_id and event.call_id in self._calls:
                self._calls[event.call_id] = event.response_id
            return False
        if not event.approval_id and self._granted:
            self._granted.pop()
        self._seen.add(event.call_id)
        self._calls[event.call_id] = event.response_id
        return True

    def end_call(self, call_id: str) -> bool:
        """Whether that call was waited for, or had not been told of."""
        if call_id in self._seen:
            return self._calls.pop(call_id, None) is not None
        self._seen.add(call_id)
        return True

    def forget_calls(self, response_id: str) -> None:
        """A response was cancelled: its calls may never end, and if they do, the next reply knows of it."""
        self._calls = {call: response for call, response in self._calls.items() if response != response_id}
