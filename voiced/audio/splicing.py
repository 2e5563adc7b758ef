"""Two streams of one microphone joined so that every sample is delivered once. Pure."""

from collections import deque
from collections.abc import Iterator

from voiced.audio.frames import CAPTURE_PERIOD, SAMPLE_BYTES

SEARCH_BYTES = 32_000 * 2
"""How much of the coarse stream is kept to find the fine one in: 2 s."""
KEY_BYTES = CAPTURE_PERIOD * SAMPLE_BYTES
"""How much sound tells a place in the stream from any other: 20 ms that are not flat."""


class Splice:
    """Joins a coarse stream, whose positions are the truth, with a fine one of the same microphone that comes and goes.

    Whichever stream brings a sample first delivers it. Where the fine stream stands is found by its sound: the two are
    copies of one recording. Until it is found, and whenever the fine stream stops or differs, the coarse one delivers,
    so nothing depends on the fine one. All positions are frames; all data is PCM16 mono.
    """

    def __init__(self) -> None:
        self._next = 0
        self._end = 0
        self._recent = bytearray()
        self._waiting: deque[bytes] = deque()
        self._fine_at: int | None = None
        self._fine_open = False

    @property
    def position(self) -> int:
        """Index of the next frame to be delivered."""
        return self._next

    @property
    def aligned(self) -> bool:
        """Whether the fine stream's place is known."""
        return self._fine_at is not None

    def skip(self, frames: int) -> None:
        """The coarse stream lost so many frames."""
        self._end += frames
        self._next = max(self._next, self._end)
        self._recent.clear()
        self._realign()

    def open_fine(self) -> None:
        """The fine stream begins."""
        self._fine_open = True
        self._realign()

    def close_fine(self) -> None:
        """The fine stream has ended; the coarse one goes on where it stopped."""
        self._fine_open = False
        self._realign()
        self._recent.clear()

    def coarse(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Take a stretch of the coarse stream; give what is new of it as (position, data)."""
        start, self._end = self._end, self._end + len(data) // SAMPLE_BYTES
        if self._fine_open:
            self._recent += data
            del self._recent[: max(0, len(self._recent) - SEARCH_BYTES)]
        yield from self._new(start, data)
        if self._fine_open and self._fine_at is None:
            yield from self._search()

    def fine(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Take a stretch of the fine stream; give what is new of it, once its place is known."""
        if self._fine_at is not None:
            start, self._fine_at = self._fine_at, self._fine_at + len(data) // SAMPLE_BYTES
            if not self._agrees(start, data):
                self._realign()
                return
            yield from self._new(start, data)
            return
        self._waiting.append(data)
        while sum(map(len, self._waiting)) > SEARCH_BYTES:
            self._waiting.popleft()

    def _realign(self) -> None:
        self._fine_at = None
        self._waiting.clear()

    def _search(self) -> Iterator[tuple[int, bytes]]:
        """Look for the oldest telling stretch of the fine stream in the coarse one."""
        fine = b"".join(self._waiting)
        for offset in range(0, len(fine) - KEY_BYTES + 1, KEY_BYTES):
            key = fine[offset : offset + KEY_BYTES]
            if key == key[:SAMPLE_BYTES] * (KEY_BYTES // SAMPLE_BYTES):
                continue  # silence is everywhere
            found = self._recent.find(key)
            while found % SAMPLE_BYTES and found >= 0:
                found = self._recent.find(key, found + 1)
            if found < 0:
                return  # not captured yet, or another sound
            if self._recent.find(key, found + SAMPLE_BYTES) >= 0:
                continue  # a sound that repeats tells no place
            begin = self._end - (len(self._recent) - found) // SAMPLE_BYTES
            start = begin - offset // SAMPLE_BYTES
            self._fine_at = start + len(fine) // SAMPLE_BYTES
            self._waiting.clear()
            yield from self._new(start, fine)
            return

    def _agrees(self, start: int, data: bytes) -> bool:
        """Whether what both streams have of a stretch is the same."""
        base = self._end - len(self._recent) // SAMPLE_BYTES
        first, last = max(start, base), min(start + len(data) // SAMPLE_BYTES, self._end)
        if last <= first:
            return True  # the coarse stream is not there yet
        ours = data[(first - start) * SAMPLE_BYTES : (last - start) * SAMPLE_BYTES]
        return ours == self._recent[(first - base) * SAMPLE_BYTES : (last - base) * SAMPLE_BYTES]

    def _new(self, start: int, data: bytes) -> Iterator[tuple[int, bytes]]:
        """The part of a stretch that has not been delivered."""
        known = self._next - start
        if known * SAMPLE_BYTES >= len(data):
            return
        if known > 0:
            start, data = self._next, data[known * SAMPLE_BYTES :]
        self._next = start + len(data) // SAMPLE_BYTES
        yield start, data
