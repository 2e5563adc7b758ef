from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from voiced.tools.policy import MINUTE, InQuietHours, Policy, QuietHours, Rate
from voiced.tools.policy_settings import QuietHoursSettings, ToolPolicySettings


@pytest.mark.parametrize(
    ("moment", "period"),
    [(time(21, 59), "day"), (time(22), "night"), (time(0), "night"), (time(6, 59), "night"), (time(7), "day")],
)
def test_quiet_hours_go_over_midnight(moment: time, period: str) -> None:
    assert QuietHours(time(22), time(7)).hold(moment) is (period == "night")
    assert QuietHours(time(7), time(22)).hold(moment) is (period == "day")


def test_quiet_hours_are_read_as_they_are_written() -> None:
    read = QuietHoursSettings.model_validate_json('{"from": "22:00", "to": "7:05", "then": "confirm"}')
    assert read.hours() == QuietHours(time(22), time(7, 5), InQuietHours.CONFIRM)
    assert ToolPolicySettings().quiet_hours is None


@pytest.mark.parametrize("text", ["24:00", "22", "22:60", "noon", ""])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="no time of day"):
        QuietHoursSettings.model_validate({"from": text, "to": "07:00"})


def test_personas_are_everybody_unless_they_are_named() -> None:
    assert Policy().allows("chef")
    assert Policy(personas=frozenset({"chef"})).allows("chef")
    assert not Policy(personas=frozenset({"chef"})).allows("default")


@given(st.integers(1, 5), st.lists(st.floats(0, 20), max_size=60))
def test_no_minute_ever_has_more_calls_than_the_limit(limit: int, pauses: list[float]) -> None:
    rate, now, begun = Rate(), 0.0, []
    for pause in pauses:
        now += pause
        wait = rate.wait(limit, now)
        if wait == 0:
            begun.append(now)
        else:
            assert 0 < wait <= MINUTE * (1 + 1e-9)
            assert len([at for at in begun if at + MINUTE > now]) == limit
    assert all(sum(first <= at < first + MINUTE for at in begun) <= limit for first in begun)


def test_quiet_hours_that_never_come_are_a_mistake() -> None:
    with pytest.raises(ValidationError, match="to is the same as from"):
        QuietHoursSettings.model_validate({"from": "22:00", "to": "22:00"})
