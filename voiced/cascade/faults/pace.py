"""When a frame gets through a slow line. Pure."""

from random import Random

from voiced.cascade.faults.kinds import Slow


class Pace:
    """One direction of a line. Frames keep their order.

    Args:
        chance: where jitter comes from.
    """

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._slow: Slow | None = None
        self._free_at = 0.0
        self._last = 0.0

    def slow_down(self, fault: Slow | None) -> None:
        """From now on as this fault says; None: as fast as can be."""
        self._slow = fault

    def due(self, size: int, now: float) -> float:
        """When a frame of so many bytes that is sent now arrives, in seconds."""
        slow = self._slow
        if slow is None:
            arrival = now
        else:
            began = max(now, self._free_at)
            self._free_at = began + (size / slow.bytes_per_second if slow.bytes_per_second else 0.0)
            arrival = self._free_at + (slow.delay_ms + self._chance.uniform(0.0, slow.jitter_ms)) / 1000
        self._last = max(self._last, arrival)
        return self._last
