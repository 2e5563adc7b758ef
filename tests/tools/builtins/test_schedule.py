from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from voiced.tools.builtins.clocks import Moment
from voiced.tools.builtins.entries import Appointment, Countdown, Kind
from voiced.tools.builtins.keeping import read, written
from voiced.tools.builtins.schedule import ENTRIES, LATE_SECONDS, SNOOZES, TOLD_SECONDS, FullError, Schedule


def timer(schedule, clock, seconds, label=""):
    return schedule.add(Kind.TIMER, label, Countdown(seconds, clock.monotonic + seconds))


def labels(entries):
    return [entry.label for entry in entries]


def test_several_ring_each_at_its_time(clock):
    schedule = Schedule()
    timer(schedule, clock, 60, "egg"), timer(schedule, clock, 30, "tea")
    assert schedule.wait(clock()) == 30
    clock.pass_by(30)
    assert labels(schedule.collect(clock()).rings) == ["tea"]
    assert schedule.wait(clock()) == 30
    clock.pass_by(30)
    assert labels(schedule.collect(clock()).rings) == ["egg"]
    assert labels(schedule.ringing) == ["egg", "tea"]
    assert schedule.collect(clock()).rings == ()
    assert labels(schedule.settle(clock())) == ["egg", "tea"]
    assert schedule.entries == ()
    assert schedule.wait(clock()) is None


def test_pending_are_told_the_next_first(clock):
    schedule = Schedule()
    timer(schedule, clock, 60, "egg"), timer(schedule, clock, 30, "tea")
    schedule.add(Kind.ALARM, "", Appointment(time(7), date(2026, 11, 22)))
    assert labels(schedule.pending(Kind.TIMER, clock())) == ["tea", "egg"]


def test_alarm_of_every_day_stays_and_rings_on_the_next(clock):
    schedule = Schedule()
    schedule.add(Kind.ALARM, "", Appointment(time(7), None, frozenset(range(7)), clock.wall))
    clock.pass_by(19 * 3600)
    assert len(schedule.collect(clock()).rings) == 1
    schedule.settle(clock())
    assert schedule.wait(clock()) == 24 * 3600


@pytest.mark.parametrize("forward", [True, False])
def test_clock_that_is_set_moves_alarms_and_not_timers(clock, forward):
    schedule = Schedule()
    timer(schedule, clock, 600, "egg")
    schedule.add(Kind.ALARM, "up", Appointment(time(13), date(2026, 11, 21)))
    clock.set_to(2026, 11, 21, *((12, 59) if forward else (3, 0)))
    assert schedule.wait(clock()) == (60 if forward else 600)


def test_clock_set_just_past_an_alarm_rings_it_and_far_past_it_misses_it(clock):
    schedule = Schedule()
    schedule.add(Kind.ALARM, "near", Appointment(time(13, 10), date(2026, 11, 21)))
    schedule.add(Kind.ALARM, "far", Appointment(time(12, 30), date(2026, 11, 21)))
    clock.set_to(2026, 11, 21, 13, 12)
    news = schedule.collect(clock())
    assert labels(news.rings) == ["near"]
    assert labels(news.missed) == labels(schedule.missed) == ["far"]
    assert datetime.fromtimestamp(news.missed[0].at, clock.zone).time() == time(12, 30)


def test_what_was_due_long_ago_is_forgotten_without_a_word(clock):
    schedule = Schedule()
    timer(schedule, clock, 60)
    clock.pass_by(60 + TOLD_SECONDS + 1)
    news = schedule.collect(clock())
    assert (news.rings, news.missed, schedule.entries) == ((), (), ())


def test_missed_alarm_of_every_day_rings_the_next_day(clock):
    schedule = Schedule()
    schedule.add(Kind.ALARM, "", Appointment(time(13), None, frozenset(range(7)), clock.wall))
    clock.pass_by(2 * 3600)
    assert len(schedule.collect(clock()).missed) == 1
    assert schedule.wait(clock()) == 23 * 3600


def test_alarm_that_nobody_stops_is_put_off_twice_and_then_missed(clock):
    schedule = Schedule()
    schedule.add(Kind.ALARM, "up", Appointment(time(13), date(2026, 11, 21)))
    clock.pass_by(3600)
    for _ in range(SNOOZES):
        schedule.collect(clock())
        clock.pass_by(300)
        again, missed = schedule.give_up(clock(), 540)
        assert (labels(again), missed) == (["up"], ())
        assert schedule.wait(clock()) == 540
        clock.pass_by(540)
    schedule.collect(clock())
    again, missed = schedule.give_up(clock(), 540)
    assert (again, labels(missed), schedule.entries) == ((), ["up"], ())


def test_timer_that_nobody_stops_is_missed_and_told_once(clock):
    schedule = Schedule()
    timer(schedule, clock, 60, "egg")
    clock.pass_by(60)
    schedule.collect(clock())
    schedule.give_up(clock(), 540)
    assert schedule.tell_missed(Kind.ALARM) == ()
    assert labels(schedule.tell_missed(Kind.TIMER)) == ["egg"]
    assert schedule.tell_missed(Kind.TIMER) == ()


def test_what_rang_just_now_can_still_be_put_off_once(clock):
    schedule = Schedule()
    timer(schedule, clock, 60, "egg")
    clock.pass_by(60)
    schedule.collect(clock())
    schedule.settle(clock())
    clock.pass_by(100)
    assert labels(schedule.snooze(clock(), 120)) == ["egg"]
    assert schedule.snooze(clock(), 120) == ()
    assert schedule.wait(clock()) == 120


def test_what_rang_long_ago_can_not_be_put_off(clock):
    schedule = Schedule()
    timer(schedule, clock, 60)
    clock.pass_by(60)
    schedule.collect(clock())
    schedule.settle(clock())
    clock.pass_by(1000)
    assert schedule.snooze(clock(), 120) == ()


def test_no_more_than_so_many_are_kept(clock):
    schedule = Schedule()
    for _ in range(ENTRIES):
        timer(schedule, clock, 60)
    with pytest.raises(FullError, match="cancel one first"):
        timer(schedule, clock, 60)
    clock.pass_by(60)
    schedule.collect(clock())
    assert len(schedule.snooze(clock(), 60)) == ENTRIES, "putting off needs no room"


def test_ringing_at_a_power_cut_rings_again_after_a_short_one_and_was_missed_after_a_long_one(clock):
    schedule = Schedule()
    timer(schedule, clock, 60, "egg")
    clock.pass_by(60)
    schedule.collect(clock())
    content = written(schedule, clock())
    clock.restart(LATE_SECONDS - 10)
    assert labels(read(content, clock()).collect(clock()).rings) == ["egg"]
    clock.pass_by(20)
    assert labels(read(content, clock()).collect(clock()).missed) == ["egg"]


class EveryEntryEndsOnce(RuleBasedStateMachine):
    """Whatever happens in whatever order, each timer rings or is missed or cancelled, once, and never early."""

    def __init__(self):
        super().__init__()
        self.schedule = Schedule()
        self.monotonic, self.wall, self.boot = 100.0, 1.8e9, 0
        self.open = {}
        self.names = 0

    def now(self):
        return Moment(self.monotonic, self.wall, ZoneInfo("Europe/Berlin"), str(self.boot))

    @rule(seconds=st.integers(1, 3000))
    def add(self, seconds):
        if len(self.schedule.entries) < ENTRIES:
            self.names += 1
            label = str(self.names)
            self.schedule.add(Kind.TIMER, label, Countdown(seconds, self.monotonic + seconds))
            self.open[label] = self.monotonic + seconds

    @rule(seconds=st.floats(0, 4000))
    def pass_by(self, seconds):
        self.monotonic += seconds
        self.wall += seconds

    @rule(seconds=st.floats(-1e6, 1e6))
    def set_clock(self, seconds):
        self.wall += seconds

    @rule()
    def restart_the_daemon(self):
        ringing = [entry.label for entry in self.schedule.ringing]
        self.schedule = read(written(self.schedule, self.now()), self.now())
        for label in ringing:
            self.open[label] = self.monotonic

    @rule()
    def collect(self):
        news = self.schedule.collect(self.now())
        for each in (*news.rings, *news.missed):
            assert self.open.pop(each.label) <= self.monotonic + 1e-3

    @rule()
    def settle(self):
        self.schedule.settle(self.now())

    @rule(which=st.integers(0, 5))
    def cancel(self, which):
        pending = self.schedule.pending(Kind.TIMER, self.now())[which : which + 1]
        self.schedule.remove(pending)
        for entry in pending:
            self.open.pop(entry.label)

    @invariant()
    def all_that_is_open_is_kept(self):
        pending = [entry.label for entry in self.schedule.pending(Kind.TIMER, self.now())]
        assert sorted(pending) == sorted(self.open)


TestEveryEntryEndsOnce = EveryEntryEndsOnce.TestCase
TestEveryEntryEndsOnce.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
