"""A contact without its bounces: pure, and with the caller's clock."""

REPEAT_AFTER_SECONDS = 0.5
REPEAT_EVERY_SECONDS = 0.15
REPEAT_UNTIL_SECONDS = 20.0
"""One that is held longer is stuck: by then a volume has gone from one end to the other in steps of one percent."""


class Contact:
    """A button or switch that is read again and again.

    A position counts once it has been read for `bounce_seconds` without another in between. What is `closed` when it is
    first seen has not been pressed: it has to open first. With `repeats`, holding it is pressing it again and again,
    but not for ever.
    """

    def __init__(self, *, closed: bool, bounce_seconds: float, repeats: bool = False) -> None:
        self._bounce_seconds = bounce_seconds
        self._repeats = repeats
        self._read = closed
        self._since = float("-inf")
        self._again_at = self._until = float("inf")
        self.closed = closed

    @property
    def restless(self) -> bool:
        """Whether it should be read more often: it moves, or is held and repeats."""
        return self._read is not self.closed or self._again_at != float("inf")

    def read(self, *, closed: bool, now: float) -> bool | None:
        """Take its position at `now` (seconds); true where it is pressed (again), false where it is let go, or None."""
        if closed is not self._read:
            self._read, self._since = closed, now
        if self._read is not self.closed:
            return self._settle(now)
        if now >= self._again_at:
            self._again_at = now + REPEAT_EVERY_SECONDS if now < self._until else float("inf")
            return True
        return None

    def _settle(self, now: float) -> bool | None:
        if now - self._since < self._bounce_seconds:
            return None
        self.closed = self._read
        self._until = now + REPEAT_UNTIL_SECONDS
        self._again_at = now + REPEAT_AFTER_SECONDS if self.closed and self._repeats else float("inf")
        return self.closed
