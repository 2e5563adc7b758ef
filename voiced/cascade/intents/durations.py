"""Lengths of time as they are said, in seconds."""

from collections.abc import Callable
from functools import cache

from voiced.cascade.intents.numbers import whole_numbers
from voiced.cascade.intents.readings import Form, Reading, Slots, composed

_MINUTE, _HOUR = 60, 3600
_UNITS = (("second", 1), ("minute", _MINUTE), ("hour", _HOUR))


@cache
def durations() -> Reading:
    """From a second to four days: "ten minutes", "an hour and a half", "two and a half hours", "90 seconds"."""
    forms: list[Form] = []
    for unit, seconds in _UNITS:
        one, some = f"(a|an|one) {unit}", f"({unit}|{unit}s)"
        forms += [(f"{{n}} {some}", _sum(n=seconds)), (one, _sum(seconds)), (f"a couple of {unit}s", _sum(2 * seconds))]
        if seconds > 1:
            half = seconds // 2
            forms += [
                (f"{one} and a half", _sum(seconds + half)),
                (f"{{n}} and a half {some}", _sum(half, n=seconds)),
                (f"{{n}} {unit}s and a half", _sum(half, n=seconds)),
                (f"half (a|an) {unit}", _sum(half)),
                (f"a half {unit}", _sum(half)),
            ]
    forms += [
        ("(one|a) hour and {m} (minute|minutes)", _sum(_HOUR, m=_MINUTE)),
        ("an hour and {m} (minute|minutes)", _sum(_HOUR, m=_MINUTE)),
        ("{n} (hour|hours) [and] {m} (minute|minutes)", _sum(n=_HOUR, m=_MINUTE)),
        ("{n} (minute|minutes) [and] {m} (second|seconds)", _sum(n=_MINUTE, m=1)),
        ("(a|one) minute and {m} (second|seconds)", _sum(_MINUTE, m=1)),
        ("a quarter of an hour", _sum(_HOUR // 4)),
        ("a quarter hour", _sum(_HOUR // 4)),
        ("three quarters of an hour", _sum(_HOUR * 3 // 4)),
        ("an hour and a quarter", _sum(_HOUR * 5 // 4)),
    ]
    return composed(forms, {"n": whole_numbers(1, 99), "m": whole_numbers(1, 59)})


def _sum(fixed: int = 0, **factors: int) -> Callable[[Slots], int]:
    def seconds(slots: Slots) -> int:
        return fixed + sum(int(slots[name]) * factor for name, factor in factors.items())

    return seconds
