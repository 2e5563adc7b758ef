import asyncio
import json
import logging
import os
import threading
import time
from datetime import date

import pytest
from pydantic import ValidationError

from voiced.voicelive import ledger
from voiced.voicelive.budget import Budget
from voiced.voicelive.budget_settings import BudgetSettings, PriceSettings
from voiced.voicelive.usage import Usage

PRICES = {"input_text": 4, "input_audio": 32, "output_text": 16, "output_audio": 64, "cached_text": 0.4}


class Clock:
    """A calendar that the test turns, and budgets by it."""

    def __init__(self, folder):
        self.today = date(2026, 1, 30)
        self.path = folder / "usage.json"

    def budget(self, **settings):
        return Budget(BudgetSettings.model_validate(settings), self.path, lambda: self.today)


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path)


def test_hard_limit_holds_until_the_day_is_over(clock):
    budget = clock.budget(hard={"tokens_per_day": 100})
    budget.add(Usage(input_text=99))
    assert budget.spent() is None
    budget.add(Usage(output_audio=1))
    assert budget.spent() == "100 tokens a day"
    clock.today = date(2026, 1, 31)
    assert budget.spent() is None


def test_hard_limit_of_a_month_holds_until_the_month_is_over(clock):
    budget = clock.budget(hard={"minutes_per_month": 2})
    budget.add(Usage(seconds=60))
    clock.today = date(2026, 1, 31)
    budget.add(Usage(seconds=60))
    assert budget.spent() == "2 minutes a month"
    clock.today = date(2026, 2, 1)
    assert budget.spent() is None


def test_hard_limit_is_one_warning_a_day(clock, caplog):
    budget = clock.budget(hard={"tokens_per_month": 1})
    budget.add(Usage(input_text=1))
    for day in (30, 31):
        clock.today = date(2026, 1, day)
        budget.spent()
        budget.spent()
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert "used up: 1 tokens a month" in caplog.text


def test_soft_limit_is_told_once_a_day_and_only_after_use(clock):
    budget = clock.budget(soft={"cost_per_month": 1}, prices=PRICES, currency="EUR")
    assert budget.running_low() is None
    budget.add(Usage(output_audio=20_000))
    assert budget.running_low() == "1 EUR a month"
    assert budget.running_low() == "1 EUR a month", "until it was really told"
    budget.told()
    budget.add(Usage(input_text=1))
    assert budget.running_low() is None
    clock.today = date(2026, 1, 31)
    budget.told()
    clock.today = date(2026, 1, 30)
    assert budget.running_low() is None, "nothing was used since"


def test_restart_forgets_neither_count_nor_telling(clock):
    budget = clock.budget(soft={"tokens_per_day": 5})
    budget.add(Usage(input_text=5))
    budget.told()
    budget.close()
    again = clock.budget(soft={"tokens_per_day": 5}, hard={"tokens_per_day": 6})
    again.add(Usage(input_text=1))
    assert again.running_low() is None
    assert again.spent() == "6 tokens a day"


async def test_use_is_written_while_it_runs(clock):
    budget = clock.budget()
    task = asyncio.create_task(budget.run())
    budget.add(Usage(input_text=5))
    async with asyncio.timeout(5):
        while not clock.path.exists():
            await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert json.loads(clock.path.read_text())["days"]["2026-01-30"]["input_text"] == 5


async def test_count_of_the_last_moment_is_not_lost_to_a_write_under_way(clock, monkeypatch):
    budget = clock.budget()
    writing, go_on, real = threading.Event(), threading.Event(), os.fsync

    def slow(descriptor):
        writing.set()
        assert go_on.wait(5)
        real(descriptor)

    monkeypatch.setattr(ledger.os, "fsync", slow)
    task = asyncio.create_task(budget.run())
    budget.add(Usage(input_text=5))
    await asyncio.to_thread(writing.wait, 5)
    task.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not task.done(), "it waits for its write"
    budget.add(Usage(input_text=7))
    go_on.set()
    await asyncio.gather(task, return_exceptions=True)
    budget.close()
    assert ledger.load(clock.path).day(clock.today).input_text == 12


def test_two_writes_at_a_time_are_one_after_the_other(clock, monkeypatch):
    budget, within, most = clock.budget(), [], []

    def slow(_path, _written):
        within.append(1)
        most.append(len(within))
        time.sleep(0.02)
        within.pop()

    monkeypatch.setattr("voiced.voicelive.budget.save", slow)
    threads = [threading.Thread(target=budget._save, args=({},)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 4


def test_unwritable_file_is_one_warning_and_counting_goes_on(clock, caplog):
    clock.path.with_suffix(".part").mkdir()
    budget = clock.budget(hard={"tokens_per_day": 2})
    for _ in range(2):
        budget.add(Usage(input_text=1))
        budget.close()
    assert caplog.text.count("can't be kept") == 1
    assert budget.spent() == "2 tokens a day"


async def test_what_a_full_disk_refused_is_written_once_there_is_room(clock, caplog, monkeypatch):
    monkeypatch.setattr("voiced.voicelive.budget.WRITE_SECONDS", 0.01)
    clock.path.with_suffix(".part").symlink_to("/dev/full")
    budget = clock.budget()
    task = asyncio.create_task(budget.run())
    budget.add(Usage(input_text=5))
    async with asyncio.timeout(5):
        while "can't be kept" not in caplog.text:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)  # some more tries
        clock.path.with_suffix(".part").unlink()
        while not clock.path.exists():
            await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert caplog.text.count("No space left on device") == 1
    assert clock.budget().status()["today"]["tokens"] == 5


async def test_what_a_full_disk_refused_at_last_is_tried_again_at_the_end(clock, caplog):
    clock.path.with_suffix(".part").symlink_to("/dev/full")
    budget = clock.budget()
    task = asyncio.create_task(budget.run())
    budget.add(Usage(input_text=5))
    async with asyncio.timeout(5):
        while "can't be kept" not in caplog.text:
            await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    clock.path.with_suffix(".part").unlink()
    budget.close()
    assert clock.budget().status()["today"]["tokens"] == 5


def test_calendar_that_jumps_ahead_and_back_forgets_nothing_of_today(clock):
    budget = clock.budget(hard={"tokens_per_day": 10}, soft={"tokens_per_day": 5})
    budget.add(Usage(input_text=6))
    budget.told()
    clock.today = date(2099, 1, 1)  # the network's time was wrong for a moment
    assert budget.spent() is None
    budget.add(Usage(input_text=4))
    budget.close()
    clock.today = date(2026, 1, 30)
    again = clock.budget(hard={"tokens_per_day": 10}, soft={"tokens_per_day": 5})
    assert again.status()["today"]["tokens"] == 6
    again.add(Usage(input_text=4))
    assert again.spent() == "10 tokens a day"
    assert again.running_low() is None, "it was told today"


def test_conversation_has_its_own_limit(clock):
    budget = clock.budget(tokens_per_conversation=10)
    assert budget.spent_on_one(Usage(output_text=9)) is None
    assert budget.spent_on_one(Usage(output_text=10)) == "10 tokens a conversation"
    assert clock.budget().spent_on_one(Usage(output_text=10**9)) is None


def test_cost_is_what_the_prices_say_and_nothing_without_any(clock):
    million = 10**6
    usage = Usage(million, million, million, million, million, million, seconds=120)
    prices = PriceSettings.model_validate({**PRICES, "minute": 0.5})
    assert prices.cost(usage) == pytest.approx(4 + 32 + 0.4 + 32 + 16 + 64 + 2 * 0.5)
    budget = clock.budget()
    budget.add(usage)
    assert budget.status()["today"]["cost"] is None


def test_status_has_today_and_the_month(clock):
    budget = clock.budget(prices=PRICES, currency="EUR", soft={"tokens_per_month": 3}, hard={"tokens_per_month": 30})
    budget.add(Usage(input_text=1, seconds=90))
    clock.today = date(2026, 1, 31)
    budget.add(Usage(input_text=2))
    status = budget.status()
    assert (status["today"]["tokens"], status["month"]["tokens"]) == (2, 3)
    assert status["month"]["minutes"] == 1.5
    assert status["month"]["cost"] == pytest.approx(12e-6)
    assert (status["currency"], status["low"], status["spent"]) == ("EUR", "3 tokens a month", None)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"soft": {"tokens_per_day": 5}, "hard": {"tokens_per_day": 4}}, "above hard.tokens_per_day"),
        ({"hard": {"cost_per_day": 4}}, "hard.cost_per_day needs `prices`"),
        ({"currency": "€"}, "pattern"),
        ({"prices": {"input_text": 5}}, "input_audio"),
        ({"hard": {"tokens_per_day": 0}}, "greater"),
    ],
)
def test_budget_that_makes_no_sense_is_refused(settings, complaint):
    with pytest.raises(ValidationError, match=complaint):
        BudgetSettings.model_validate(settings)
