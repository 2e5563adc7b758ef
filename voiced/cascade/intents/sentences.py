"""A session's sentences, from its tools' phrases and of the cascade's own."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

from voiced.cascade.intents.automaton import Automaton, Network
from voiced.cascade.intents.meanings import Call, Plain
from voiced.cascade.intents.readings import Pattern, Slots, Value
from voiced.cascade.intents.slots import Knows, reading_for
from voiced.cascade.templates import TemplateError, parse_template

_log = logging.getLogger(__name__)

Phrases = Mapping[str, Sequence[str] | Mapping[str, Any]]
"""By tool name its templates, or `{"phrases": templates, "words": {parameter: {spoken: value}}}`."""

END_CONVERSATION = "end_conversation"
"""The function that `voiced` offers for hanging up; where a client does, a farewell calls it."""
GOODBYE = "Goodbye."
UNDERSTOOD = "All right."
_ANSWERS = "(yes|yes please|yes do it|do it|go ahead|sure|okay|no|no thanks|no thank you|do not do it|don't do it)"
"""To a client that asks before a tool of its own acts; it understands them itself."""
_FAREWELLS = (
    "(goodbye|bye bye|good night|that's all|that is all)",
    "(never mind|forget it|cancel|stop|stop it)",
    "(thanks|thank you) [goodbye]",
)


@dataclass(frozen=True, slots=True, eq=False)
class Sentence:
    """A pattern and what it stands for."""

    pattern: Pattern
    meaning: Callable[[Slots], Call | Plain]

    def changes(self) -> Iterator["Sentence"]:
        """What may be said to have it once more with other values; nothing where it has no slot."""
        if self.pattern.template.parameters:
            yield Sentence(Pattern(self.pattern.template.from_slots(), self.pattern.readings), self.meaning)


def automaton_of_sentences(sentences: Iterable[Sentence]) -> Automaton:
    """All their words."""
    network = Network()
    for sentence in sentences:
        sentence.pattern.add_to(network)
    return network.minimal()


def build_sentences(tools: Iterable[Mapping[str, Any]], phrases: Phrases, knows: Knows) -> Iterator[Sentence]:
    """The tools' sentences, then the cascade's own; what can't be used is left out with a warning."""
    farewell: Callable[[Slots], Call | Plain] = partial(_plain, GOODBYE)
    asks = False
    for tool in tools:
        name = str(tool.get("name"))
        if name == END_CONVERSATION:
            farewell = partial(Call, name)
        given = phrases.get(name, ())
        texts, words = (given.get("phrases", ()), given.get("words", {})) if isinstance(given, Mapping) else (given, {})
        schema = tool.get("parameters") or {}
        properties = schema.get("properties") if isinstance(schema, Mapping) else None
        own = _Extension.of(schema)
        asks |= own.confirms
        words = {**words, **own.words}
        source = _Source(name, properties if isinstance(properties, Mapping) else {}, words, knows)
        for text in dict.fromkeys([*texts, *own.phrases]):
            pattern = source.pattern(text)
            if pattern is not None:
                yield Sentence(pattern, partial(Call, name))
    source = _Source("built-in", {}, {}, knows)
    for text in _FAREWELLS:
        pattern = source.pattern(text)
        if pattern is not None:
            yield Sentence(pattern, farewell)
    pattern = source.pattern(_ANSWERS) if asks else None
    if pattern is not None:
        yield Sentence(pattern, partial(_plain, UNDERSTOOD))


@dataclass(frozen=True, slots=True)
class _Extension:
    """What a function's JSON Schema tells beyond the protocol: `x-phrases`, `x-words`, `x-confirm`.

    JSON Schema lets readers ignore keywords that they don't know; `voiced` sends these to a cascade only.
    """

    phrases: tuple[str, ...] = ()
    words: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    confirms: bool = False

    @classmethod
    def of(cls, schema: object) -> Self:
        if not isinstance(schema, Mapping):
            return cls()
        phrases, words = schema.get("x-phrases"), schema.get("x-words")
        return cls(
            tuple(text for text in phrases if isinstance(text, str)) if isinstance(phrases, list) else (),
            {slot: said for slot, said in words.items() if isinstance(said, Mapping)}
            if isinstance(words, Mapping)
            else {},
            schema.get("x-confirm") is True,
        )


@dataclass(frozen=True, slots=True)
class _Source:
    """One tool, for its phrases."""

    name: str
    properties: Mapping[str, Any]
    words: Mapping[str, Mapping[str, Value]]
    knows: Knows

    def pattern(self, text: str) -> Pattern | None:
        try:
            template = parse_template(text)
            readings = {
                slot: reading_for(self.name, slot, self.properties.get(slot), self.words.get(slot, {}), self.knows)
                for slot in template.parameters
            }
        except TemplateError as error:
            _log.warning("Tool %s: the phrase %r is left out: %s", self.name, text, error)
            return None
        unknown = sorted(word for word in template.words if not self.knows(word))
        if unknown:
            _log.warning(
                "Tool %s: the phrase %r is left out: no pronunciation is known for %s; use another word",
                self.name, text, ", ".join(unknown),
            )  # fmt: skip
            return None
        return Pattern(template, readings)


def _plain(reply: str, _: Slots) -> Plain:
    return Plain(reply)


__all__ = [
    "END_CONVERSATION", "GOODBYE", "UNDERSTOOD", "Phrases", "Sentence", "automaton_of_sentences", "build_sentences",
]  # fmt: skip
