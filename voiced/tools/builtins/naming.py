"""What timers, alarms and reminders are called, and which one is meant."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from voiced.tools.actions.action import ActionError
from voiced.tools.builtins.clocks import Moment
from voiced.tools.builtins.entries import Countdown, Entry, Kind, Missed
from voiced.tools.builtins.wording import clock, counted, duration, listed, near_day

ALL = "all"
"""In place of a name."""
NAMES = (
    *("bath", "bread", "cake", "cookie", "dinner", "dryer", "egg", "homework", "laundry", "meat", "oven", "pasta"),
    *("pizza", "potato", "rice", "sauce", "soup", "tea", "turkey", "vegetable", "washing", "workout"),
)
"""Names of timers that are understood offline; a model may give any."""


def bare(name: str, kind: Kind) -> str:
    """A name as it is compared and said: "the Pizza timer" is "pizza"."""
    words = name.casefold().split()
    if words[:1] in (["the"], ["my"]):
        words = words[1:]
    if words and words[-1] in (kind.value, f"{kind.value}s"):
        words = words[:-1]
    return " ".join(words)


def called(kind: Kind, label: str) -> str:
    """As "the pizza timer", "the reminder to call mum"."""
    if kind is Kind.REMINDER:
        return f"the reminder: {label}" if label else "the reminder"
    return f"the {label} {kind}" if label else f"the {kind}"


def among(entry: Entry, number: int) -> str:
    """What one of so many is called: "the timer of 10 minutes" where it has no name and there are others."""
    if number > 1 and not entry.label and isinstance(entry.when, Countdown):
        return f"the {entry.kind} of {duration(entry.when.seconds)}"
    return called(entry.kind, entry.label)


def meant(entries: Sequence[Entry], kind: Kind, name: str) -> tuple[Entry, ...]:
    """Those of a name; the only one where none is given. Raises `ActionError` where it isn't clear which."""
    if not entries:
        raise ActionError(f"There is no {kind} set.")
    wanted = bare(name, kind)
    if wanted[:1].isdecimal():
        wanted = wanted.removesuffix("s")
    if wanted == ALL:
        return tuple(entries)
    if not wanted:
        if len(entries) > 1:
            labels = [among(entry, len(entries)) for entry in entries]
            raise ActionError(f"There are {counted(len(entries), kind.value)}: {listed(labels)}. Say which, or all.")
        return tuple(entries)
    found = tuple(entry for entry in entries if wanted in (bare(entry.label, kind), _length(entry)))
    if not found:  # a reminder is recalled by a part of its text
        found = tuple(entry for entry in entries if wanted in entry.label.casefold())
    if not found:
        labels = [among(entry, len(entries)) for entry in entries]
        raise ActionError(f"There is no {wanted} {kind}. There is {listed(labels)}.")
    return found


def _length(entry: Entry) -> str:
    """As "10 minute" of a timer without a name."""
    if entry.label or not isinstance(entry.when, Countdown):
        return ""
    return duration(entry.when.seconds).removesuffix("s")


def ring_words(entries: Iterable[Entry], now: Moment, locale: str) -> str:
    """What is said while they ring."""
    return " ".join(dict.fromkeys(_ring_words(entry, now, locale) for entry in entries))


def missed_words(missed: Iterable[Missed], now: Moment, locale: str) -> str:
    """What is said of those that nobody heard; empty where there are none."""
    told = []
    for each in missed:
        at = datetime.fromtimestamp(each.at, now.zone)
        away = (now.local.date() - at.date()).days
        day = "" if away == 0 else " yesterday" if away == 1 else f" {near_day(at.date(), now.local.date(), locale)}"
        told.append(f"{called(each.kind, each.label)} at {clock(at, locale)}{day}")
    return f"You missed {listed(told)}." if told else ""


def _ring_words(entry: Entry, now: Moment, locale: str) -> str:
    match entry.kind:
        case Kind.TIMER:
            text = called(entry.kind, entry.label)
            return f"{text[0].upper()}{text[1:]} is done."
        case Kind.ALARM:
            return f"It is {clock(now.local, locale)}." + (f" {entry.label.capitalize()}." if entry.label else "")
        case Kind.REMINDER:
            return f"This is a reminder: {entry.label}." if entry.label else "This is a reminder."
