"""Text spoken by a program of the system: flite or espeak-ng."""

import asyncio
import logging
import re
import shutil
import struct
from collections import OrderedDict
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from voiced.audio.frames import PLAYBACK_RATE
from voiced.cascade.resampling import resample

_log = logging.getLogger(__name__)

Program = Literal["flite", "espeak-ng"]
_DEFAULT_VOICE: dict[Program, str] = {"flite": "slt", "espeak-ng": "en-us"}
_LONGEST_TEXT = 2000
"""Characters; about two minutes."""
_SECONDS = 20.0
"""The longest a program may take."""
_CACHE_BYTES = 8_000_000
"""About 170 s of speech."""
_UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f<>|&\\]+")


class SpeechError(RuntimeError):
    """A text that could not be spoken; the message names the fix."""


class Speech:
    """The voice of the device.

    Args:
        speech: the program, or auto: flite where it is installed, else espeak-ng.
        voice: one of the program's voices; None is slt for flite, en-us for espeak-ng.
    """

    def __init__(self, speech: Literal["auto", "flite", "espeak-ng"] = "auto", voice: str | None = None) -> None:
        self._wanted = speech
        self._voice = voice
        self._cache: OrderedDict[str, bytes] = OrderedDict()
        self._cached = 0

    def program(self) -> Program:
        """The program that will speak; `SpeechError` if none is installed or no such voice can be named."""
        candidates: tuple[Program, ...] = ("flite", "espeak-ng") if self._wanted == "auto" else (self._wanted,)
        for candidate in candidates:
            if shutil.which(candidate):
                return candidate
        raise SpeechError(f"nothing to speak with: install it with `sudo apt install {candidates[0]}`")

    async def synthesise(self, text: str) -> bytes:
        """Speak a text into mono PCM16 at 24 kHz; `SpeechError` if it can't be; nothing to say is no sound.

        The latest texts are kept, so that a notice said before costs nothing.
        """
        text = " ".join(_UNSPEAKABLE.sub(" ", text).split())[:_LONGEST_TEXT]
        if not any(character.isalnum() for character in text):
            return b""
        if text in self._cache:
            self._cache.move_to_end(text)
            return self._cache[text]
        wav = await self._run(text)
        samples, rate = _read_wav(wav)
        sound = (await asyncio.to_thread(resample, samples, rate, PLAYBACK_RATE)).tobytes()
        if text not in self._cache:  # another task may have been as fast
            self._cache[text] = sound
            self._cached += len(sound)
        while self._cached > _CACHE_BYTES and len(self._cache) > 1:
            self._cached -= len(self._cache.popitem(last=False)[1])
        return sound

    async def _run(self, text: str) -> bytes:
        program = self.program()
        voice = self._voice or _DEFAULT_VOICE[program]
        # flite takes the argument after -t as text whatever it looks like; espeak-ng reads text from its input
        if program == "flite":
            command, given = ["flite", "-voice", voice, "-t", text, "-o", "/dev/stdout"], None
        else:
            command, given = ["espeak-ng", "-v", voice, "--stdin", "--stdout"], text.encode()
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL if given is None else asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(_SECONDS):
                wav, complaint = await process.communicate(given)
        except TimeoutError as error:
            raise SpeechError(f"{program} did not finish within {_SECONDS:.0f} s") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode or not wav:
            said = complaint.decode(errors="replace").strip() or f"status {process.returncode}"
            raise SpeechError(f"{program} could not speak with the voice {voice}: {said}")
        return wav


def _read_wav(wav: bytes) -> tuple[NDArray[np.int16], int]:
    """The samples and the rate of a mono PCM16 WAV written to a pipe, where the sizes in its header may be wrong."""
    if wav[:4] != b"RIFF" or wav[8:12] != b"WAVE":
        raise SpeechError("the speech program wrote no WAV sound")
    rate, position = 0, 12
    while position + 8 <= len(wav):
        name, size = wav[position : position + 4], struct.unpack_from("<I", wav, position + 4)[0]
        position += 8
        if name == b"fmt " and position + 16 <= len(wav):
            coding, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", wav, position)
            if (coding, channels, bits) != (1, 1, 16):
                raise SpeechError(f"the speech program wrote {channels} channels of {bits} bits, not mono PCM16")
        elif name == b"data" and rate:
            data = wav[position : position + size]
            return np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.int16), rate
        position += size + size % 2
    raise SpeechError("the speech program wrote a WAV file without sound")
