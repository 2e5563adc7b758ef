"""What faults make of the frames of one connection. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any

from voiced.cascade.faults.kinds import (
    Alter,
    Blow,
    Duplicate,
    HalfOpen,
    OnTheLine,
    Slow,
    Stall,
    StopPonging,
    StopReading,
)
from voiced.cascade.faults.pace import Pace
from voiced.cascade.protocol import Frame


@dataclass(frozen=True, slots=True)
class Transmit:
    """Put a frame on the line."""

    frame: Frame


Step = Transmit | Blow
"""What the line is to do next."""


class Course:
    """The faults of one connection: each waits for its moment, then strikes or lasts.

    Args:
        faults: in the order in which they strike.
        chance: where jitter comes from.
    """

    def __init__(self, faults: Iterable[OnTheLine], chance: Random) -> None:
        self._waiting: list[tuple[OnTheLine, Counter[str]]] = []
        self._stalls: list[Stall] = []
        self._duplicates: list[Duplicate] = []
        self._alterations: list[Alter] = []
        self.up = Pace(chance)
        self.down = Pace(chance)
        self.reads = True
        self.answers_pings = True
        self.silent = False
        for fault in faults:
            self._waiting.append((fault, Counter()))

    def add(self, fault: OnTheLine) -> list[Step]:
        """One more fault; without an `after` it strikes now."""
        if fault.after is None:
            return list(self._strike(fault))
        self._waiting.append((fault, Counter()))
        return []

    def heal(self) -> None:
        """Nothing is wrong any more."""
        self._waiting.clear()
        self._stalls.clear()
        self._duplicates.clear()
        self._alterations.clear()
        self.up.slow_down(None)
        self.down.slow_down(None)
        self.reads = self.answers_pings = True
        self.silent = False

    def sent(self, frame: Frame) -> list[Step]:
        """What becomes of a frame that the session sends."""
        type_ = str(frame.get("type"))
        steps: list[Step] = []
        if not self.silent and not any(type_.startswith(stall.types) for stall in self._stalls):
            for alteration in self._alterations:
                if type_.startswith(alteration.types):
                    frame = _altered(frame, alteration)
            twice = any(type_.startswith(duplicate.types) for duplicate in self._duplicates)
            steps += [Transmit(frame)] * (2 if twice else 1)
        for waiting in list(self._waiting):
            fault, seen = waiting
            seen[type_] += 1
            if (seen.total() if fault.after is None else seen[fault.after]) >= fault.count:
                self._waiting.remove(waiting)
                steps += self._strike(fault)
        return steps

    def _strike(self, fault: OnTheLine) -> Iterator[Step]:
        match fault:
            case Slow():
                (self.up if fault.direction == "up" else self.down).slow_down(fault)
            case StopReading():
                self.reads = False
            case StopPonging():
                self.answers_pings = False
            case HalfOpen():
                self.silent = True
                self.answers_pings = False
            case Stall():
                self._stalls.append(fault)
            case Duplicate():
                self._duplicates.append(fault)
            case Alter():
                self._alterations.append(fault)
            case _:
                yield fault


def _altered(frame: Frame, alteration: Alter) -> Frame:
    altered = deepcopy(frame)
    for path, value in alteration.fields.items():
        *way, last = path.split(".")
        place: dict[str, Any] = altered
        for name in way:
            inner = place.get(name)
            if not isinstance(inner, dict):
                inner = place[name] = {}
            place = inner
        place[last] = value
    return altered
