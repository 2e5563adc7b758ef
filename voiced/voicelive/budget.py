"""What was used of the service, and whether more may be."""

import asyncio
import dataclasses
import logging
import threading
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from voiced.voicelive.budget_settings import BudgetSettings, LimitSettings
from voiced.voicelive.ledger import load, save
from voiced.voicelive.usage import Usage

log = logging.getLogger(__name__)

WRITE_SECONDS = 10.0
"""The file is written at most this often: a card wears, and a power cut may cost so much of the count."""


class Budget:
    """Counts, limits, and keeps the count in a file while `run` runs. `today` gives the local calendar day."""

    def __init__(self, settings: BudgetSettings, path: Path, today: Callable[[], date]) -> None:
        self._settings = settings
        self._path = path
        self._today = today
        self._ledger = load(path)
        self._changed = asyncio.Event()
        self._writing = threading.Lock()
        self._used_since_told = False
        self._warned: tuple[str, date] | None = None
        self._failing = False

    def add(self, usage: Usage) -> None:
        """Count what was used just now."""
        self._ledger.add(usage, self._today())
        self._used_since_told = True
        self._changed.set()

    def spent(self) -> str | None:
        """Which hard limit is reached, in one line; None where the service may be used. Warns once a day."""
        reached = self._reached(self._settings.hard)
        if reached is not None and self._warned != (reached, self._today()):
            self._warned = (reached, self._today())
            log.warning("the budget is used up: %s; see `budget` in the configuration", reached)
        return reached

    def running_low(self) -> str | None:
        """Which soft limit is reached, where the user should be told of it now: once a day, after using the service."""
        if self._ledger.told == self._today() or not self._used_since_told:
            return None
        return self._reached(self._settings.soft)

    def told(self) -> None:
        """The user has been told for today."""
        self._ledger.told = self._today()
        self._used_since_told = False
        self._changed.set()

    def spent_on_one(self, usage: Usage) -> str | None:
        """The limit of one conversation, where it has used as much."""
        limit = self._settings.tokens_per_conversation
        return f"{limit} tokens a conversation" if limit is not None and usage.tokens >= limit else None

    def status(self) -> Mapping[str, Any]:
        """What was used today and this month, and which limits are reached."""
        today = self._today()
        return {
            "today": self._shown(self._ledger.day(today)),
            "month": self._shown(self._ledger.month(today)),
            "currency": self._settings.currency,
            "low": self._reached(self._settings.soft),
            "spent": self._reached(self._settings.hard),
        }

    async def run(self) -> None:
        """Keep the file up to date until cancelled; what can't be written is one warning until it can again."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            writing = asyncio.create_task(asyncio.to_thread(self._save, self._ledger.written()))
            try:
                problem = await asyncio.shield(writing)
            except asyncio.CancelledError:
                self._tell(await writing)  # a thread can't be stopped, and what `close` writes must be the last
                raise
            self._tell(problem)
            await asyncio.sleep(WRITE_SECONDS)

    def close(self) -> None:
        """Write what is not yet written."""
        if self._changed.is_set():
            self._tell(self._save(self._ledger.written()))

    def _save(self, written: Mapping[str, Any]) -> str:
        """Save it, from any thread; what went wrong, or nothing."""
        try:
            with self._writing:
                save(self._path, written)
        except OSError as error:
            return error.strerror or str(error)
        return ""

    def _tell(self, problem: str) -> None:
        if problem:
            self._changed.set()  # it is tried again: what was used counts after a restart, too
        if problem and not self._failing:
            log.warning("what was used of the budget can't be kept in %s: %s", self._path, problem)
        self._failing = bool(problem)

    def _reached(self, limits: LimitSettings) -> str | None:
        today = self._today()
        for name, limit in limits.given():
            what, _, period = name.partition("_per_")
            usage = self._ledger.day(today) if period == "day" else self._ledger.month(today)
            if self._amount(what, usage) >= limit:
                unit = self._settings.currency or "of cost" if what == "cost" else what
                return f"{limit:g} {unit} a {period}"
        return None

    def _amount(self, what: str, usage: Usage) -> float:
        match what:
            case "tokens":
                return usage.tokens
            case "minutes":
                return usage.minutes
            case _:
                return self._cost(usage) or 0.0

    def _cost(self, usage: Usage) -> float | None:
        return None if self._settings.prices is None else self._settings.prices.cost(usage)

    def _shown(self, usage: Usage) -> Mapping[str, Any]:
        return {
            **dataclasses.asdict(usage),
            "tokens": usage.tokens,
            "minutes": round(usage.minutes, 1),
            "cost": self._cost(usage),
        }
