"""What may be said for a value, and which value was said."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from voiced.cascade.intents.automaton import Automaton, Network, automaton_of
from voiced.cascade.templates import START, Slot, Template, parse_template

Value = str | int | float | bool
Slots = Mapping[str, Value]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """All that may be said for one parameter.

    Attributes:
        automaton: of the words.
        value: what a sequence of the automaton means; None where it means nothing after all.
    """

    automaton: Automaton
    value: Callable[[tuple[str, ...]], Value | None]


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """A template, and what may be said in each of its slots."""

    template: Template
    readings: Mapping[str, Reading]

    def matches(self, words: Sequence[str]) -> Iterator[dict[str, Value]]:
        """The slots' values for each way in which the words are exactly one sentence of the template."""
        stack: list[tuple[int, int, dict[str, Value]]] = [(START, 0, {})]
        while stack:
            state, position, slots = stack.pop()
            if position == len(words) and state in self.template.ends:
                yield slots
            for label, target in self.template.steps.get(state, ()):
                if not isinstance(label, Slot):
                    if position < len(words) and words[position] == label:
                        stack.append((target, position + 1, slots))
                    continue
                reading = self.readings[label.parameter]
                # the longest was put first, and the last on the stack is tried first
                for end in reversed(reading.automaton.stretches(words, position)):
                    value = reading.value(tuple(words[position:end]))
                    if value is not None:
                        stack.append((target, end, {**slots, label.parameter: value}))

    def match(self, words: Sequence[str]) -> dict[str, Value] | None:
        """The first of those, None where there is none."""
        return next(self.matches(words), None)

    def add_to(self, network: Network) -> None:
        """Put all its sentences into a network."""
        states: dict[int, int] = {START: network.start}
        for source, arcs in self.template.steps.items():
            for label, target in arcs:
                here, there = (
                    states[each] if each in states else states.setdefault(each, network.state())
                    for each in (source, target)
                )
                if isinstance(label, Slot):
                    network.insert(here, self.readings[label.parameter].automaton, there)
                else:
                    network.add(here, (label,), there)
        for end in self.template.ends:
            if end in states and end != START:  # saying nothing is no sentence
                network.end(states[end])


def listed(values: Mapping[tuple[str, ...], Value]) -> Reading:
    """Of values that each have their own words."""
    return Reading(automaton_of(values), values.get)


Form = tuple[str, Callable[[Slots], Value | None]]
"""A template, and what its slots' values make."""


def composed(forms: Iterable[Form], readings: Mapping[str, Reading]) -> Reading:
    """Of values that are said in several forms; the first that fits counts."""
    patterns = [(Pattern(parse_template(text), readings), meaning) for text, meaning in forms]
    network = Network()
    for pattern, _ in patterns:
        pattern.add_to(network)

    def value(words: tuple[str, ...]) -> Value | None:
        for pattern, meaning in patterns:
            for slots in pattern.matches(words):
                found = meaning(slots)
                if found is not None:
                    return found
        return None

    return Reading(network.minimal(), value)


__all__ = ["Form", "Pattern", "Reading", "Slots", "Value", "composed", "listed"]
