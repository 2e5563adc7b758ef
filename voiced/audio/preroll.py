"""The last seconds of the microphone, so that no word said before the session opened is lost."""

from collections import deque

from voiced.audio.frames import CAPTURE_RATE, SAMPLE_BYTES, Frame


class PreRoll:
    """A ring of the newest frames; the oldest fall out. In memory only."""

    def __init__(self, seconds: float) -> None:
        self._limit = int(seconds * CAPTURE_RATE)
        self._frames: deque[Frame] = deque()
        self._held = 0

    def append(self, frame: Frame) -> None:
        """Keep a frame."""
        self._frames.append(frame)
        self._held += frame.frames
        while self._held - self._frames[0].frames >= self._limit:
            self._held -= self._frames.popleft().frames

    def since(self, position: int) -> list[Frame]:
        """Everything held from a capture frame index on, in order; the first frame is cut at exactly that index."""
        found = []
        for frame in self._frames:
            missing = position - frame.position
            if missing >= frame.frames:
                continue
            if missing > 0:
                rest = frame.data[missing * SAMPLE_BYTES * frame.channels :]
                found.append(Frame(rest, position, frame.captured_at, frame.channels))
            else:
                found.append(frame)
        return found

    def clear(self) -> None:
        """Forget everything."""
        self._frames.clear()
        self._held = 0
