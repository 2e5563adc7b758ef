"""The volume control of a sound card, where the owner wants it used."""

import asyncio
import logging

from voiced.audio.cards import card_of
from voiced.audio.settings import MixerSettings, OutputSettings

log = logging.getLogger(__name__)

_SECONDS = 2.0
"""amixer takes a few ms; a mixer that takes this long does not answer."""


class MixerError(Exception):
    """A card's volume can't be set; the message has the reason and the fix."""


def amixer(settings: MixerSettings, device: str, percent: int) -> list[str]:
    """The command that sets a control to a volume, evenly to the ear (`-M`)."""
    card = settings.card or card_of(device)
    return ["amixer", "-q", "-M", *(["-c", card] if card else []), "--", "sset", settings.control, f"{percent}%"]


class Mixer:
    """Sets the volume at the card. Where there is no such control, says so once, and leaves it to software."""

    def __init__(self, settings: OutputSettings) -> None:
        control = settings.mixer
        self._control = MixerSettings(control=control) if isinstance(control, str) else control
        self._device = settings.device
        self._warned = False

    async def set_volume(self, percent: int) -> bool:
        """Whether the card took the volume (percent); where not, the caller is to set it in software."""
        if self._control is None:
            return False
        try:
            await _run(amixer(self._control, self._device, percent))
        except MixerError as error:
            log.log(
                logging.DEBUG if self._warned else logging.WARNING,
                "the volume is set in software: mixer control %r: %s",
                self._control.control,
                error,
            )
            self._warned = True
            return False
        self._warned = False
        return True


async def _run(command: list[str]) -> None:
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise MixerError(f"{command[0]}: {error.strerror}; install it: apt-get install alsa-utils") from error
    try:
        async with asyncio.timeout(_SECONDS):
            _, errors = await process.communicate()
    except TimeoutError:
        raise MixerError(f"it did not answer within {_SECONDS:g} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        lines = errors.decode(errors="replace").strip().splitlines() or [f"amixer ended with {process.returncode}"]
        raise MixerError(f"{lines[0]}; `amixer scontrols` lists the controls")
