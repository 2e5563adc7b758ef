import json
import logging
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.voicelive.ledger import DAYS_KEPT, Ledger, load, local_day, save
from voiced.voicelive.usage import Usage

TODAY = date(2026, 3, 1)
YESTERDAY = date(2026, 2, 28)


def test_months_and_days_are_those_of_the_calendar():
    ledger = Ledger()
    ledger.add(Usage(input_text=1), date(2025, 3, 1))
    ledger.add(Usage(input_text=10), YESTERDAY)
    ledger.add(Usage(input_text=100, seconds=6), TODAY)
    ledger.add(Usage(input_text=1000, seconds=54), TODAY)
    assert ledger.day(TODAY) == Usage(input_text=1100, seconds=60)
    assert ledger.month(TODAY) == Usage(input_text=1100, seconds=60)
    assert ledger.month(YESTERDAY) == Usage(input_text=10)
    assert ledger.month(date(2026, 4, 1)) == Usage()


@given(st.lists(st.tuples(st.dates(), st.integers(0, 1000))))
def test_ledger_survives_being_written_and_stays_small(days):
    ledger = Ledger()
    for day, tokens in days:
        ledger.add(Usage(output_text=tokens), day)
    written = ledger.written()
    assert Ledger.read(json.loads(json.dumps(written))).written() == written
    assert len(written["days"]) <= DAYS_KEPT + 1


def test_day_of_a_clock_that_was_wrong_is_counted_still():
    ledger = Ledger()
    for ahead in range(DAYS_KEPT + 5):
        ledger.add(Usage(input_text=1), TODAY + timedelta(ahead))
    ledger.add(Usage(input_text=7), date(1970, 1, 1))
    assert ledger.day(date(1970, 1, 1)).tokens == 7
    assert ledger.month(TODAY + timedelta(DAYS_KEPT + 4)).tokens > 0


def test_saved_ledger_is_loaded_and_private(tmp_path):
    path = tmp_path / "state" / "usage.json"
    ledger = Ledger()
    ledger.add(Usage(input_audio=3), TODAY)
    ledger.told = TODAY
    save(path, ledger.written())
    assert load(path).written() == ledger.written()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["usage.json"]


def test_no_file_yet_is_an_empty_ledger_without_a_word(tmp_path, caplog):
    assert load(tmp_path / "usage.json").written() == Ledger().written()
    assert not caplog.records


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[]", b'{"version": 2}', b'{"version": 1, "days": []}', b"[" * 100_000,
     b'{"version": 1, "told": 5, "days": {}}', b'{"version": 1, "told": null, "days": {"yesterday": {}}}',
     b'{"version": 1, "told": null, "days": {"2026-01-01": {"input_text": -5}}}'],
)  # fmt: skip
def test_damaged_file_is_one_warning_moved_aside_and_counted_from_zero(tmp_path, caplog, content):
    path = tmp_path / "usage.json"
    path.write_bytes(content)
    assert load(path).month(TODAY) == Usage()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "counting from zero" in caplog.text
    assert (tmp_path / "usage.damaged").read_bytes() == content
    assert not path.exists()


def test_unreadable_file_is_one_warning_and_is_left_alone(tmp_path, caplog):
    path = tmp_path / "usage.json"
    path.mkdir()
    assert load(path).month(TODAY) == Usage()
    assert "can't be read" in caplog.text
    assert path.exists()


def test_interrupted_write_leaves_the_former_file(tmp_path):
    path = tmp_path / "usage.json"
    save(path, {"version": 1})
    with pytest.raises(TypeError):
        save(path, {"version": object()})
    assert json.loads(path.read_text()) == {"version": 1}


def test_local_day_is_a_day():
    assert abs(local_day() - date.today()) <= timedelta(1)  # noqa: DTZ011 (the local calendar's is meant)
