"""What a session can understand: its tools' sentences as one automaton of words, and from words back to a call."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

from voiced.cascade.spoken import LARGEST_NUMBER, number_words, spoken_words
from voiced.cascade.templates import END, START, Label, Slot, Template, TemplateError, parse_template

_log = logging.getLogger(__name__)

Value = str | int | float | bool
_LARGEST_RANGE = 101
"""Numbers a slot without bounds takes: 0 to 100."""

END_CONVERSATION = "end_conversation"
"""The function that `voiced` offers for hanging up; where a client does, a farewell calls it."""
GOODBYE = "Goodbye."
_PLAIN = {
    GOODBYE: (
        "(goodbye|bye bye|good night|that's all|that is all)",
        "(never mind|forget it|cancel|stop|stop it)",
        "(thanks|thank you) [goodbye]",
    )
}
_COURTESY = "[please|can you|could you] ({}) [please]"


@dataclass(frozen=True, slots=True)
class Call:
    """A tool to be called, with the values that were said."""

    name: str
    arguments: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Plain:
    """A sentence that needs no tool, and its answer."""

    reply: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A template, the values of its slots by the words that mean them, and what it stands for."""

    template: Template
    values: Mapping[str, Mapping[tuple[str, ...], Value]]
    meaning: Callable[[Mapping[str, Value]], Call | Plain]

    def match(self, words: Sequence[str]) -> dict[str, Value] | None:
        """The slots' values where the words are exactly one sentence of the template, else None."""
        stack: list[tuple[int, int, dict[str, Value]]] = [(START, 0, {})]
        while stack:
            state, position, slots = stack.pop()
            if position == len(words) and state in self.template.ends:
                return slots
            for label, target in self.template.steps.get(state, ()):
                if not isinstance(label, Slot):
                    if position < len(words) and words[position] == label:
                        stack.append((target, position + 1, slots))
                    continue
                for spoken, value in self.values[label.parameter].items():
                    if tuple(words[position : position + len(spoken)]) == spoken:
                        stack.append((target, position + len(spoken), {**slots, label.parameter: value}))
        return None


Steps = tuple[Mapping[str, int], ...]


class Standing(StrEnum):
    """How far the words of a turn have come towards a sentence."""

    COMPLETE = "complete"
    """A sentence; nothing but a courtesy or a further command could follow."""
    CONTINUABLE = "continuable"
    """A sentence that may go on, as "set a timer for ten" with "minutes"."""
    UNFINISHED = "unfinished"
    """The beginning of a sentence, as "turn on the"; so is nothing at all."""
    FOREIGN = "foreign"
    """No beginning of any sentence."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """All sentences of a session.

    Attributes:
        sentences: in the order in which they are tried; tools before the built-in ones.
        steps: for each state the word that may follow and the state behind it; state 0 is the start. Deterministic and
            minimal, so that recognition costs as little as the sentences allow.
        ends: states in which a sentence may end.
    """

    sentences: tuple[Sentence, ...]
    steps: Steps
    ends: frozenset[int]
    _key: tuple[object, ...] = field(default=(), repr=False)

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for grammars of the same word sequences."""
        return self._key

    @property
    def words(self) -> frozenset[str]:
        """Every word of every sentence."""
        return frozenset(word for steps in self.steps for word in steps)

    def standing(self, words: Sequence[str]) -> Standing:
        """How far a turn's words have come. The courtesy "please" never keeps a sentence open."""
        state = 0
        for word in words:
            following = self.steps[state].get(word)
            if following is None:
                return Standing.FOREIGN
            state = following
        if state not in self.ends:
            return Standing.UNFINISHED
        return Standing.CONTINUABLE if set(self.steps[state]) - {"please"} else Standing.COMPLETE

    def understand(self, words: Sequence[str]) -> Call | Plain | None:
        """What a sentence means, None if it isn't one."""
        for sentence in self.sentences:
            slots = sentence.match(words)
            if slots is not None:
                return sentence.meaning(slots)
        return None


def build_grammar(
    tools: Iterable[Mapping[str, Any]], phrases: Mapping[str, Sequence[str]], knows: Callable[[str], bool]
) -> Grammar:
    """The grammar of a session's tools that have phrases.

    What can't be used is left out and logged as a warning: a template with a fault, a slot without values, a value with
    a word that the recogniser can't pronounce.

    Args:
        tools: function tools as in `session.update`.
        phrases: sentence templates by tool name.
        knows: whether the recogniser can pronounce a word.
    """
    sentences: list[Sentence] = []
    tools = list(tools)
    hang_up = any(tool.get("name") == END_CONVERSATION for tool in tools)
    for tool in tools:
        name = str(tool.get("name"))
        schema = tool.get("parameters") or {}
        properties = schema.get("properties") if isinstance(schema, dict) else None
        sentences += _sentences(
            name,
            phrases.get(name, ()),
            _COURTESY,
            properties if isinstance(properties, dict) else {},
            partial(Call, name),
            knows,
        )
    for reply, texts in _PLAIN.items():
        meaning = partial(Call, END_CONVERSATION) if hang_up else partial(_plain, reply)
        sentences += _sentences("built-in", texts, "{}", {}, meaning, knows)
    steps, ends = _minimal(sentences)
    return Grammar(tuple(sentences), steps, ends, (tuple(tuple(sorted(step.items())) for step in steps), ends))


def _sentences(
    name: str,
    texts: Sequence[str],
    form: str,
    properties: Mapping[str, Any],
    meaning: Callable[[Mapping[str, Value]], Call | Plain],
    knows: Callable[[str], bool],
) -> Iterator[Sentence]:
    for text in texts:
        try:
            template = parse_template(form.format(text))
            values = {slot: _slot_values(name, slot, properties.get(slot), knows) for slot in template.parameters}
        except TemplateError as error:
            _log.warning("Tool %s: the phrase %r is left out: %s", name, text, error)
            continue
        unknown = sorted(word for word in _literals(template) if not knows(word))
        if unknown:
            _log.warning(
                "Tool %s: the phrase %r is left out: no pronunciation is known for %s; use another word",
                name, text, ", ".join(unknown),
            )  # fmt: skip
            continue
        yield Sentence(template, values, meaning)


def _plain(reply: str, _: Mapping[str, Value]) -> Plain:
    return Plain(reply)


def _literals(template: Template) -> set[str]:
    return {label for steps in template.steps.values() for label, _ in steps if isinstance(label, str)}


def _slot_values(tool: str, slot: str, schema: object, knows: Callable[[str], bool]) -> dict[tuple[str, ...], Value]:
    if not isinstance(schema, dict):
        raise TemplateError(f"{{{slot}}} is not a parameter of the tool")
    values: dict[tuple[str, ...], Value] = {}
    for value, spoken in _candidates(slot, schema):
        unknown = [word for word in spoken if not knows(word)]
        if unknown or not spoken:
            _log.warning(
                "Tool %s: the value %r of %s can't be said to the local recogniser: no pronunciation is known for %s",
                tool, value, slot, ", ".join(unknown) or repr(value),
            )  # fmt: skip
            continue
        values.setdefault(tuple(spoken), value)
    if not values:
        raise TemplateError(f"no value of {{{slot}}} can be said")
    return values


def _candidates(slot: str, schema: Mapping[str, Any]) -> Iterator[tuple[Value, list[str]]]:
    listed = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if isinstance(listed, list):
        for value in listed:
            if isinstance(value, (str, int, float, bool)):
                yield value, spoken_words(str(value))
        return
    kind = schema.get("type")
    if kind not in ("integer", "number"):
        raise TemplateError(
            f"the parameter {slot} lists no values (`enum`) and is no number, so it can't be recognised"
        )
    low, high = schema.get("minimum"), schema.get("maximum")
    first = 0 if not isinstance(low, (int, float)) else max(-LARGEST_NUMBER, int(low))
    last = first + _LARGEST_RANGE - 1 if not isinstance(high, (int, float)) else min(LARGEST_NUMBER, int(high))
    for number in range(first, last + 1):
        yield number, number_words(number)
        if number == 100:
            yield number, ["a", "hundred"]


def _expanded(sentences: Iterable[Sentence]) -> tuple[list[dict[str, set[int]]], set[int]]:
    """All sentences from one start as an automaton over words in which a word may lead to several states."""
    steps: list[dict[str, set[int]]] = [defaultdict(set)]
    ends: set[int] = set()

    def state() -> int:
        steps.append(defaultdict(set))
        return len(steps) - 1

    for sentence in sentences:
        states: dict[int, int] = defaultdict(state)
        states[START] = 0
        for source, arcs in sentence.template.steps.items():
            for label, target in arcs:
                for spoken in _readings(sentence, label):
                    here = states[source]
                    for word in spoken[:-1]:
                        there = state()
                        steps[here][word].add(there)
                        here = there
                    steps[here][spoken[-1]].add(states[target])
        ends |= {states[end] for end in sentence.template.ends}
    return steps, ends


def _readings(sentence: Sentence, label: Label) -> Iterable[tuple[str, ...]]:
    return sentence.values[label.parameter] if isinstance(label, Slot) else ((label,),)


def _minimal(sentences: Iterable[Sentence]) -> tuple[Steps, frozenset[int]]:
    """The smallest automaton that reads the same sentences; they have no loops, so one walk from the ends is enough."""
    steps, ends = _expanded(sentences)
    known: dict[frozenset[int], int] = {}
    numbers: dict[tuple[bool, tuple[tuple[str, int], ...]], int] = {}
    result: list[dict[str, int]] = []

    def number(states: frozenset[int]) -> int:
        if states in known:
            return known[states]
        merged: dict[str, set[int]] = defaultdict(set)
        for state in states:
            for word, targets in steps[state].items():
                merged[word] |= targets
        arcs = {word: number(frozenset(targets)) for word, targets in sorted(merged.items())}
        shape = (bool(states & ends), tuple(arcs.items()))
        if shape not in numbers:
            numbers[shape] = len(result)
            result.append(arcs)
        known[states] = numbers[shape]
        return known[states]

    number(frozenset({0}))
    # the start was numbered last, because its targets come first; readers expect it at 0
    last = len(result) - 1
    place = [last - index for index in range(len(result))]
    ordered = tuple({word: place[target] for word, target in arcs.items()} for arcs in reversed(result))
    return ordered, frozenset(place[index] for (accepting, _), index in numbers.items() if accepting)


__all__ = ["END", "GOODBYE", "Call", "Grammar", "Plain", "Sentence", "Standing", "Value", "build_grammar"]
