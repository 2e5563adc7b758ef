"""Counts what one session uses, while it is used."""

from collections.abc import Callable, Mapping
from typing import Any

from voiced.voicelive.tap import Direction
from voiced.voicelive.usage import Usage, tokens_of


class Meter:
    """Looks at a session's frames and tells `count` what was used since it last told: at each response, and at `close`.

    `clock` gives monotonic seconds. Time counts from the service's first frame on.
    """

    def __init__(self, count: Callable[[Usage], None], clock: Callable[[], float]) -> None:
        self._count = count
        self._clock = clock
        self._since: float | None = None

    def look(self, direction: Direction, frame: Mapping[str, Any]) -> None:
        """Take a frame."""
        if direction is not Direction.RECEIVED:
            return
        if self._since is None:
            self._since = self._clock()
        tokens = tokens_of(frame)
        if tokens is not None:
            self._count(tokens + self._time())

    def close(self) -> None:
        """The session has ended."""
        if self._since is not None:
            self._count(self._time())
            self._since = None

    def _time(self) -> Usage:
        """The time since the last count."""
        now = self._clock()
        before = now if self._since is None else self._since
        self._since = now
        return Usage(seconds=now - before)
