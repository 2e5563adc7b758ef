"""Text spoken by a program of the system: flite or espeak-ng."""

import asyncio
import shutil
import struct
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Program = Literal["flite", "espeak-ng"]
_DEFAULT_VOICE: dict[Program, str] = {"flite": "slt", "espeak-ng": "en-us"}
_WORDS_A_MINUTE = 175
"""espeak-ng's usual pace."""
_SECONDS = 20.0
"""The longest a program may take."""


class SpeechError(RuntimeError):
    """A text that could not be spoken; the message names the fix."""


def installed(wanted: Literal["auto", "flite", "espeak-ng"]) -> Program:
    """The program that will speak; of auto the first that is there. `SpeechError` if none is installed."""
    candidates: tuple[Program, ...] = ("flite", "espeak-ng") if wanted == "auto" else (wanted,)
    for candidate in candidates:
        if shutil.which(candidate):
            return candidate
    raise SpeechError(f"nothing to speak with: install it with `sudo apt install {candidates[0]}`")


async def speak(program: Program, voice: str | None, text: str, rate: float = 1.0) -> tuple[NDArray[np.int16], int]:
    """The samples of a text, shape (frames,), and their rate in Hz; `SpeechError` where the program fails.

    Args:
        program: an installed one.
        voice: one of its voices; None is slt for flite, en-us for espeak-ng.
        text: without control characters.
        rate: how fast, 1 is the voice's usual pace.
    """
    voice = voice or _DEFAULT_VOICE[program]
    # flite takes the argument after -t as text whatever it looks like; espeak-ng reads text from its input
    if program == "flite":
        pace = [] if rate == 1 else ["--setf", f"duration_stretch={1 / rate:.3f}"]
        command, given = ["flite", "-voice", voice, *pace, "-t", text, "-o", "/dev/stdout"], None
    else:
        pace = [] if rate == 1 else ["-s", str(round(_WORDS_A_MINUTE * rate))]
        command, given = ["espeak-ng", "-v", voice, *pace, "--stdin", "--stdout"], text.encode()
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
    return _read_wav(wav)


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
