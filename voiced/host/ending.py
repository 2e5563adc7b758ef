"""The end of the process, which nothing that hangs may hold up."""

import logging
import os
import threading
from types import TracebackType
from typing import Self

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 0.5
"""After everything of ours has ended; systemd kills what is there 10 s after it asked."""


class PromptEnd:
    """A context whose end is not held up: from `due` on, the process ends within `patience_seconds`, with `status`.

    Python waits for its threads, and one may hang: in a name that no server looks up, in a device that doesn't open.
    """

    def __init__(self, status: int = os.EX_OK, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._status = status
        self._timer = threading.Timer(patience_seconds, self._leave)
        self._timer.daemon = True

    def due(self) -> None:
        """All that is to be done is done."""
        self._timer.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._timer.cancel()

    def _leave(self) -> None:
        log.debug("a thread hangs; ending without it")
        logging.shutdown()
        os._exit(self._status)
