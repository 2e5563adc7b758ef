"""From the driver's thread to the event loop."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from voiced.audio.frames import CAPTURE_RATE

RING_SECONDS = 5
"""Sound the ring holds for a late event loop. When full the oldest period is dropped and counted."""
PATIENCE_SECONDS = 0.5
"""How long sound waits at most that nobody waits for: six periods at once cost the loop little more than one."""


class Handover:
    """Hands periods from the driver's thread to `take` on the event loop, in order. The thread only copies.

    A period that `may_wait` goes with one that may not, or with as many as `PATIENCE_SECONDS` hold. It is asked on the
    driver's thread.
    """

    def __init__(
        self,
        period: int,
        take: Callable[[int, bytes, float], None],
        may_wait: Callable[[bytes], bool] = lambda _data: False,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._periods: deque[tuple[int, bytes, float]] = deque(maxlen=RING_SECONDS * CAPTURE_RATE // period)
        self._take = take
        self._may_wait = may_wait
        self._patience = int(PATIENCE_SECONDS * CAPTURE_RATE) // period
        self._count = 0
        self._closed = False
        self.put_at = float("-inf")
        """Monotonic seconds at which the latest period came."""
        self.broken: asyncio.Future[None] = self._loop.create_future()
        """Done with what `take` raised, if it did."""

    def put(self, data: bytes) -> None:
        """Called by the driver's thread."""
        if self._closed:
            return
        self.put_at = time.monotonic()
        self._periods.append((self._count, data, self.put_at))
        self._count += 1
        if len(self._periods) >= self._patience or not self._may_wait(data):
            self._loop.call_soon_threadsafe(self._hand_over)

    def close(self) -> None:
        """Forget what waits, and what comes."""
        self._closed = True
        self._periods.clear()

    def _hand_over(self) -> None:
        """Take all periods that wait as (running number, data, time). A gap in the numbers is an overrun."""
        while self._periods and not self.broken.done():
            try:
                self._take(*self._periods.popleft())
            except Exception as error:  # noqa: BLE001 (a defect of ours ends the capture's task, not the event loop's callback)
                self.broken.set_exception(error)
