import time

import pytest

from voiced.tools.builtins import clocks


def test_now_is_that_of_this_machine():
    before, moment, after = time.time(), clocks.now(), time.time()
    assert before <= moment.wall <= after
    assert moment.local.timestamp() == pytest.approx(moment.wall)


@pytest.mark.parametrize("name", ["America/New_York", ":America/New_York"])
def test_zone_is_the_environment_s(monkeypatch, name):
    monkeypatch.setenv("TZ", name)
    assert str(clocks.now().zone) == "America/New_York"


def test_zone_that_is_not_known_is_a_warning_and_the_machine_s_own_counts(monkeypatch, caplog):
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0")
    assert clocks.now().local is not None
    assert "no time zone known here" in caplog.text


def test_zone_of_the_machine_is_read_again_when_it_changes(monkeypatch, tmp_path):
    monkeypatch.delenv("TZ", raising=False)
    monkeypatch.setattr(clocks, "_LOCAL", tmp_path / "localtime")
    offset = clocks.now().local.utcoffset()
    assert offset.total_seconds() == 0, "without a zone it is universal time"
    zones = [path for path in ("/usr/share/zoneinfo/Asia/Kolkata",) if (tmp_path / path).exists()]
    if not zones:
        pytest.skip("the machine has no zones")
    (tmp_path / "localtime").symlink_to(zones[0])
    assert clocks.now().local.utcoffset().total_seconds() == 5.5 * 3600


def test_time_that_the_machine_sleeps_counts_for_timers(monkeypatch):
    hands = {time.CLOCK_BOOTTIME: 90_000.0, time.CLOCK_MONOTONIC: 3600.0}
    monkeypatch.setattr(time, "clock_gettime", hands.__getitem__)
    assert clocks.now().monotonic == 90_000.0
