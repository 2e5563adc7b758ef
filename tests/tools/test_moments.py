from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.tools.moments import ParameterFormat, in_form


@pytest.mark.parametrize(
    ("form", "value", "given"),
    [
        ("duration", 600, 600),
        ("duration", "PT10M", 600),
        ("duration", "P1DT1H1M1S", 90_061),
        ("time", "07:30", "07:30"),
        ("time", "7:30", "07:30"),
        ("time", "19:05:00", "19:05"),
        ("time", "07:30:00Z", "07:30"),
        ("date", "2026-11-21", "2026-11-21"),
        ("date", "2026-11-21T10:00:00", "2026-11-21"),
        ("weekday", "Monday", "monday"),
        ("percent", "50%", 50),
        ("percent", 12.5, 12.5),
    ],
)
def test_a_moment_is_given_in_one_form(form: str, value: Any, given: object) -> None:
    assert in_form(value, ParameterFormat(form)) == given


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("duration", "ten minutes"),
        ("duration", "P"),
        ("duration", ""),
        ("time", "24:00"),
        ("percent", "nan"),
        ("percent", "inf%"),
        ("time", "noon"),
        ("date", "2026-02-30"),
        ("date", "tomorrow"),
        ("weekday", "someday"),
        ("percent", "half"),
    ],
)
def test_a_text_that_is_no_such_moment_is_refused(form: str, value: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (its text is for nobody)
        in_form(value, ParameterFormat(form))


@given(st.text(), st.sampled_from(ParameterFormat))
def test_any_text_is_taken_or_refused(text: str, form: ParameterFormat) -> None:
    try:
        result = in_form(text, form)
    except ValueError:
        return
    assert in_form(result, form) == result
