"""The last seconds of the microphone, so that no word said before the session opened is lost."""

from collections import deque
from collections.abc import Iterator

from voiced.audio.frames import CAPTURE_RATE, SAMPLE_BYTES, Frame


class PreRoll:
    """A ring of the newest frames; the oldest fall out. In memory only."""

    def __init__(self, seconds: float) -> None:
        self._limit = int(seconds * CAPTURE_RATE)
        self._frames: deque[tuple[Frame, bool]] = deque()
        self._held = 0

    def append(self, frame: Frame, *, deaf: bool = False) -> None:
        """Keep a frame; `deaf`: nobody outside is to hear it."""
        self._frames.append((frame, deaf))
        self._held += frame.frames
        while self._held - self._frames[0][0].frames >= self._limit:
            self._held -= self._frames.popleft()[0].frames

    def since(self, position: int) -> list[Frame]:
        """Everything that may be sent from a capture frame index on, in order; silence where it was to be deaf.

        The first frame is cut at exactly that index.
        """
        return [frame.silenced() if deaf else frame for frame, deaf in self._from(position)]

    def heard_since(self, position: int) -> list[Frame]:
        """Likewise, all that the microphone heard."""
        return [frame for frame, _ in self._from(position)]

    def clear(self) -> None:
        """Forget everything."""
        self._frames.clear()
        self._held = 0

    def _from(self, position: int) -> Iterator[tuple[Frame, bool]]:
        for frame, deaf in self._frames:
            missing = position - frame.position
            if missing >= frame.frames:
                continue
            if missing > 0:
                rest = frame.data[missing * SAMPLE_BYTES * frame.channels :]
                yield Frame(rest, position, frame.captured_at, frame.channels), deaf
            else:
                yield frame, deaf
