"""What a sentence can mean."""

from collections.abc import Mapping
from dataclasses import dataclass

from voiced.cascade.intents.readings import Value


@dataclass(frozen=True, slots=True)
class Call:
    """A tool to be called, with the values that were said."""

    name: str
    arguments: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Several:
    """Tools to be called for one sentence, in the order in which they were named; two at least."""

    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Plain:
    """A sentence that needs no tool, and its answer."""

    reply: str


@dataclass(frozen=True, slots=True)
class Change:
    """The command before once more with other values, as "now the bedroom": what that may be for which tool.

    Attributes:
        options: a tool's name and its values, each way of understanding the words once.
    """

    options: tuple[tuple[str, Mapping[str, Value]], ...]

    def of(self, last: Call | None) -> Call | None:
        """The changed command; None where there was none, or where it isn't clear which of its values is meant."""
        if last is None:
            return None
        fitting = [
            values for name, values in self.options if name == last.name and values.keys() <= last.arguments.keys()
        ]
        return Call(last.name, {**last.arguments, **fitting[0]}) if len(fitting) == 1 else None


Meaning = Call | Several | Plain | Change

__all__ = ["Call", "Change", "Meaning", "Plain", "Several"]
