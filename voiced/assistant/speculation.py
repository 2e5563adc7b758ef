"""A session opened before the wake word is certain."""

from collections import deque
from dataclasses import dataclass

WINDOW_SECONDS = 60.0


@dataclass(slots=True)
class Speculation:
    """A session that is being opened, or is open, for a wake word that is only suspected. Nothing is sent in it.

    Attributes:
        persona: who would be spoken to.
        until: when it is given up (seconds of the assistant's clock).
        opened: the service accepted the session.
    """

    persona: str
    until: float
    opened: bool = False


class Allowance:
    """How often one may speculate: `limit` times in any minute, so that noise can't use up the service's quota."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._times: deque[float] = deque()

    def take(self, now: float) -> bool:
        """Whether one more is allowed now; it counts if so."""
        while self._times and now - self._times[0] >= WINDOW_SECONDS:
            self._times.popleft()
        if len(self._times) >= self._limit:
            return False
        self._times.append(now)
        return True
