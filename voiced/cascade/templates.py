"""Sentence templates of hassil as automata over words, which both the recogniser and the understanding walk."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import permutations

from hassil.expression import (
    Alternative,
    Expression,
    Group,
    ListReference,
    Permutation,
    RuleReference,
    TextChunk,
)
from hassil.parse_expression import parse_sentence
from hassil.parser import ParseError

from voiced.cascade.spoken import spoken_words

_LARGEST_PERMUTATION = 5
_SPACE = " "


class TemplateError(ValueError):
    """A sentence template that can't be read; the message names what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a template that a value fills."""

    parameter: str


Label = str | Slot
START = 0
END = 1


@dataclass(slots=True)
class _Pieces:
    """The template as an automaton over pieces of text; None is a free step, `_SPACE` the end of a word."""

    steps: dict[int, list[tuple[Label | None, int]]] = field(default_factory=lambda: defaultdict(list))
    states: int = 2

    def state(self) -> int:
        self.states += 1
        return self.states - 1

    def step(self, source: int, label: Label | None, target: int | None = None) -> int:
        target = self.state() if target is None else target
        self.steps[source].append((label, target))
        return target

    def add(self, expression: Expression, source: int) -> int:  # noqa: C901 (one case for each kind)
        """Append an expression after a state; the state it ends in."""
        match expression:
            case TextChunk():
                for index, piece in enumerate(expression.text.split(_SPACE)):
                    source = self.step(source, _SPACE) if index else source
                    source = self.step(source, piece) if piece else source
                return source
            case ListReference():
                return self.step(source, Slot(expression.slot_name))
            case Permutation():
                if len(expression.items) > _LARGEST_PERMUTATION:
                    raise TemplateError(f"more than {_LARGEST_PERMUTATION} parts in any order (a; b; …)")
                end = self.state()
                for order in permutations(expression.items):
                    self.step(self._sequence(order, source), None, end)
                return end
            case Alternative():
                end = self.state()
                for item in expression.items:
                    self.step(self.add(item, source), None, end)
                return end
            case Group():
                return self._sequence(expression.items, source)
            case RuleReference():
                raise TemplateError(f"<{expression.rule_name}>: rules are not known here, write the words out")
        raise TemplateError(f"{type(expression).__name__} is not known here")

    def _sequence(self, items: list[Expression] | tuple[Expression, ...], source: int) -> int:
        for item in items:
            source = self.add(item, source)
        return source

    def words_from(self, source: int) -> Iterator[tuple[Label | None, int]]:
        """Every word or slot readable from a state at a word's edge, and the state behind it; None where it may end."""
        walk: list[tuple[int, str]] = [(source, "")]
        seen: set[tuple[int, str]] = set()
        while walk:
            state, word = walk.pop()
            if (state, word) in seen:
                continue
            seen.add((state, word))
            if state == END:
                yield word or None, END
            for label, target in self.steps[state]:
                if isinstance(label, Slot):
                    if word:
                        raise TemplateError(f"{{{label.parameter}}} touches the word {word!r}; put a space between")
                    yield label, target
                elif label == _SPACE and word:
                    yield word, target
                else:
                    walk.append((target, word + (label or "").strip()))


@dataclass(frozen=True, slots=True)
class Template:
    """One template over words.

    Attributes:
        steps: for each state the words and slots that may follow and the states behind them; the start is `START`.
        ends: states in which a sentence may end.
    """

    steps: dict[int, tuple[tuple[Label, int], ...]]
    ends: frozenset[int]

    @property
    def parameters(self) -> frozenset[str]:
        """Names of all slots."""
        labels = (label for steps in self.steps.values() for label, _ in steps)
        return frozenset(label.parameter for label in labels if isinstance(label, Slot))

    @property
    def words(self) -> frozenset[str]:
        """Every word outside the slots."""
        return frozenset(label for steps in self.steps.values() for label, _ in steps if isinstance(label, str))

    def from_slots(self) -> "Template":
        """What may be said in place of a slot: it alone, or it and what follows it; of a template with slots."""
        slots = tuple(dict.fromkeys(
            step for state, steps in self.steps.items() for step in steps if isinstance(step[0], Slot)
        ))  # fmt: skip
        return Template({**self.steps, START: slots}, self.ends | {target for _, target in slots})


def parse_template(text: str) -> Template:
    """Read a hassil template, e.g. "(turn|switch) {state} [the] light[s]"; `TemplateError` where it can't be."""
    try:
        expression = parse_sentence(text).expression
    except (ParseError, ValueError, IndexError, AssertionError) as error:  # hassil asserts on "()"
        raise TemplateError(f"not a sentence template: {error or type(error).__name__}") from error
    pieces = _Pieces()
    pieces.step(pieces.add(expression, START), None, END)
    steps: dict[int, tuple[tuple[Label, int], ...]] = {}
    ends: set[int] = set()
    todo = [START]
    while todo:
        state = todo.pop()
        if state in steps:
            continue
        arcs: dict[tuple[Label, int], None] = {}
        for label, target in pieces.words_from(state):
            if label is None:
                ends.add(state)
                continue
            todo.append(target)
            step = (label, target) if isinstance(label, Slot) else _word_step(label, target, pieces, steps)
            arcs[step] = None
        steps[state] = tuple(arcs)
    return Template(steps, frozenset(ends | {END}))


def _word_step(
    text: str, target: int, pieces: _Pieces, steps: dict[int, tuple[tuple[Label, int], ...]]
) -> tuple[Label, int]:
    """The step of a word, and before it those of the further words it may be when said, as "3rd-floor"."""
    words = spoken_words(text)
    if not words:
        raise TemplateError(f"{text!r} can't be said")
    for word in reversed(words[1:]):
        state = pieces.state()
        steps[state] = ((word, target),)
        target = state
    return words[0], target
