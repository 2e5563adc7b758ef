"""The doctor's look at what a chain of lights asks of the Pi."""

from pathlib import Path

from voiced.cli.doctor_host import HostExamination
from voiced.cli.findings import Finding, doubtful, good
from voiced.lights.settings import LightDriver

BOARD = Path("/proc/device-tree/compatible")
_PI_5 = b"brcm,bcm2712"
"""Its SPI has a clock of its own; before it, SPI's follows the core's."""
_LEAST_CORE = 250
"""MHz, where the firmware doesn't tell it (Raspberry Pi documentation, config.txt, `core_freq_min` before the Pi 4)."""


def chain_has_a_steady_clock(host: HostExamination, board: Path = BOARD) -> Finding | None:
    """A chain of WS2812 needs exact timing; nothing to say where there is none, or where nobody knows."""
    if host.settings.lights.driver is not LightDriver.WS2812:
        return None
    if board.exists() and _PI_5 in board.read_bytes():
        return None
    lines = (host.run(("vcgencmd", "get_config", "int")) or "").splitlines()
    told = dict(line.split("=", 1) for line in lines if "=" in line)
    core = int(told.get("core_freq", "0"), 0)
    least = int(told.get("core_freq_min", "0"), 0) or _LEAST_CORE
    if not core:
        return None
    if core == least or told.get("force_turbo") == "1":
        return good(f"the core's clock stays at {core} MHz, and so SPI's, which ws2812 needs")
    return doubtful(
        f"the core's clock goes from {least} to {core} MHz, and SPI's with it: ws2812 may flicker",
        f"put core_freq={core} and core_freq_min={core} into /boot/firmware/config.txt, then: sudo reboot",
    )
