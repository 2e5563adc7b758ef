import json
from datetime import UTC, date, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiced.tools.builtins.clocks import Moment
from voiced.tools.builtins.entries import Appointment, Countdown, Entry, Kind, Missed
from voiced.tools.builtins.keeping import load, read, save, written
from voiced.tools.builtins.schedule import Schedule

EGG = Entry(1, Kind.TIMER, "egg", Countdown(600, 5600.0))
UP = Entry(2, Kind.ALARM, "", Appointment(time(7), None, frozenset({0, 4}), 1.5), 1)
CALL = Entry(3, Kind.REMINDER, "call mum", Appointment(time(18, 30), date(2026, 11, 22)))
LOST = Missed(Kind.ALARM, "up", 1_700_000_000.5)


def test_what_is_written_is_read_again(clock):
    content = json.loads(json.dumps(written(Schedule([EGG, UP, CALL], [LOST]), clock())))
    schedule = read(content, clock())
    assert schedule.entries == (EGG, UP, CALL)
    assert schedule.missed == (LOST,)


def test_timer_outlives_a_restart_of_the_daemon_by_the_monotonic_clock(clock):
    content = written(Schedule([EGG]), clock())
    clock.pass_by(100)
    clock.set_to(2029, 1, 1)
    assert read(content, clock()).wait(clock()) == 500


def test_timer_outlives_a_restart_of_the_machine_by_the_wall(clock):
    content = written(Schedule([EGG]), clock())
    clock.restart(200)
    schedule = read(content, clock())
    assert schedule.wait(clock()) == 400
    clock.wall += 100  # such a machine may have no clock of its own, and be told the time only now
    assert schedule.wait(clock()) == 300
    clock.restart(100)
    assert read(written(schedule, clock()), clock()).wait(clock()) == 200


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"version": 2}',
        '{"version": 1, "boot": "", "entries": [1], "missed": []}',
        '{"version": 1, "boot": "", "entries": [{"number": 1}], "missed": []}',
        (
            '{"version": 1, "boot": "", "missed": [], "entries": [{"number": 1, "kind": "timer", "label": "", '
            '"snoozes": 0, "seconds": NaN, "ends": 1, "monotonic": null}]}'
        ),
        (
            '{"version": 1, "boot": "", "missed": [], "entries": [{"number": 1, "kind": "alarm", "label": "", '
            '"snoozes": 0, "at": "07:00", "day": null, "weekdays": [9], "handled": 0}]}'
        ),
        "[" * 100_000,
    ],
)
def test_damaged_file_is_moved_aside_with_one_warning(tmp_path, clock, caplog, text):
    path = tmp_path / "timers.json"
    path.write_text(text)
    assert load(path, clock()).entries == ()
    assert path.with_suffix(".damaged").read_text() == text
    assert [record.levelname for record in caplog.records] == ["WARNING"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([EGG, UP, CALL]), st.data())
def test_no_content_does_more_harm_than_a_value_error(entry, data):
    now = Moment(5000.0, 1.8e9, UTC, "first")
    content = written(Schedule([entry], [LOST]), now)
    place = data.draw(st.sampled_from([content, content["entries"][0], content["missed"][0]]))
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(JSON)
    try:
        schedule = read(content, now)
    except ValueError:
        return
    schedule.collect(now)
    schedule.wait(now)


def test_file_that_cannot_be_written_is_an_error(tmp_path, clock):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError):
        save(tmp_path / "file" / "timers.json", written(Schedule([EGG]), clock()))


def test_file_is_its_owner_s_alone(tmp_path, clock):
    save(tmp_path / "state" / "timers.json", written(Schedule([EGG]), clock()))
    assert (tmp_path / "state" / "timers.json").stat().st_mode & 0o777 == 0o600
