"""Phrases that mean two things: the same sentence calls two tools, or one tool with two values."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from voiced.cascade.intents.automaton import Automaton, Network
from voiced.cascade.intents.readings import Pattern, Value
from voiced.cascade.intents.slots import reading_for
from voiced.cascade.spoken import spoken_words
from voiced.cascade.templates import TemplateError, parse_template
from voiced.config.documents import Path_
from voiced.tools.parameters import ParameterSettings, Scalar
from voiced.tools.settings import ToolSettings
from voiced.tools.tool import Tool

Collision = tuple[Path_, str, Path_]
"""The path of what should change, what is wrong with it, and the path of what it collides with."""


@dataclass(frozen=True, slots=True)
class _Phrase:
    """One phrase as sequences of words."""

    at: Path_
    tool: str
    pattern: Pattern
    automaton: Automaton

    def readings(self, words: Sequence[str]) -> list[dict[str, Value]]:
        """The values that the words stand for, in each way to read them."""
        return list(self.pattern.matches(words))


def collisions(tools: Sequence[ToolSettings]) -> Iterator[Collision]:
    """Each phrase that has a sentence of an earlier one with another meaning, each value that is said like another."""
    known: list[_Phrase] = []
    for index, tool in enumerate(tools):
        yield from _values(index, tool)
        for place, text in enumerate(tool.phrases):
            found = _phrase(("tools", index, "phrases", place), tool, text)
            if found is None:
                continue
            for other in known:
                words = _common(found.automaton, other.automaton)
                if words is None or (tool.name == other.tool and not _differ(found, other, words)):
                    continue
                yield found.at, f"'{' '.join(words)}' calls {_named(tool.name, other.tool)}", other.at
                break
            known.append(found)


def taken(tools: Sequence[ToolSettings], others: Iterable[Tool], whose: str) -> Iterator[tuple[Path_, str]]:
    """Each of the owner's phrases that has a sentence of a tool which comes by itself: the owner's is called."""
    names = {tool.name for tool in tools}
    known = [found for other in others if other.name not in names for found in _phrases(other)]
    for index, tool in enumerate(tools):
        for place, text in enumerate(tool.phrases):
            found = _phrase(("tools", index, "phrases", place), tool, text)
            if found is None:
                continue
            for other in known:
                words = _common(found.automaton, other.automaton)
                if words is not None:
                    yield found.at, f"'{' '.join(words)}' calls {tool.name}, and no longer {other.tool} of {whose}"
                    break


def unspeakable(tools: Sequence[ToolSettings]) -> Iterator[tuple[Path_, str]]:
    """Each phrase that the service on this device can't make out, with the path of its key."""
    for index, tool in enumerate(tools):
        for place, text in enumerate(tool.phrases):
            try:
                _pattern(tool, text)
            except TemplateError as error:
                yield ("tools", index, "phrases", place), f"not understood offline: {error}"


def _values(index: int, tool: ToolSettings) -> Iterator[Collision]:
    said_in = " ".join(tool.phrases)
    for name, parameter in tool.parameters.items():
        if f"{{{name}}}" not in said_in:
            continue
        spoken: dict[tuple[str, ...], tuple[str, Path_]] = {}
        for value, words, at in _wordings(parameter):
            path: Path_ = ("tools", index, "parameters", name, *at)
            before, place = spoken.setdefault(tuple(spoken_words(words)), (value, path))
            if before != value:
                yield path, f"'{value}' is said like '{before}'", place


def _wordings(parameter: ParameterSettings) -> Iterator[tuple[str, str, Path_]]:
    """Each value with what is said for it, and where that stands."""
    for place, value in enumerate(parameter.enum or ()):
        yield str(value), str(value), ("enum", place)
    for one, words in parameter.synonyms.items():
        for place, word in enumerate(words):
            yield one, word, ("synonyms", one, place)


def _phrase(at: Path_, tool: ToolSettings, text: str) -> _Phrase | None:
    try:
        pattern = _pattern(tool, text)
    except TemplateError:
        return None  # which `unspeakable` tells
    return _Phrase(at, tool.name, pattern, _automaton(pattern))


def _phrases(tool: Tool) -> Iterator[_Phrase]:
    properties = tool.definition.parameters.get("properties")
    schemas = properties if isinstance(properties, Mapping) else {}
    for text in tool.phrases:
        try:
            pattern = _read(tool.name, text, schemas, tool.words)
        except TemplateError:
            continue  # nobody can say it, and so it collides with nothing
        yield _Phrase((), tool.name, pattern, _automaton(pattern))


def _automaton(pattern: Pattern) -> Automaton:
    network = Network()
    pattern.add_to(network)
    return network.minimal()


def _pattern(tool: ToolSettings, text: str) -> Pattern:
    schemas = {name: parameter.described() for name, parameter in tool.parameters.items()}
    return _read(tool.name, text, schemas, {name: parameter.words for name, parameter in tool.parameters.items()})


def _read(tool: str, text: str, schemas: Mapping[str, object], words: Mapping[str, Mapping[str, Scalar]]) -> Pattern:
    template = parse_template(text)
    readings = {
        slot: reading_for(tool, slot, schemas.get(slot), words.get(slot, {}), lambda _: True)
        for slot in template.parameters
    }
    return Pattern(template, readings)


def _differ(one: _Phrase, other: _Phrase, words: Sequence[str]) -> bool:
    return any(reading not in other.readings(words) for reading in one.readings(words))


def _named(tool: str, other: str) -> str:
    return f"{tool} and {other}" if tool != other else f"{tool} with other values"


def _common(one: Automaton, other: Automaton) -> tuple[str, ...] | None:
    """A shortest sequence of words of both."""
    if not one.steps[0].keys() & other.steps[0].keys():
        return None
    seen = {(0, 0)}
    waiting: deque[tuple[int, int, tuple[str, ...]]] = deque([(0, 0, ())])
    while waiting:
        here, there, words = waiting.popleft()
        if words and here in one.ends and there in other.ends:
            return words
        for word in sorted(one.steps[here].keys() & other.steps[there].keys()):
            after = (one.steps[here][word], other.steps[there][word])
            if after not in seen:
                seen.add(after)
                waiting.append((*after, (*words, word)))
    return None
