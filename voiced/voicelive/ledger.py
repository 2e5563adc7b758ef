"""What was used on which day, kept over restarts."""

import dataclasses
import json
import logging
import os
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from voiced.voicelive.usage import Usage

log = logging.getLogger(__name__)

DAYS_KEPT = 62
"""Two months, the longest: this one and the one before."""
_VERSION = 1


class Ledger:
    """Usage by local calendar day. Pure: the day is given."""

    def __init__(self) -> None:
        self._days: dict[date, Usage] = {}
        self.told: date | None = None
        """The day on which the user was last told that the budget runs low."""

    def add(self, usage: Usage, today: date) -> None:
        """Count it."""
        self._days[today] = self.day(today) + usage
        for day in sorted(self._days)[:-DAYS_KEPT]:
            if day != today:  # by a clock that was wrong until now
                del self._days[day]

    def day(self, today: date) -> Usage:
        """What was used on a day."""
        return self._days.get(today, Usage())

    def month(self, today: date) -> Usage:
        """What was used in the month that a day is in."""
        return sum((used for day, used in self._days.items() if _month(day) == _month(today)), Usage())

    def written(self) -> dict[str, Any]:
        """The ledger as JSON has it."""
        return {
            "version": _VERSION,
            "told": None if self.told is None else self.told.isoformat(),
            "days": {day.isoformat(): dataclasses.asdict(used) for day, used in sorted(self._days.items())},
        }

    @classmethod
    def read(cls, written: object) -> "Ledger":
        """What `written` made. Raises ValueError where it is anything else."""
        if not isinstance(written, dict) or written.get("version") != _VERSION:
            raise ValueError(f"not a ledger of version {_VERSION}")
        days, told = written.get("days"), written.get("told")
        if not isinstance(days, dict) or not isinstance(told, str | None):
            raise ValueError("not a ledger")  # noqa: TRY004 (the file's content is wrong, not our argument)
        ledger = cls()
        ledger._days = {date.fromisoformat(day): Usage.read(used) for day, used in days.items()}
        ledger.told = None if told is None else date.fromisoformat(told)
        return ledger


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month


def local_day() -> date:
    """Today by this device's calendar."""
    return datetime.now().astimezone().date()


def load(path: Path) -> Ledger:
    """The ledger in a file; an empty one, with one warning, where the file is damaged: it is moved aside."""
    try:
        return Ledger.read(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return Ledger()
    except OSError as error:
        log.warning("what was used of the budget can't be read from %s: %s; counting from zero", path, error.strerror)
        return Ledger()
    except (ValueError, RecursionError) as error:
        aside = path.with_suffix(".damaged")
        log.warning("%s is damaged (%s); counting from zero, and keeping it as %s", path, error, aside.name)
        _move(path, aside)
        return Ledger()


def save(path: Path, written: Mapping[str, Any]) -> None:
    """Write it whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(written, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _move(path: Path, aside: Path) -> None:
    try:
        path.replace(aside)
    except OSError as error:
        log.warning("%s can't be moved: %s", path, error.strerror)
