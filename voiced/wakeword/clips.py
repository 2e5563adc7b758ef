"""Recordings of what woke the speaker, or nearly did: only where the owner asks for them."""

import asyncio
import contextlib
import io
import logging
import os
import re
import time
import wave
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from voiced.audio.frames import CAPTURE_RATE, SAMPLE_BYTES
from voiced.wakeword.settings import WakeClipsSettings

log = logging.getLogger(__name__)

BEFORE_SECONDS = 2.0
"""Kept of the sound up to the decision."""
AFTER_SECONDS = 1.0
"""Kept of the sound after it."""
CLIP_SECONDS = BEFORE_SECONDS + AFTER_SECONDS
_WAITING = 4
"""Clips that may wait for their end or for the disk; a further one is left out."""
_STOP_SECONDS = 0.5
_NAME = re.compile(r"\d{8}T\d{6}\.\d{3}-[\w.]+-\d\.\d\d-[a-z_]+\.wav")
_UNSAFE = re.compile(r"\W", re.ASCII)
_LONGEST_NAME = 64


class Outcome(StrEnum):
    """What came of a rising score."""

    WAKE = "wake"
    FALSE_WAKE = "false_wake"
    NEAR_MISS = "near_miss"


@dataclass(frozen=True, slots=True)
class Moment:
    """When a clip is of: `at` in seconds of the wall clock, `position` as capture frame index."""

    word: str
    score: float
    position: int
    at: float


def file_name(moment: Moment, outcome: Outcome) -> str:
    """A clip's name: local time, word, score and outcome; names sort by time."""
    local = time.strftime("%Y%m%dT%H%M%S", time.localtime(moment.at))
    word = _UNSAFE.sub("_", moment.word)[:_LONGEST_NAME]
    return f"{local}.{int(moment.at % 1 * 1000):03d}-{word}-{moment.score:.2f}-{outcome}.wav"


class ClipFolder:
    """The files. Every method may raise OSError; none touches a file that is no clip."""

    def __init__(self, path: Path, keep: int, limit: int) -> None:
        self.path = path
        self._keep = keep
        self._limit = limit

    def prepare(self) -> None:
        """Make the folder, for its owner only, and bring it within its limits."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)  # where it was there before
        for part in self.path.glob(".*.wav.part"):
            part.unlink()  # of a write that a power cut ended
        self._trim(0)

    def write(self, name: str, sound: bytes) -> Path:
        """Keep a clip, PCM16 mono at `CAPTURE_RATE`, whole or not at all; the oldest make room for it."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)  # the owner may have removed it
        data = _wav(sound)
        path = self.path / name
        part = self.path / f".{name}.part"
        self._trim(len(data))
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError:
            with contextlib.suppress(OSError):  # the first error is the one to tell
                part.unlink()
            raise
        return path

    def clips(self) -> list[Path]:
        """What is kept, oldest first."""
        try:
            return sorted(path for path in self.path.iterdir() if _NAME.fullmatch(path.name))
        except FileNotFoundError:
            return []

    def _trim(self, coming: int) -> None:
        """Remove the oldest until one of `coming` bytes (0: none) fits."""
        clips = self.clips()
        sizes = [_size(path) for path in clips]
        count, total = len(clips) + (coming > 0), sum(sizes) + coming
        for path, size in zip(clips, sizes, strict=True):
            if count <= self._keep and total <= self._limit:
                return
            path.unlink(missing_ok=True)
            count, total = count - 1, total - size


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # the owner has removed it just now
        return 0


def _wav(sound: bytes) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(CAPTURE_RATE)
        file.writeframes(sound)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class _Write:
    moment: Moment
    outcome: Outcome
    sound: bytes


@dataclass(frozen=True, slots=True)
class _Rename:
    position: int
    outcome: Outcome


class Clips:
    """Keeps clips while `run` runs, off the event loop; what can't be kept is one warning and never a fault.

    Args:
        settings: how many, and of what.
        folder: where.
        sound: the microphone's sound, PCM16 mono, between two capture frame indices, as far as it is still there.
    """

    def __init__(self, settings: WakeClipsSettings, folder: Path, sound: Callable[[int, int], bytes]) -> None:
        self._settings = settings
        self._folder = ClipFolder(folder, settings.keep, int(settings.megabytes * 1_000_000))
        self._sound = sound
        self._unfinished: list[tuple[Moment, Outcome]] = []
        self._work: asyncio.Queue[_Write | _Rename] = asyncio.Queue(2 * _WAITING)
        self._last: tuple[Moment, Path] | None = None
        self._failing = False
        self._heard = self._forgotten = -1
        self.kept = 0
        """Clips in the folder."""

    @property
    def path(self) -> Path:
        """The folder."""
        return self._folder.path

    def begin(self, moment: Moment, outcome: Outcome) -> None:
        """Keep the sound around a moment, once all of it has been heard."""
        if outcome is Outcome.NEAR_MISS and not self._settings.near_misses:
            return
        if moment.position > self._forgotten and len(self._unfinished) < _WAITING:
            self._unfinished.append((moment, outcome))

    def amend(self, position: int, outcome: Outcome) -> None:
        """What came of the clip of a position is known better now."""
        self._unfinished = [
            (moment, outcome if moment.position == position else before) for moment, before in self._unfinished
        ]
        self._ask(_Rename(position, outcome))

    def hear(self, position: int) -> None:
        """All sound up to a capture frame index has been heard."""
        self._heard = position
        while self._unfinished and position >= self._unfinished[0][0].position + AFTER_SECONDS * CAPTURE_RATE:
            moment, outcome = self._unfinished.pop(0)
            begin = moment.position - int(BEFORE_SECONDS * CAPTURE_RATE)
            end = moment.position + int(AFTER_SECONDS * CAPTURE_RATE)
            if sound := self._sound(begin, end):
                self._ask(_Write(moment, outcome, sound))

    def forget(self) -> None:
        """Keep nothing more of what was heard up to now: the microphone is switched off."""
        self._unfinished.clear()
        self._forgotten = self._heard

    async def run(self) -> None:
        """Write what is to be kept, until cancelled; what waits then is still written, for half a second at most."""
        log.info("what wakes the speaker is recorded: the last %d clips, in %s", self._settings.keep, self.path)
        await self._try(self._folder.prepare)
        try:
            while True:
                work = await self._work.get()
                await self._try(lambda: self._do(work))  # noqa: B023 (awaited before the next)
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_STOP_SECONDS):
                    await self._try(self._finish)

    def _ask(self, work: _Write | _Rename) -> None:
        with contextlib.suppress(asyncio.QueueFull):  # the disk hangs; the speaker doesn't wait for it
            self._work.put_nowait(work)

    async def _try(self, work: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(work)
            self.kept = len(await asyncio.to_thread(self._folder.clips))
        except OSError as error:
            if not self._failing:
                log.warning(
                    "wake clips can't be kept in %s (%s): make room there, or set privacy.wake_clips.keep to 0",
                    self._folder.path,
                    error.strerror or error,
                )
            self._failing = True
        else:
            self._failing = False

    def _finish(self) -> None:
        while not self._work.empty():
            self._do(self._work.get_nowait())

    def _do(self, work: _Write | _Rename) -> None:
        match work:
            case _Write():
                self._last = work.moment, self._folder.write(file_name(work.moment, work.outcome), work.sound)
            case _Rename() if self._last is not None and self._last[0].position == work.position:
                moment, path = self._last
                with contextlib.suppress(FileNotFoundError):  # the owner has removed it
                    self._last = moment, path.rename(path.with_name(file_name(moment, work.outcome)))
