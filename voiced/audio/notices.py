"""Sentences spoken without a session, synthesised once and kept as WAV files."""

import hashlib
import io
import logging
import wave
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from voiced.audio.frames import PLAYBACK_RATE, SAMPLE_BYTES

log = logging.getLogger(__name__)


class NoticeStore:
    """Keeps the sound of notices, of one voice, in a folder, so that they can be said when nothing else works."""

    def __init__(self, folder: Path, voice: str, synthesise: Callable[[str], Awaitable[bytes]]) -> None:
        self._folder = folder
        self._voice = voice
        self._synthesise = synthesise
        self._unkept = False

    async def prepare(self, sentences: Iterable[str]) -> None:
        """Synthesise what is missing. What fails is logged once and tried again when it is needed."""
        for sentence in sentences:
            if not await self.sound(sentence):
                break

    async def sound(self, sentence: str, *, keep: bool = True) -> bytes:
        """PCM16 mono at `PLAYBACK_RATE`; empty, with a log line, where it can't be had. Kept for the next time."""
        path = self._folder / f"{hashlib.sha256(f'{self._voice} {sentence}'.encode()).hexdigest()[:16]}.wav"
        try:
            with wave.open(str(path), "rb") as file:
                data = file.readframes(file.getnframes())
                if data and len(data) == file.getnframes() * SAMPLE_BYTES and file.getframerate() == PLAYBACK_RATE:
                    return data
                log.warning("notice %s is cut short; making it again", path)
        except (FileNotFoundError, NotADirectoryError):
            pass  # the first time
        except (OSError, EOFError, RuntimeError, wave.Error) as error:
            log.warning("notice %s is damaged (%s); making it again", path, error)
        try:
            data = await self._synthesise(sentence)
        except (OSError, RuntimeError, ValueError) as error:
            log.warning("%r can't be spoken: %s", sentence, error)
            return b""
        if keep:
            self._keep(path, data)
        return data

    def _keep(self, path: Path, data: bytes) -> None:
        target = io.BytesIO()
        with wave.open(target, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(SAMPLE_BYTES)
            file.setframerate(PLAYBACK_RATE)
            file.writeframes(data)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            part.write_bytes(target.getvalue())
            part.replace(path)
        except OSError as error:
            if not self._unkept:
                log.warning(
                    "notices can't be kept in %s (%s): each is spoken anew, and none where no voice works",
                    path.parent,
                    error.strerror,
                )
            self._unkept = True
        else:
            self._unkept = False
