"""The schedule as JSON, in a file that is written whole or not at all."""

import json
import logging
import os
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Any

from voiced.tools.builtins.clocks import Moment
from voiced.tools.builtins.entries import Appointment, Countdown, Entry, Kind, Missed
from voiced.tools.builtins.schedule import Schedule

_log = logging.getLogger(__name__)

_VERSION = 1
_WEEKDAYS = frozenset(range(7))
_END = 253_000_000_000
"""Unix seconds in the year 9987."""


def written(schedule: Schedule, now: Moment) -> dict[str, Any]:
    """The schedule as JSON has it."""
    return {
        "version": _VERSION,
        "boot": now.boot,
        "entries": [_entry(entry, now) for entry in schedule.entries],
        "missed": [{"kind": missed.kind.value, "label": missed.label, "at": missed.at} for missed in schedule.missed],
    }


def read(content: object, now: Moment) -> Schedule:
    """What `written` made. Raises ValueError where it is anything else."""
    try:
        if not isinstance(content, dict) or content["version"] != _VERSION:
            raise ValueError(f"not a schedule of version {_VERSION}")
        same_boot = bool(now.boot) and content["boot"] == now.boot
        return Schedule(
            [_read_entry(entry, same_boot=same_boot) for entry in content["entries"]],
            [Missed(Kind(each["kind"]), str(each["label"]), _instant(each["at"])) for each in content["missed"]],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a schedule: {error!r}") from error


def load(path: Path, now: Moment) -> Schedule:
    """The schedule in a file; an empty one, with one warning, where the file is damaged: it is moved aside."""
    try:
        return read(json.loads(path.read_bytes()), now)
    except FileNotFoundError:
        return Schedule()
    except OSError as error:
        _log.warning("timers and alarms can't be read from %s: %s; there are none", path, error.strerror)
        return Schedule()
    except (ValueError, RecursionError) as error:
        aside = path.with_suffix(".damaged")
        _log.warning("%s is damaged (%s); its timers and alarms are lost, it is kept as %s", path, error, aside.name)
        try:
            path.replace(aside)
        except OSError as trouble:
            _log.warning("%s can't be moved: %s", path, trouble.strerror)
        return Schedule()


def save(path: Path, content: Mapping[str, Any]) -> None:
    """Write it whole or not at all. Raises `OSError`."""
    part = path.with_suffix(".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _instant(value: object) -> float:
    """Seconds that a calendar knows."""
    if not isinstance(value, int | float) or not 0 <= value <= _END:
        raise ValueError(f"{value} is no time")
    return float(value)


def _entry(entry: Entry, now: Moment) -> dict[str, Any]:
    common = {
        "number": entry.number,
        "kind": entry.kind.value,
        "label": entry.label,
        "snoozes": entry.snoozes,
    }
    when = entry.when
    if isinstance(when, Countdown):
        monotonic = None if when.by_wall else when.ends
        return common | {"seconds": when.seconds, "ends": now.wall + when.due(now), "monotonic": monotonic}
    return common | {
        "at": when.at.isoformat("minutes"),
        "day": None if when.day is None else when.day.isoformat(),
        "weekdays": sorted(when.weekdays),
        "handled": when.handled,
    }


def _read_entry(content: Mapping[str, Any], *, same_boot: bool) -> Entry:
    return Entry(
        int(content["number"]),
        Kind(content["kind"]),
        str(content["label"]),
        _read_when(content, same_boot=same_boot),
        int(content["snoozes"]),
    )


def _read_when(content: Mapping[str, Any], *, same_boot: bool) -> Countdown | Appointment:
    if "seconds" in content:
        monotonic = content["monotonic"] if same_boot else None
        ends = _instant(content["ends"] if monotonic is None else monotonic)
        return Countdown(_instant(content["seconds"]), ends, by_wall=monotonic is None)
    day, weekdays = content["day"], frozenset(int(weekday) for weekday in content["weekdays"])
    if (day is None) is not bool(weekdays):
        raise ValueError("an alarm is either once or on days of the week")
    if not weekdays <= _WEEKDAYS:
        raise ValueError("no such day of the week")
    return Appointment(
        time.fromisoformat(content["at"]),
        None if day is None else date.fromisoformat(day),
        weekdays,
        _instant(content["handled"]),
    )
