from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.tools.coercion import NUMERIC, coerced, number_words

NO_BOUNDS = (None, None)


@pytest.mark.parametrize(
    ("value", "declared", "meant"),
    [
        ("50%", ("percent",), 50),
        ("50 percent", ("percent",), 50),
        ("fifty per cent", ("percent",), 50),
        ("50", ("percent",), "50"),
        ("fifty", ("number_words",), 50),
        ("Fifty-five", ("number_words",), 55),
        ("one hundred and five", ("number_words",), 105),
        ("many", ("number_words",), "many"),
        ("50", ("digits",), 50),
        ("-2.5", ("digits",), -2.5),
        ("1e999", ("digits",), "1e999"),
        (49.6, ("round",), 50),
        ("49.6", ("digits", "round"), 50),
        (120, ("clamp",), 100),
        (-3, ("clamp",), 0),
        (True, ("clamp", "round"), True),
        (" ON ", ("lower",), "on"),
        ("On", ("switch",), True),
        ("no", ("switch",), False),
        ("perhaps", ("switch",), "perhaps"),
        ("50%", (), "50%"),
        ("ON", (), "ON"),
        (None, ("percent", "digits", "round", "clamp"), None),
    ],
)
def test_only_what_is_declared_is_taken_for_something_else(value: Any, declared: Any, meant: object) -> None:
    result = coerced(value, declared, "en", (0, 100) if "clamp" in declared else NO_BOUNDS)
    assert result == meant
    assert type(result) is type(meant)


@pytest.mark.parametrize(
    ("language", "text", "number"),
    [("de", "fünfundfünfzig", 55), ("fr", "quatre-vingt-dix", 90), ("es", "veintiuno", 21), ("tlh", "fifty", 50)],
)
def test_numbers_are_spelled_in_the_speaker_s_language(language: str, text: str, number: int) -> None:
    assert coerced(text, ("number_words",), language, NO_BOUNDS) == number


def test_every_number_up_to_a_thousand_has_its_words() -> None:
    assert set(number_words("en").values()) == set(range(1001))


@given(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    st.sets(st.sampled_from([*NUMERIC])),
)
def test_any_value_is_a_number_or_stays_itself(value: Any, declared: Any) -> None:
    result = coerced(value, declared, "en", (0, 10))
    assert result is value or result == value or isinstance(result, int | float)
