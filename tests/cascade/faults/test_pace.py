import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.cascade.faults.kinds import Slow
from voiced.cascade.faults.pace import Pace


def test_line_without_faults_is_as_fast_as_can_be(chance_of):
    pace = Pace(chance_of(0))
    assert [pace.due(10_000, now) for now in (1.0, 1.0, 2.0)] == [1.0, 1.0, 2.0]


def test_delay_makes_frames_late_but_no_fewer(chance_of):
    pace = Pace(chance_of(0))
    pace.slow_down(Slow(delay_ms=200))
    assert [pace.due(10, now) for now in (1.0, 1.02, 1.04)] == pytest.approx([1.2, 1.22, 1.24])


def test_throughput_is_shared_by_what_is_sent_at_once(chance_of):
    pace = Pace(chance_of(0))
    pace.slow_down(Slow(bytes_per_second=1000))
    assert [pace.due(500, now) for now in (1.0, 1.0, 9.0)] == pytest.approx([1.5, 2.0, 9.5])


def test_healed_line_delivers_what_was_late_first(chance_of):
    pace = Pace(chance_of(0))
    pace.slow_down(Slow(delay_ms=1000))
    assert pace.due(1, 1.0) == 2.0
    pace.slow_down(None)
    assert [pace.due(1, 1.5), pace.due(1, 3.0)] == [2.0, 3.0]


@given(frames=st.lists(st.tuples(st.integers(0, 100_000), st.floats(0, 1)), min_size=1), seed=st.integers())
def test_jitter_never_changes_the_order(chance_of, frames, seed):
    pace, now, arrivals = Pace(chance_of(seed)), 0.0, []
    pace.slow_down(Slow(delay_ms=50, jitter_ms=300, bytes_per_second=50_000))
    for size, pause in frames:
        now += pause
        arrivals.append(pace.due(size, now))
        assert arrivals[-1] >= now + 0.05
    assert arrivals == sorted(arrivals)
