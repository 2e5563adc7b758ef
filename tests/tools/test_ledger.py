import asyncio
import logging
import os
from pathlib import Path

import pytest

from voiced.tools import ledger_file
from voiced.tools.calls import Call, Caller, ToolOutcome, Via
from voiced.tools.ledger import WAITING, Ledger
from voiced.tools.ledger_file import LedgerError, entries

DAY = 86_400.0
NOW = 1_000 * DAY


def call(number: int, at: float = NOW, *, ok: bool = True) -> Call:
    error = None if ok else "The lamp can't be reached."
    outcome = ToolOutcome(ok, '{"ok": true}' if ok else "{}", 0.25, error)
    return Call(at, Caller("chef", Via.ASK), f"tool{number}", '{"a": 1}', outcome)


def written(ledger: Ledger) -> None:
    ledger.close()
    ledger.write()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "tools.sqlite"


def ledger_at(path: Path, days: float = 30, most: int = 100) -> Ledger:
    return Ledger(path, days, most, lambda: NOW)


def test_a_call_is_read_as_it_was_written(path: Path) -> None:
    ledger = ledger_at(path)
    ledger.record(call(1))
    ledger.record(call(2, ok=False))
    written(ledger)
    first, second = entries(path, 10)
    assert (first.at, first.persona, first.via, first.tool) == (NOW, "chef", "ask", "tool1")
    assert (first.arguments, first.ok, first.result, first.seconds) == ('{"a": 1}', True, '{"ok": true}', 0.25)
    assert (second.ok, second.result) == (False, "The lamp can't be reached.")
    assert [entry.tool for entry in entries(path, 1)] == ["tool2"]


def test_old_calls_and_too_many_are_forgotten(path: Path) -> None:
    ledger = ledger_at(path, days=30, most=3)
    for number, age in enumerate([40, 31, 29, 20, 10, 0]):
        ledger.record(call(number, NOW - age * DAY))
    written(ledger)
    assert [entry.tool for entry in entries(path, 10)] == ["tool3", "tool4", "tool5"]
    ledger_of_days = ledger_at(path, days=15, most=100)
    ledger_of_days.record(call(6))
    written(ledger_of_days)
    assert [entry.tool for entry in entries(path, 10)] == ["tool4", "tool5", "tool6"]


def test_no_days_keep_nothing(path: Path) -> None:
    ledger = ledger_at(path, days=0)
    ledger.record(call(1))
    written(ledger)
    assert not path.exists()
    assert entries(path, 10) == []


def test_a_folder_that_can_not_be_written_is_one_warning(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    path.parent.write_text("a file where the folder should be")
    ledger = ledger_at(path)
    for number in range(3):
        ledger.record(call(number))
        written(ledger)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    path.parent.unlink()
    ledger.record(call(3))
    written(ledger)
    assert [entry.tool for entry in entries(path, 10)] == ["tool3"]
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_a_damaged_file_is_kept_aside_and_a_new_one_begins(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database" * 100)
    with pytest.raises(LedgerError):
        entries(path, 10)
    ledger = ledger_at(path)
    ledger.record(call(1))
    written(ledger)
    assert [entry.tool for entry in entries(path, 10)] == ["tool1"]
    assert path.with_suffix(".damaged").exists()
    assert len(caplog.records) == 1


def test_a_full_disk_is_told_once(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise LedgerError("database or disk is full")

    ledger = ledger_at(path)
    monkeypatch.setattr(ledger_file, "insert", full)
    for _ in range(2):
        ledger.record(call(1))
        written(ledger)
    assert [record.getMessage().endswith("disk is full") for record in caplog.records] == [True]


def test_more_calls_than_may_wait_are_dropped_with_one_warning(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ledger = ledger_at(path, most=10_000)
    for number in range(WAITING + 10):
        ledger.record(call(number))
    assert len(caplog.records) == 1
    written(ledger)
    assert len(entries(path, 10_000)) == WAITING - 1  # the end of the log takes one place, too


async def test_what_waits_is_written_before_the_end(path: Path) -> None:
    ledger = ledger_at(path)
    running = asyncio.create_task(ledger.run())
    await asyncio.sleep(0)
    ledger.record(call(1))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert [entry.tool for entry in entries(path, 10)] == ["tool1"]


def test_text_that_no_file_can_hold_is_written_down_all_the_same(path: Path) -> None:
    broken = Call(NOW, Caller(), "tool\ud800", '{"a": "\ud800"}', ToolOutcome(True, '"\udfff"', 0.1))  # noqa: FBT003
    ledger = ledger_at(path)
    ledger.record(broken)
    ledger.record(call(2))
    written(ledger)
    assert [entry.tool for entry in entries(path, 10)] == ["tool?", "tool2"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_a_file_that_root_makes_is_the_speakers(path: Path) -> None:
    path.parent.mkdir()
    os.chown(path.parent, 12345, 12346)
    ledger = ledger_at(path)
    ledger.record(call(1))
    written(ledger)
    assert (path.stat().st_uid, path.stat().st_gid, path.stat().st_mode & 0o777) == (12345, 12346, 0o640)
    assert [entry.tool for entry in entries(path, 10)] == ["tool1"]


def test_a_file_for_which_there_was_no_room_holds_no_calls(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    assert entries(path, 10) == []
