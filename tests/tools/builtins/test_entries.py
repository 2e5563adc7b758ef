from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from voiced.tools.builtins.clocks import Moment
from voiced.tools.builtins.entries import Appointment, Countdown, next_day

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago", "UTC"]


def moment(*when, zone=BERLIN, monotonic=100.0):
    return Moment(monotonic, datetime(*when, tzinfo=zone).timestamp(), zone)


def test_countdown_goes_by_the_monotonic_clock_whatever_the_wall_says():
    timer = Countdown(600, 700.0)
    assert timer.due(moment(2026, 11, 21, 12)) == 600
    assert timer.due(moment(2031, 1, 1, monotonic=400.0)) == 300


def test_countdown_of_another_start_of_the_machine_goes_by_the_wall():
    noon = moment(2026, 11, 21, 12)
    assert Countdown(600, noon.wall + 60, by_wall=True).due(noon) == 60


def test_alarm_follows_the_clock_that_is_set():
    alarm = Appointment(time(7), date(2026, 11, 22))
    assert alarm.due(moment(2026, 11, 22, 6)) == 3600
    assert alarm.due(moment(2026, 11, 22, 6, 59)) == 60


def test_alarm_follows_a_zone_that_changes():
    alarm = Appointment(time(7), date(2026, 11, 22))
    assert alarm.due(moment(2026, 11, 22, 6, zone=ZoneInfo("America/New_York"))) == 3600


@pytest.mark.parametrize(
    ("night", "hours"),
    [((2026, 3, 28, 12), 18), ((2026, 10, 24, 12), 20), ((2026, 11, 21, 12), 19)],
)
def test_seven_o_clock_is_that_after_the_clocks_were_changed_at_night(night, hours):
    noon = moment(*night)
    assert Appointment(time(7), None, frozenset(range(7)), noon.wall).due(noon) == hours * 3600


def test_alarm_in_the_hour_that_is_left_out_rings_when_it_would_have_been():
    alarm = Appointment(time(2, 30), date(2026, 3, 29))
    rings = datetime.fromtimestamp(moment(2026, 3, 29).wall + alarm.due(moment(2026, 3, 29)), BERLIN)
    assert rings == datetime(2026, 3, 29, 3, 30, tzinfo=BERLIN)


def test_alarm_in_the_hour_that_comes_twice_rings_in_the_first_only():
    before = moment(2026, 10, 25, 1)
    alarm = Appointment(time(2, 30), None, frozenset(range(7)), before.wall)
    assert alarm.due(before) == 1.5 * 3600
    rang = Appointment(alarm.at, None, alarm.weekdays, before.wall + 1.5 * 3600)
    second = Moment(0, before.wall + 1.6 * 3600, BERLIN)
    assert rang.due(second) > 20 * 3600


def test_alarm_on_some_days_skips_the_others():
    saturday = moment(2026, 11, 21, 12)
    weekdays = Appointment(time(7), None, frozenset(range(5)), saturday.wall)
    assert weekdays.due(saturday) == (24 + 19) * 3600


def test_clock_set_back_a_little_does_not_ring_again_and_one_set_back_a_lot_does():
    handled = moment(2026, 11, 21, 7).wall
    alarm = Appointment(time(7), None, frozenset(range(7)), handled)
    assert alarm.due(moment(2026, 11, 21, 6, 59, 57)) == 24 * 3600 + 3
    assert alarm.due(moment(2026, 11, 20, 6)) == 3600


@given(
    zone=st.sampled_from(ZONES),
    began=st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 (the zone is another argument)
    at=st.times().map(lambda value: value.replace(second=0, microsecond=0)),
    weekdays=st.sets(st.integers(0, 6), min_size=1).map(frozenset),
    offsets=st.lists(st.floats(0, 2 * 86_400), max_size=20),
)
@example("Europe/Berlin", datetime(2024, 2, 2, 11, 35, 49), time(0), frozenset({0}), [44651.0, 172799.99999999997, 0.0])  # noqa: DTZ001 (likewise)
def test_alarm_that_is_looked_after_rings_once_on_each_of_its_days(zone, began, at, weekdays, offsets):
    """However often it is asked: each time it is due, the next is on the next of its days, at that time."""
    zone = ZoneInfo(zone)
    now = Moment(0, began.replace(tzinfo=zone).timestamp(), zone)
    alarm = Appointment(at, None, weekdays, now.wall)
    for offset in offsets:
        due = alarm.due(now)
        assert 0 < due <= 8 * 86_400 + 3600
        rings = datetime.fromtimestamp(now.wall + due, zone)
        assert datetime.combine(rings.date(), at, zone).timestamp() == rings.timestamp()
        assert rings.weekday() in weekdays
        skipped = [now.local.date() + timedelta(days) for days in range((rings.date() - now.local.date()).days)]
        assert not [day for day in skipped[1:] if day.weekday() in weekdays]
        now = Moment(0, now.wall + min(offset, due), zone)
        if now.wall >= rings.timestamp():  # not offset >= due, which may differ by a rounding
            assert alarm.due(now) == pytest.approx(0, abs=1e-3)
            alarm = Appointment(at, None, weekdays, now.wall)


def test_next_day_is_today_where_the_time_is_still_to_come():
    noon = moment(2026, 11, 21, 12)
    assert next_day(time(12, 1), noon) == date(2026, 11, 21)
    assert next_day(time(12), noon) == date(2026, 11, 22)
    assert next_day(time(7), noon, 5) == date(2026, 11, 28)
    assert next_day(time(7), noon, 0) == date(2026, 11, 23)
