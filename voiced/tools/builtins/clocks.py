"""Now, by each of the clocks that timers and alarms go by."""

import functools
import logging
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_log = logging.getLogger(__name__)

_LOCAL = Path("/etc/localtime")
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant.

    Attributes:
        monotonic: seconds since some instant of this boot, the machine's sleep included; nobody can change it.
        wall: Unix seconds by the device's clock, which may be wrong and be set.
        zone: where the device is.
        boot: from one start of the machine to its end, the same text; empty where the system doesn't tell.
    """

    monotonic: float
    wall: float
    zone: tzinfo
    boot: str = ""

    @property
    def local(self) -> datetime:
        """Date and time on the device's wall."""
        return datetime.fromtimestamp(self.wall, self.zone)


def now() -> Moment:
    """The present, by this machine; a time zone that its owner changes is seen at once."""
    return Moment(time.clock_gettime(time.CLOCK_BOOTTIME), time.time(), _zone(), _boot())


def _zone() -> tzinfo:
    try:
        return _zone_of(os.environ.get("TZ", ""), _LOCAL.stat().st_mtime_ns if _LOCAL.exists() else 0)
    except OSError:
        return UTC


@functools.lru_cache(maxsize=1)
def _zone_of(name: str, _changed: int) -> tzinfo:
    """By the name in TZ or, where that is no zone's, the machine's own. datetime's own local zone knows no changes."""
    name = name.removeprefix(":")
    try:
        if name:
            return ZoneInfo(name)
    except (OSError, ValueError, ZoneInfoNotFoundError):
        _log.warning("TZ is %r, which is no time zone known here; the machine's own is taken", name)
    try:
        with _LOCAL.open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return UTC


@functools.cache
def _boot() -> str:
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""
