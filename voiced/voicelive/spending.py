"""What one conversation uses of the service, and which limit it reaches."""

import contextlib
from collections.abc import Callable, Iterator

from voiced.voicelive.budget import Budget
from voiced.voicelive.meter import Meter
from voiced.voicelive.tap import Tap, ignore
from voiced.voicelive.usage import Usage


class Spending:
    """One conversation's use, over all its sessions. `limited` is told once which limit it reached.

    The `budget` counts it; None where it costs nothing. `clock` gives monotonic seconds.
    """

    def __init__(
        self, budget: Budget | None, clock: Callable[[], float], limited: Callable[[str], None] = lambda _: None
    ) -> None:
        self._budget = budget
        self._clock = clock
        self._limited = limited
        self._used = Usage()
        self._told = False

    @contextlib.contextmanager
    def metered(self) -> Iterator[Tap]:
        """A tap that counts what one session uses, where it costs anything."""
        budget = self._budget
        if budget is None:
            yield ignore
            return

        def count(usage: Usage) -> None:
            self._used += usage
            budget.add(usage)
            reached = budget.spent() or budget.spent_on_one(self._used)
            if reached is not None and not self._told:
                self._told = True
                self._limited(reached)

        meter = Meter(count, self._clock)
        try:
            yield meter.look
        finally:
            meter.close()
