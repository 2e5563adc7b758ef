"""How many connections a minute the service allows, and who may use the last of them."""

from collections import deque

CONNECTIONS_PER_MINUTE = 30
"""New connections a minute for a resource of tier S0 (voice-live §5.7)."""
WINDOW_SECONDS = 60.0
RESERVE = 8
"""Connections kept for wake words that are certain."""


class ConnectionQuota:
    """Counts every connection of the last minute, speculative ones and probes included. Times are monotonic seconds."""

    def __init__(self, limit: int = CONNECTIONS_PER_MINUTE) -> None:
        self._limit = limit
        self._times: deque[float] = deque()

    def take(self, now: float, *, reserve: int = 0) -> bool:
        """Whether one more is allowed now, with `reserve` left for others; it counts if so."""
        self._forget(now)
        if len(self._times) + reserve >= self._limit:
            return False
        self._times.append(now)
        return True

    def wait(self, now: float) -> float:
        """Seconds until one more is allowed."""
        self._forget(now)
        if len(self._times) < self._limit:
            return 0.0
        return self._times[len(self._times) - self._limit] + WINDOW_SECONDS - now

    def _forget(self, now: float) -> None:
        while self._times and now - self._times[0] >= WINDOW_SECONDS:
            self._times.popleft()
