"""Whether the microphone is off, over a restart."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from voiced.assistant.phases import Phase

log = logging.getLogger(__name__)

_OFF = "microphone off"
_LONGEST = 200
"""Characters of what is told of it."""


class Muting:
    """Keeps at `path` that the microphone is off, and why: a crash, an upgrade or a power cut must not switch it on.

    It is off if there is such a file, whatever stands in it. `clock` tells the local time.

    Attributes:
        muted: whether it is off; at first, whether it was.
    """

    def __init__(self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now().astimezone()) -> None:
        self._path = path
        self._clock = clock
        self._writing = threading.Lock()
        found = _read(path)
        self.muted = found is not None
        self._why = found or _OFF

    def kept(self, way_to_unmute: str) -> str:
        """What is told where it was off before the restart: who had switched it off and when, and the way back."""
        return f"{self._why}, which is kept over the restart; to switch it on, {way_to_unmute}"

    def show(self, phase: Phase, reason: str) -> bool:
        """Take the speaker's phase and what it came from; whether there is something to `keep`."""
        before, self.muted = self.muted, phase is Phase.MUTED
        if self.muted and not before:
            self._why = f"{reason}, since {self._clock():%Y-%m-%d %H:%M}"
        return self.muted is not before

    def keep(self) -> None:
        """Write it down; blocks, and may be called on any thread."""
        try:
            with self._writing:
                if self.muted:
                    self._path.parent.mkdir(parents=True, exist_ok=True)
                    self._path.touch()  # on a disk that is full, this can be had, and counts
                    self._explain()
                else:
                    self._path.unlink(missing_ok=True)
        except OSError as error:
            stays = "on" if self.muted else "off"
            log.warning("after a restart the microphone will be %s: %s: %s", stays, self._path, error.strerror)

    def _explain(self) -> None:
        try:
            self._path.write_text(f"{self._why}\n")
        except OSError as error:
            log.warning(
                "after a restart it will not be known why the microphone is off: %s: %s", self._path, error.strerror
            )


def _read(path: Path) -> str | None:
    """Why the microphone is off, or "" where that is not known; None where it is on."""
    try:
        with path.open(errors="replace") as file:
            line = file.readline(_LONGEST)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        log.warning("the microphone is off, for it may have been: %s can't be read: %s", path, error.strerror)
        return ""
    return "".join(each for each in line if each.isprintable()).strip()
