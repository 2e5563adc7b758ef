from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.tools.builtins.wording import clock, duration, full_date, listed, near_day


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (65, "1 minute and 5 seconds"),
        (599.7, "10 minutes"),
        (601, "10 minutes"),
        (3599.9, "1 hour"),
        (3900, "1 hour and 5 minutes"),
        (2 * 86_400 + 60, "2 days and 1 minute"),
        (-3, "0 seconds"),
    ],
)
def test_durations_are_said_as_people_do(seconds, said):
    assert duration(seconds) == said


@given(st.floats(0, 1e7))
def test_every_duration_can_be_said(seconds):
    assert duration(seconds)


@pytest.mark.parametrize(
    ("locale", "said"), [("en-US", "7:05 PM"), ("de-DE", "19:05"), ("en-GB", "19:05"), ("tlh", "7:05 PM")]
)
def test_clock_is_the_locale_s_without_odd_spaces(locale, said):
    assert clock(time(19, 5), locale) == said


def test_days_that_are_near_have_short_names():
    today = date(2026, 11, 21)
    said = [near_day(date(2026, 11, day), today, "en-US") for day in (21, 22, 23, 28, 20)]
    assert said == [
        "today",
        "tomorrow",
        "on Monday",
        "on Saturday, November 28, 2026",
        "on Friday, November 20, 2026",
    ]


def test_dates_are_the_locale_s():
    assert full_date(date(2026, 11, 21), "fr-FR") == "samedi 21 novembre 2026"


def test_lists_are_said_as_people_do():
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed("abc")] == ["", "a", "a and b", "a, b, and c"]
