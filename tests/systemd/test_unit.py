"""The unit as systemd's own tools see it."""

import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).resolve().parents[2] / "systemd" / "voiced.service"
EXPOSURE = 17
"""Tenths: what chrony's most restricted unit comes near to, with a sound card and pins left to reach."""

analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


@analyze
def test_sandbox_leaves_little_exposed() -> None:
    scored = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}", UNIT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert scored.returncode == 0, scored.stdout + scored.stderr


def test_every_directive_that_is_left_out_is_explained() -> None:
    text = UNIT.read_text()
    left_out = text.partition("# Left out, and why:")[2].partition("[Install]")[0]
    for directive in (
        "PrivateDevices",
        "PrivateNetwork",
        "IPAddressDeny",
        "PrivateUsers",
        "ProcSubset",
        "RemoveIPC",
        "RestrictRealtime",
        "MemoryDenyWriteExecute",
        "RootDirectory",
    ):
        assert f"\n{directive}=" not in text
        assert directive in left_out


def test_devices_are_let_in_by_the_names_that_the_kernel_gives_them() -> None:
    """In /proc/devices: sound/core/sound.c, drivers/gpio/gpiolib.c, and drivers/spi/spidev.c, which is not `spidev`."""
    allowed = [line.partition("=")[2] for line in UNIT.read_text().splitlines() if line.startswith("DeviceAllow=")]
    assert allowed == ["char-alsa rw", "char-gpiochip rw", "char-spi rw"]
