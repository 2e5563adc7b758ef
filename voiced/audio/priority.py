"""Real-time priority for the threads that a sound card calls back on, where the system allows it.

systemd's `LimitRTPRIO=` and the group audio's limits (Debian: /etc/security/limits.d/audio.conf) allow it.
"""

import logging
import os
from collections.abc import Callable

log = logging.getLogger(__name__)

PRIORITY = 10
"""Above all that is not real-time; far below the kernel's own threads, which have 50."""

Set = Callable[[int, int, os.sched_param], None]


class Urgency:
    """Asks once a thread; what the system says to it is logged once a process."""

    def __init__(self, set_scheduler: Set = os.sched_setscheduler) -> None:
        self._set = set_scheduler
        self._told = ""

    def claim(self) -> bool:
        """Give the calling thread first-in-first-out scheduling, its children none; whether it has it."""
        try:
            self._set(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(PRIORITY))
        except OSError as error:  # not permitted, or a kernel without
            self._tell(f"sound has no real-time priority: {error.strerror}; with LimitRTPRIO= it would")
            return False
        self._tell(f"sound has real-time priority {PRIORITY}")
        return True

    def _tell(self, line: str) -> None:
        if line != self._told:
            self._told = line
            log.debug(line)


URGENCY = Urgency()
"""The process's."""
