"""The doctor's look at the machine: 64 bits, power, pins and groups, the unit, room to write."""

import grp
import os
import pwd
import shutil
import struct
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from voiced.cli.findings import Finding, bad, doubtful, good
from voiced.config.schema import VoicedSettings
from voiced.host.buttons.pins import tried
from voiced.lights.drivers import problem
from voiced.lights.settings import LightDriver
from voiced.paths import state_directory

UNIT = "voiced.service"
USER = "voiced"
ROOM_MEGABYTES = 100
"""Less free space than this, and caches, timers and logs soon can't be written."""
_THROTTLED = {
    0: "its power is too weak now",
    1: "it is throttled now",
    16: "its power has been too weak",
    18: "it has been throttled",
}
"""Bits of `vcgencmd get_throttled` that an owner can do something about (Raspberry Pi documentation, vcgencmd)."""

Run = Callable[[Sequence[str]], str | None]
"""A program's output; None where there is no such program or it failed."""


def _run(command: Sequence[str]) -> str | None:
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


@dataclass(frozen=True, slots=True)
class HostExamination:
    """What the checks of the machine share."""

    settings: VoicedSettings
    run: Run = _run
    bits: int = struct.calcsize("P") * 8
    state: Path = field(default_factory=state_directory)


def system_has_64_bits(host: HostExamination) -> Finding:
    """The wake word's engine exists for 64 bits only."""
    if host.bits < 64:
        return bad(f"this system has {host.bits} bits", "install the 64-bit Raspberry Pi OS")
    return good(f"{host.bits} bits, {os.uname().machine}")


def power_is_enough(host: HostExamination) -> Finding | None:
    """A Raspberry Pi says when its supply is weak, which is heard as gaps; other machines have no such program."""
    told = host.run(["vcgencmd", "get_throttled"])
    if told is None or "=" not in told:
        return None
    flags = int(told.partition("=")[2], 16)
    found = [words for bit, words in _THROTTLED.items() if flags >> bit & 1]
    if found:
        return doubtful(f"the Pi says {', '.join(found)}", "use the power supply that belongs to it, and cool it")
    return good("the Pi's power is enough")


def lights_can_be_lit(host: HostExamination) -> Finding | None:
    """The configured pins can be opened; nothing to say without lights."""
    if host.settings.lights.driver is LightDriver.NONE:
        return None
    found = problem(host.settings.lights)
    if found is None:
        return good(f"lights ({host.settings.lights.driver}) can be lit")
    if "busy" in found[0].lower() and _is_active(host):
        return doubtful("the lights are in use by the running daemon", "to examine them: systemctl stop voiced")
    return bad(f"the lights stay dark: {found[0]}", found[1])


def buttons_can_be_read(host: HostExamination) -> Finding | None:
    """The configured buttons' pins can be opened and read; nothing to say without buttons."""
    read: list[str] = []
    failed: dict[tuple[str, str], list[str]] = {}
    for button, wiring in host.settings.buttons.wired().items():
        found = tried(wiring)
        if isinstance(found, bool):
            read.append(f"{button} (GPIO {wiring.pin}, {'pressed now' if found else 'not pressed'})")
        elif "busy" in found[0].lower() and _is_active(host):
            return doubtful("the buttons are in use by the running daemon", "to examine them: systemctl stop voiced")
        else:
            failed.setdefault(found, []).append(f"{button} (GPIO {wiring.pin})")
    if failed:
        what = "; ".join(f"{', '.join(buttons)}: {reason}" for (reason, _), buttons in failed.items())
        return bad(f"no button for {what}", " ".join(dict.fromkeys(fix for _, fix in failed)))
    return good(f"buttons can be read: {', '.join(read)}") if read else None


def user_may_use_devices(host: HostExamination) -> Finding | None:
    """The service's user is in the groups of what it uses; nothing to say where it isn't installed."""
    try:
        user = pwd.getpwnam(USER)
    except KeyError:
        return None
    driver = host.settings.lights.driver
    pins = driver is not LightDriver.NONE or bool(host.settings.buttons.wired())
    needed = ["audio"] + (["gpio"] if pins else []) + (["spi"] if driver.is_a_chain else [])
    groups = {grp.getgrgid(number).gr_name for number in os.getgrouplist(USER, user.pw_gid)}
    missing = [group for group in needed if group not in groups]
    if missing:
        return bad(
            f"the user {USER} is not in the group {', '.join(missing)}",
            f"sudo usermod -a -G {','.join(missing)} {USER}, then: sudo systemctl restart voiced",
        )
    return good(f"the user {USER} is in {', '.join(needed)}")


def unit_is_well(host: HostExamination) -> Finding | None:
    """Systemd's opinion; nothing to say where the unit isn't installed."""
    shown = host.run(["systemctl", "show", UNIT, "--property=LoadState,ActiveState,SubState,NRestarts,UnitFileState"])
    facts = dict(line.split("=", 1) for line in (shown or "").splitlines() if "=" in line)
    if facts.get("LoadState") != "loaded":
        return None
    what = f"{UNIT} is {facts['ActiveState']} ({facts['SubState']}), {facts['UnitFileState'] or 'not enabled'}"
    if facts["ActiveState"] == "failed":
        return bad(what, "journalctl -xeu voiced says why; then: sudo systemctl restart voiced")
    if int(facts.get("NRestarts") or 0) > 0:
        return doubtful(f"{what}, started again {facts['NRestarts']} times", "journalctl -xu voiced says why")
    if facts["UnitFileState"] == "disabled":
        return doubtful(what, "to have it start at boot: sudo systemctl enable --now voiced")
    return good(what)


def state_can_be_kept(host: HostExamination) -> Finding:
    """There is room for timers, usage and caches."""
    folder = next(path for path in (host.state, *host.state.parents) if path.exists())
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < ROOM_MEGABYTES:
        return bad(
            f"{folder} has {free} MB left", "remove what is not needed: `journalctl --vacuum-size=100M`, recordings"
        )
    return good(f"{folder} has {free:,} MB left")


def _is_active(host: HostExamination) -> bool:
    return host.run(["systemctl", "is-active", UNIT]) == "active"


CHECKS = (
    system_has_64_bits,
    power_is_enough,
    state_can_be_kept,
    lights_can_be_lit,
    buttons_can_be_read,
    user_may_use_devices,
    unit_is_well,
)
