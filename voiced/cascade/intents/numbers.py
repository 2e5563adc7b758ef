"""Numbers and percentages as they are said."""

from collections.abc import Iterator
from functools import lru_cache

from voiced.cascade.intents.readings import Form, Reading, Slots, Value, composed, listed
from voiced.cascade.spoken import LARGEST_NUMBER, number_words


@lru_cache(maxsize=64)
def whole_numbers(low: int, high: int) -> Reading:
    """Whole numbers from low to high, both at most `LARGEST_NUMBER` from zero."""
    return listed({words: number for number in range(low, high + 1) for words in _wordings(number)})


@lru_cache(maxsize=64)
def numbers(low: float, high: float) -> Reading:
    """Numbers with tenths or halves: "twenty one point five", "twenty and a half"."""
    first, last = _whole_bounds(low, high)

    def within(value: float) -> float | None:
        return value if low <= value <= high else None

    def plus(slots: Slots) -> Value | None:
        whole, tenths = float(slots["n"]), float(slots["d"]) / 10
        return within(whole - tenths if whole < 0 else whole + tenths)

    def half(slots: Slots) -> Value | None:
        whole = float(slots["n"])
        return within(whole - 0.5 if whole < 0 else whole + 0.5)

    forms: list[Form] = [("{n}", lambda slots: slots["n"]), ("{n} point {d}", plus), ("{n} and a half", half)]
    return composed(forms, {"n": whole_numbers(first, last), "d": whole_numbers(0, 9)})


@lru_cache(maxsize=16)
def percentages(low: float, high: float, *, whole: bool) -> Reading:
    """Percent: as they are said, or, of numbers that are at most 1, as the share."""
    scale = 1 if whole or high > 1 else 100
    shares = whole_numbers(*_whole_bounds(low * scale, high * scale))

    def value(slots: Slots) -> Value:
        return slots["n"] if scale == 1 else float(slots["n"]) / scale

    return composed([("{n} [percent]", value)], {"n": shares})


def _whole_bounds(low: float, high: float) -> tuple[int, int]:
    """The whole numbers of a range, as far as they can be said."""
    return max(-LARGEST_NUMBER, int(-(-low // 1))), min(LARGEST_NUMBER, int(high // 1))


def _wordings(number: int) -> Iterator[tuple[str, ...]]:
    words = tuple(number_words(number))
    begins = [words] + [("a", *words[1:]) for unit in ("hundred", "thousand") if words[:2] == ("one", unit)]
    for begin in begins:
        yield begin
        if "hundred" in begin[:-1]:
            place = begin.index("hundred") + 1
            yield (*begin[:place], "and", *begin[place:])
