"""The doctor's look at pins that carry a sound card's signals, where nothing says that they are in use."""

from collections.abc import Iterator
from pathlib import Path

from voiced.cli.doctor_host import HostExamination
from voiced.cli.findings import Finding, bad
from voiced.config.schema import VoicedSettings

TREE = Path("/proc/device-tree")
_I2S = ("soc/i2s@*/status", "axi/pcie@*/rp1/i2s@*/status")
"""Of every Pi before the 5, and of the 5. Sound HATs' overlays switch it on; without one it is off."""
_I2S_PINS = range(18, 22)
"""Its clock, word select, data in and data out, on every Raspberry Pi with 40 pins."""


def pins_are_not_the_sound_cards(host: HostExamination, tree: Path = TREE) -> Finding | None:
    """Whoever takes such a pin silences the card, and is told of no error; nothing to say where nobody does."""
    taken = [(number, key) for number, key in _in_use(host.settings) if number in _I2S_PINS]
    on = any(path.read_bytes().startswith(b"ok") for pattern in _I2S for path in tree.glob(pattern))
    if not taken or not on:
        return None
    return bad(
        f"{', '.join(f'{key} is on GPIO {number}' for number, key in taken)}: there the sound HAT has its sound (I2S)",
        "take other pins than GPIO 18 to 21; without a sound HAT, take its dtoverlay out of /boot/firmware/config.txt",
    )


def _in_use(settings: VoicedSettings) -> Iterator[tuple[int, str]]:
    for number, at in settings.lights.pins_in_use():
        yield number, ".".join(("lights", *at))
    for number, at in settings.buttons.pins_in_use():
        yield number, ".".join(("buttons", *at))
    for tool in settings.tools:
        if tool.gpio is not None:
            yield tool.gpio.pin, f"the tool {tool.name}"
