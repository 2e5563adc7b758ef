"""What `voiced doctor` finds."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How grave a finding is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check: what is so, and what to do about it where that is not well."""

    verdict: Verdict
    what: str
    fix: str = ""


def good(what: str) -> Finding:
    """Nothing to do."""
    return Finding(Verdict.OK, what)


def doubtful(what: str, fix: str) -> Finding:
    """It works, but not as well as it could."""
    return Finding(Verdict.WARN, what, fix)


def bad(what: str, fix: str) -> Finding:
    """It doesn't work."""
    return Finding(Verdict.FAIL, what, fix)
