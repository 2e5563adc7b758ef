"""The voice of the device: a program of the system, or Piper with the owner's voice; sentence by sentence, cached."""

import asyncio
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from voiced.audio.frames import PLAYBACK_RATE
from voiced.cascade import programs
from voiced.cascade.engines.models import EngineError
from voiced.cascade.engines.piper import Piper
from voiced.cascade.programs import SpeechError
from voiced.cascade.resampling import resample
from voiced.cascade.settings import PiperSettings
from voiced.cascade.voices import Manner, manner_of

_LONGEST_TEXT = 2000
"""Characters of a text that are spoken; about two minutes."""
_CACHE_BYTES = 8_000_000
"""About 170 s of speech."""
_UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f<>|&\\\ud800-\udfff]+")
"""Half of a surrogate pair included, which JSON may bring and no program can be given."""
_SENTENCE_END = re.compile(r"(?:(?<=[.!?…])|(?<=[.!?…][\"')\]]))\s+(?=[\"'(\[]?[^\W_a-z])")
_ABBREVIATION = re.compile(r"(?:^|\s)(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Prof|No|vs|e\.g|i\.e)\.$")
"""What ends with a full stop and goes on."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sentence, its sound (mono PCM16 at 24 kHz), and whether it is the text's last."""

    text: str
    sound: bytes
    last: bool


class Speech:
    """The voice of the device.

    Args:
        speech: the program; auto: flite where it is installed, else espeak-ng; or a Piper voice.
        voice: one of the program's voices; None is slt for flite, en-us for espeak-ng.
    """

    def __init__(
        self, speech: Literal["auto", "flite", "espeak-ng"] | PiperSettings = "auto", voice: str | None = None
    ) -> None:
        self._engine = Piper(speech.piper) if isinstance(speech, PiperSettings) else speech
        self._voice = voice
        self._cache: OrderedDict[tuple[str, Manner], bytes] = OrderedDict()
        self._cached = 0

    def program(self) -> str:
        """The name of what will speak; `SpeechError` if it is not installed."""
        if not isinstance(self._engine, Piper):
            return programs.installed(self._engine)
        try:
            self._engine.check()
        except EngineError as error:
            raise SpeechError(str(error)) from error
        return self._engine.name

    async def prepare(self) -> None:
        """Load what takes time to load, before the first text; `SpeechError` if it can't be."""
        if isinstance(self._engine, Piper):
            try:
                await asyncio.to_thread(self._engine.load)
            except EngineError as error:
                raise SpeechError(str(error)) from error

    async def synthesise(self, text: str) -> bytes:
        """Speak a text into mono PCM16 at 24 kHz; `SpeechError` if it can't be; nothing to say is no sound.

        The latest sentences are kept, so that a notice said before costs nothing.
        """
        sounds = [sound async for spoken in self.sentences(text) if (sound := spoken.sound)]
        return sounds[0] if len(sounds) == 1 else b"".join(sounds)

    async def sentences(self, text: str, voice: Mapping[str, Any] | None = None) -> AsyncIterator[Spoken]:
        """As `synthesise`, a sentence at a time, so that the first is heard while the next is made; one at least.

        The voice of a session is come near to, as far as a program has such a one and the owner has chosen no other.
        """
        manner = Manner()
        if voice is not None and not isinstance(self._engine, Piper):
            manner = manner_of(voice, programs.installed(self._engine))
        sentences = sentences_of(text) or [""]
        spoken = 0
        for number, sentence in enumerate(sentences, 1):
            spoken += len(sentence)
            sound = (
                await self._sentence(sentence[:_LONGEST_TEXT], manner)
                if spoken <= _LONGEST_TEXT or number == 1
                else b""
            )
            yield Spoken(sentence, sound, last=number == len(sentences))

    async def _sentence(self, text: str, manner: Manner) -> bytes:
        text = " ".join(_UNSPEAKABLE.sub(" ", text).split())
        if not any(character.isalnum() for character in text):
            return b""
        key = text, manner
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        samples, rate = await self._spoken(text, manner)
        sound = (await asyncio.to_thread(resample, samples, rate, PLAYBACK_RATE)).tobytes()
        if key not in self._cache:  # another task may have been as fast
            self._cache[key] = sound
            self._cached += len(sound)
        while self._cached > _CACHE_BYTES and len(self._cache) > 1:
            self._cached -= len(self._cache.popitem(last=False)[1])
        return sound

    async def _spoken(self, text: str, manner: Manner) -> tuple[NDArray[np.int16], int]:
        if not isinstance(self._engine, Piper):
            program = programs.installed(self._engine)
            return await programs.speak(program, self._voice or manner.voice, text, manner.rate)
        try:
            return await asyncio.to_thread(self._engine.speak, text)
        except EngineError as error:
            raise SpeechError(str(error)) from error


def whole_sentences(text: str) -> tuple[list[str], str]:
    """The sentences of a text that goes on, as far as they are known to have ended, and what is left."""
    ends = [end for end in _SENTENCE_END.finditer(text) if not _ABBREVIATION.search(text[: end.start()])]
    return (sentences_of(text[: ends[-1].start()]), text[ends[-1].end() :]) if ends else ([], text)


def sentences_of(text: str) -> list[str]:
    """The sentences of a text; joined by spaces they are all of it."""
    sentences: list[str] = []
    for part in _SENTENCE_END.split(text.strip()):
        if sentences and _ABBREVIATION.search(sentences[-1]):
            sentences[-1] = f"{sentences[-1]} {part}"
        elif part:
            sentences.append(part)
    return sentences


__all__ = ["Speech", "SpeechError", "Spoken", "sentences_of", "whole_sentences"]
