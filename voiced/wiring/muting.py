"""Whether the microphone is off, over a restart."""

import logging
import threading
from pathlib import Path

from voiced.assistant.phases import Phase

log = logging.getLogger(__name__)


class Muting:
    """Keeps at `path` that the microphone is off: a crash, an upgrade or a power cut must not switch it on.

    Attributes:
        muted: whether it is off; at first, whether it was.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = threading.Lock()
        self.muted = path.exists()

    def show(self, phase: Phase) -> bool:
        """Take the speaker's phase; whether there is something to `keep`."""
        before, self.muted = self.muted, phase is Phase.MUTED
        return self.muted is not before

    def keep(self) -> None:
        """Write it down; blocks, and may be called on any thread."""
        try:
            with self._writing:
                if self.muted:
                    self._path.parent.mkdir(parents=True, exist_ok=True)
                    self._path.touch()
                else:
                    self._path.unlink(missing_ok=True)
        except OSError as error:
            stays = "on" if self.muted else "off"
            log.warning("after a restart the microphone will be %s: %s: %s", stays, self._path, error.strerror)
