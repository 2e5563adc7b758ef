import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.cascade.intents.clock import times, weekdays
from voiced.cascade.intents.durations import durations
from voiced.cascade.intents.numbers import numbers, percentages, whole_numbers
from voiced.cascade.spoken import number_words, spoken_words

NUMBERS = whole_numbers(0, 1000)  # made once: hypothesis times each case


def value(reading, text):
    """What a text means, if it can also be recognised."""
    words = tuple(spoken_words(text))
    return reading.value(words) if len(words) in reading.automaton.stretches(words) else None


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("ten minutes", 600),
        ("90 seconds", 90),
        ("an hour", 3600),
        ("an hour and a half", 5400),
        ("two and a half hours", 9000),
        ("two hours and a half", 9000),
        ("half an hour", 1800),
        ("a quarter of an hour", 900),
        ("one hour and twenty minutes", 4800),
        ("two hours thirty minutes", 9000),
        ("a minute and thirty seconds", 90),
        ("a couple of minutes", 120),
        ("ten minute", 600),
        ("ten", None),
        ("half ten minutes", None),
        ("minutes", None),
    ],
)
def test_a_duration_is_given_in_seconds(said, seconds):
    assert value(durations(), said) == seconds


@pytest.mark.parametrize(
    ("said", "time"),
    [
        ("half past six", "06:30"),
        ("quarter to seven", "06:45"),
        ("a quarter past twelve", "12:15"),
        ("six thirty", "06:30"),
        ("six oh five", "06:05"),
        ("seven a m", "07:00"),
        ("seven p m", "19:00"),
        ("7:30 pm", "19:30"),
        ("7am", "07:00"),
        ("noon", "12:00"),
        ("midnight", "00:00"),
        ("twelve a m", "00:00"),
        ("twelve p m", "12:00"),
        ("ten to one in the morning", "00:50"),
        ("three at night", "03:00"),
        ("ten at night", "22:00"),
        ("eighteen thirty", "18:30"),
        ("five o'clock", "05:00"),
        ("six sixty", None),
        ("twenty five o'clock", None),
        ("a m", None),
    ],
)
def test_a_time_is_given_as_hours_and_minutes(said, time):
    assert value(times(), said) == time


@given(st.integers(0, 1000))
def test_every_number_that_is_spelled_is_read(number):
    assert value(NUMBERS, " ".join(number_words(number))) == number


@pytest.mark.parametrize(
    ("said", "number"), [("a hundred and five", 105), ("a thousand", 1000), ("minus five", -5), ("minus six", None)]
)
def test_numbers_are_read_as_people_say_them(said, number):
    assert value(whole_numbers(-5, 1000), said) == number


@pytest.mark.parametrize(
    ("said", "number"),
    [("twenty one point five", 21.5), ("twenty and a half", 20.5), ("thirty", 30), ("thirty point one", None)],
)
def test_fractions_stay_within_the_range(said, number):
    assert value(numbers(5, 30), said) == number


def test_a_percentage_is_a_number_or_a_share():
    assert value(percentages(0, 100, whole=True), "fifty percent") == 50
    assert value(percentages(0, 1, whole=False), "fifty percent") == 0.5
    assert value(percentages(10, 100, whole=True), "5%") is None


def test_a_weekday_is_its_name():
    assert value(weekdays(), "Tuesday") == "tuesday"


@pytest.mark.parametrize("reading", [durations(), times(), numbers(-20, 1000)], ids=["duration", "time", "number"])
def test_the_automata_stay_small(reading):
    assert sum(map(len, reading.automaton.steps)) < 800
