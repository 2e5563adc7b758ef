import pytest

from voiced.cascade.faults.course import Course, Transmit
from voiced.cascade.faults.kinds import Alter, Close, Duplicate, HalfOpen, Inject, Reset, Slow, Stall, StopReading


@pytest.fixture
def course(chance_of):
    return lambda *faults: Course(faults, chance_of(0))


def types(steps):
    return [step.frame["type"] if isinstance(step, Transmit) else step.kind for step in steps]


def sent(made, *kinds):
    return [types(made.sent({"type": kind})) for kind in kinds]


def test_without_faults_frames_pass_as_they_are(course):
    frame = {"type": "a", "x": 1}
    assert course().sent(frame) == [Transmit(frame)]


def test_blow_strikes_once_after_its_moment(course):
    made = course(Close(code=1011, after="b", count=2))
    assert sent(made, "a", "b", "a", "b", "b") == [["a"], ["b"], ["a"], ["b", "close"], ["b"]]


def test_fault_without_a_moment_strikes_after_the_first_frame_or_on_a_session_that_runs_at_once(course):
    made = course(Reset())
    assert sent(made, "a", "a") == [["a", "reset"], ["a"]]
    assert types(course().add(Reset())) == ["reset"]
    assert types(course().add(Reset(after="a"))) == []


def test_several_faults_strike_in_their_order(course):
    made = course(Inject(oddity="empty"), Duplicate(after="a"), Close(code=1000, after="a", count=2))
    assert sent(made, "a", "a") == [["a", "inject"], ["a", "a", "close"]]


def test_half_open_line_says_nothing_more_and_answers_no_ping(course):
    made = course(HalfOpen(after="b"))
    assert sent(made, "a", "b", "a", "b") == [["a"], ["b"], [], []]
    assert made.silent
    assert not made.answers_pings


def test_stall_holds_back_what_begins_so_only(course):
    made = course(Stall(after="response.audio.delta", count=2))
    kinds = ["response.created", *["response.audio.delta"] * 3, "response.done", "error"]
    assert sent(made, *kinds) == [[kinds[0]], [kinds[1]], [kinds[1]], [], [], ["error"]]


def test_alteration_adds_and_overwrites_without_touching_the_sessions_own_frame(course):
    frame = {"type": "response.done", "response": {"status": "completed"}}
    made = course()
    made.add(Alter(types="response.", fields={"response.status": "dreaming", "response.a.b": 1, "extra": None}))
    (step,) = made.sent(frame)
    assert step.frame == {
        "type": "response.done", "response": {"status": "dreaming", "a": {"b": 1}}, "extra": None,
    }  # fmt: skip
    assert frame["response"] == {"status": "completed"}
    assert made.sent({"type": "error"}) == [Transmit({"type": "error"})]


def test_healing_ends_all_that_lasts_and_all_that_waits(course):
    made = course(Close(code=1000, after="z"))
    for fault in (HalfOpen(), StopReading(), Duplicate(), Stall(types=""), Slow(delay_ms=1000)):
        made.add(fault)
    assert not made.reads
    assert made.down.due(1, 0.0) == 1.0
    made.heal()
    assert (made.reads, made.answers_pings, made.silent) == (True, True, False)
    assert sent(made, "a", "z") == [["a"], ["z"]]
    assert made.down.due(1, 5.0) == 5.0
