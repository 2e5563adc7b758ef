"""Sequences of words as small automata."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Automaton:
    """Finitely many sequences of words; deterministic, without loops, as small as they allow.

    Attributes:
        steps: for each state the word that may follow and the state behind it; state 0 is the start.
        ends: states in which a sequence may end.
    """

    steps: tuple[Mapping[str, int], ...]
    ends: frozenset[int]

    @property
    def words(self) -> frozenset[str]:
        """Every word of every sequence."""
        return frozenset(word for steps in self.steps for word in steps)

    def stretches(self, words: Sequence[str], start: int = 0) -> list[int]:
        """Where in the words a sequence that begins at `start` may end, the longest first; never an empty one."""
        state: int | None = 0
        found = []
        for position in range(start, len(words)):
            state = self.steps[state].get(words[position]) if state is not None else None
            if state is None:
                break
            if state in self.ends:
                found.append(position + 1)
        return found[::-1]


class Network:
    """An automaton that is being put together: a word may lead to several states. No loops."""

    def __init__(self) -> None:
        self._steps: list[dict[str, set[int]]] = []
        self._ends: set[int] = set()
        self.start = self.state()

    def state(self) -> int:
        """A new state."""
        self._steps.append(defaultdict(set))
        return len(self._steps) - 1

    def end(self, state: int) -> None:
        """A sequence may end in this state."""
        self._ends.add(state)

    def add(self, source: int, words: Sequence[str], target: int) -> None:
        """A way from one state to another by one or more words."""
        for word in words[:-1]:
            between = self.state()
            self._steps[source][word].add(between)
            source = between
        self._steps[source][words[-1]].add(target)

    def insert(self, source: int, automaton: Automaton, target: int) -> None:
        """A way from one state to another by each of the automaton's sequences."""
        states = [source if index == 0 else self.state() for index in range(len(automaton.steps))]
        for state, steps in enumerate(automaton.steps):
            for word, following in steps.items():
                if automaton.steps[following]:
                    self._steps[states[state]][word].add(states[following])
                if following in automaton.ends:
                    self._steps[states[state]][word].add(target)

    def minimal(self) -> Automaton:
        """The smallest automaton of the same sequences; one walk from the ends is enough, as there are no loops."""
        known: dict[frozenset[int], int] = {}
        numbers: dict[tuple[bool, tuple[tuple[str, int], ...]], int] = {}
        result: list[dict[str, int]] = []

        def number(states: frozenset[int]) -> int:
            if states in known:
                return known[states]
            merged: dict[str, set[int]] = defaultdict(set)
            for state in states:
                for word, targets in self._steps[state].items():
                    merged[word] |= targets
            arcs = {word: number(frozenset(targets)) for word, targets in sorted(merged.items())}
            shape = (bool(states & self._ends), tuple(arcs.items()))
            if shape not in numbers:
                numbers[shape] = len(result)
                result.append(arcs)
            known[states] = numbers[shape]
            return known[states]

        number(frozenset({self.start}))
        # the start was numbered last, because its targets come first; readers expect it at 0
        last = len(result) - 1
        place = [last - index for index in range(len(result))]
        ordered = tuple({word: place[target] for word, target in arcs.items()} for arcs in reversed(result))
        return Automaton(ordered, frozenset(place[index] for (ends, _), index in numbers.items() if ends))


def automaton_of(sequences: Iterable[Sequence[str]]) -> Automaton:
    """The automaton of these sequences of words, none of them empty."""
    network = Network()
    end = network.state()
    network.end(end)
    for words in sequences:
        network.add(network.start, words, end)
    return network.minimal()


def after_one(words: Sequence[str], start: int, options: Iterable[Sequence[str]]) -> Iterator[int]:
    """Positions behind each of the options that stands at `start`."""
    for option in options:
        if tuple(words[start : start + len(option)]) == tuple(option):
            yield start + len(option)


def after_optional(words: Sequence[str], start: int, options: Iterable[Sequence[str]]) -> Iterator[int]:
    """Positions behind each of the options that stands at `start`, and `start` itself."""
    yield from after_one(words, start, options)
    yield start


__all__ = ["Automaton", "Network", "after_one", "after_optional", "automaton_of"]
