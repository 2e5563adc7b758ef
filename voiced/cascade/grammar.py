"""What a session can understand: its tools' sentences, alone, one after another, or changing the one before.

A turn is one or more commands, each an automaton of words, in a frame of courtesies and of words that link them:

    [please] COMMAND [please] and [please] COMMAND …
    now [the] VALUE [too]
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from voiced.cascade.intents.automaton import Automaton, after_one, after_optional
from voiced.cascade.intents.meanings import Call, Change, Meaning, Plain, Several
from voiced.cascade.intents.readings import Value
from voiced.cascade.intents.sentences import (
    END_CONVERSATION,
    GOODBYE,
    Phrases,
    Sentence,
    automaton_of_sentences,
    build_sentences,
)
from voiced.cascade.intents.slots import Knows

START, END = 0, 1
"""The states of a grammar in which a turn begins and in which it may end."""

_MOST_CALLS = 3
"""Commands in one turn."""


def _wordings(*texts: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(text.split()) for text in texts)


_OPENINGS = _wordings("please", "can you", "could you", "can you please")
_CLOSINGS = _wordings("please", "thanks", "thank you")
_LINKS = _wordings("and", "then", "and then")
_RESUMING = _wordings("now", "and", "then", "and then", "and now")
"""What a command may begin with after another turn's."""
_CHANGING = _wordings("now", "and", "and now", "what about", "how about", "the same for", "make it")
_ADDING = _wordings("and")
_ARTICLES = _wordings("the", "in the", "to", "for", "at")
_AFTERTHOUGHTS = _wordings("too", "as well", "instead", "please")

_LINKED, _COURTEOUS, _COURTEOUS_IN_THE_END = 0.01, 0.05, 0.01
"""How likely a turn goes on with a further command, and how likely a courtesy is before or behind one, to a recogniser
that weighs it against other words: they took in what was no command at all when they cost nothing, and "at two please"
was heard for "at seven"."""
_SELDOM = 0.05
"""How likely a teen is where its ten may be said, too: people ask for thirty percent and seldom for thirteen, and in
noise the one sounds like the other. Of 162 commands at 10 dB over noise four were taken for a teen, and two so. Fifteen
is as usual as fifty."""
_TENS = {
    "thirteen": "thirty", "fourteen": "forty", "sixteen": "sixty", "seventeen": "seventy", "eighteen": "eighty",
    "nineteen": "ninety",
}  # fmt: skip
Arc = tuple[int, int, str | None, float]
"""From one state to another by a word, or by nothing, and how likely that is."""


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
    """All that can be said in a session.

    Attributes:
        sentences: in the order in which they are tried; tools before the built-in ones.
        commands: the automaton of all of them.
        changes: what may be said in place of a value of the command before, and the automaton of that.
        arcs: all turns that can stand alone, for a recogniser, from state `START` to state `END`.
        resumed: likewise all turns that only make sense behind another. They sound much like the others with a word
            before, so they are for what was none of those.
    """

    sentences: tuple[Sentence, ...]
    commands: Automaton
    changes: tuple[Sentence, ...]
    changing: Automaton
    arcs: tuple[Arc, ...] = field(repr=False)
    resumed: tuple[Arc, ...] = field(repr=False)
    _within: frozenset[int] = field(repr=False)
    _following: Mapping[int, Mapping[str | None, tuple[int, ...]]] = field(repr=False)

    @classmethod
    def of(cls, sentences: Sequence[Sentence]) -> Self:
        """The grammar of these sentences."""
        changes = tuple(change for sentence in sentences for change in sentence.changes())
        commands, changing = automaton_of_sentences(sentences), automaton_of_sentences(changes)
        frame, resumed = _Frame(), _Frame()
        frame.commands(START, commands)
        resumed.resumed(commands, changing)
        following: dict[int, dict[str | None, tuple[int, ...]]] = {}
        for source, target, word, _ in frame.arcs:
            steps = following.setdefault(source, {})
            steps[word] = (*steps.get(word, ()), target)
        arcs, within = tuple(frame.arcs), frozenset(frame.within)
        return cls(tuple(sentences), commands, changes, changing, arcs, tuple(resumed.arcs), within, following)

    @property
    def words(self) -> frozenset[str]:
        """Every word of every turn."""
        return frozenset(word for _, _, word, _ in self.arcs + self.resumed if word is not None)

    def standing(self, words: Sequence[str]) -> Standing:
        """How far the words of a turn that can stand alone have come; a courtesy never keeps a sentence open."""
        states = self._reached({START})
        for word in words:
            states = self._reached({there for here in states for there in self._following.get(here, {}).get(word, ())})
        if not states:
            return Standing.FOREIGN
        if END not in states:
            return Standing.UNFINISHED
        goes_on = any(set(self._following.get(state, ())) - {None} for state in states & self._within)
        return Standing.CONTINUABLE if goes_on else Standing.COMPLETE

    def understand(self, words: Sequence[str]) -> Meaning | None:
        """What a turn means, None if it is nothing that the session knows."""
        words = tuple(words)
        for start in after_optional(words, 0, _RESUMING):
            for meanings in self._commands(words, start, _MOST_CALLS):
                calls = tuple(meaning for meaning in meanings if isinstance(meaning, Call))
                return Several(calls) if len(calls) > 1 else meanings[0]
        return next(self._changes(words, 0, _CHANGING), None)

    def _commands(self, words: tuple[str, ...], start: int, most: int) -> Iterator[tuple[Call | Plain, ...]]:
        """Each way to read the words from a position to their end as commands; several are calls only."""
        for begin in after_optional(words, start, _OPENINGS):
            for end in self.commands.stretches(words, begin):
                meaning = self._meaning(words[begin:end])
                if meaning is None:
                    continue
                for after in after_optional(words, end, _CLOSINGS):
                    if after == len(words):
                        yield (meaning,)
                    elif most > 1 and isinstance(meaning, Call):
                        yield from self._further(meaning, words, after, most - 1)

    def _further(self, first: Call, words: tuple[str, ...], start: int, most: int) -> Iterator[tuple[Call, ...]]:
        for begin in after_one(words, start, _LINKS):
            for rest in self._commands(words, begin, most):
                calls = [meaning for meaning in rest if isinstance(meaning, Call)]
                if len(calls) == len(rest):
                    yield (first, *calls)
        for change in self._changes(words, start, _ADDING):
            changed = change.of(first)
            if changed is not None:
                yield first, changed

    def _meaning(self, words: tuple[str, ...]) -> Call | Plain | None:
        for sentence in self.sentences:
            slots = sentence.pattern.match(words)
            if slots is not None:
                return sentence.meaning(slots)
        return None

    def _changes(self, words: tuple[str, ...], start: int, leads: Sequence[tuple[str, ...]]) -> Iterator[Change]:
        for lead in after_one(words, start, leads):
            for begin in after_optional(words, lead, _ARTICLES):
                for end in self.changing.stretches(words, begin):
                    if len(words) in after_optional(words, end, _AFTERTHOUGHTS):
                        options = [
                            (call.name, call.arguments)
                            for sentence in self.changes
                            for slots in sentence.pattern.matches(words[begin:end])
                            if isinstance(call := sentence.meaning(slots), Call)
                        ]
                        yield Change(tuple(each for at, each in enumerate(options) if each not in options[:at]))

    def _reached(self, states: Iterable[int]) -> set[int]:
        """Those states and all that are reached from them by nothing."""
        reached = set(states)
        waiting = list(reached)
        while waiting:
            found = set(self._following.get(waiting.pop(), {}).get(None, ())) - reached
            reached |= found
            waiting += found
        return reached


class _Frame:
    """Puts the arcs together.

    Attributes:
        arcs: of the whole grammar.
        within: the states of commands and changes.
    """

    def __init__(self) -> None:
        self.arcs: list[Arc] = []
        self.within: set[int] = set()
        self._states = END + 1

    def commands(self, start: int, commands: Automaton) -> None:
        """One command, or several that are linked."""
        opened, closed, finished = (self._state() for _ in range(3))
        command, ends = self._insert(commands)
        self.arcs.append((start, opened, None, 1.0))
        self._either(opened, _OPENINGS, command, _COURTEOUS)
        self.arcs += [(end, closed, None, 1.0) for end in ends]
        self._either(closed, _CLOSINGS, finished, _COURTEOUS_IN_THE_END)
        self._words(finished, _LINKS, opened, _LINKED)
        self.arcs.append((finished, END, None, 1.0))

    def resumed(self, commands: Automaton, changing: Automaton) -> None:
        """What only makes sense behind another turn."""
        again = self._state()
        self._words(START, _RESUMING, again)
        self.commands(again, commands)
        if changing.ends:
            changed, done = self._state(), self._state()
            change, ends = self._insert(changing)
            self._words(START, _CHANGING, changed)
            self._either(changed, _ARTICLES, change)
            self.arcs += [(end, done, None, 1.0) for end in ends]
            self._either(done, _AFTERTHOUGHTS, END)

    def _state(self) -> int:
        self._states += 1
        return self._states - 1

    def _insert(self, automaton: Automaton) -> tuple[int, list[int]]:
        """Its start and its ends."""
        states = [self._state() for _ in automaton.steps]
        self.within.update(states)
        self.arcs += [
            (states[state], states[target], word, _SELDOM if _TENS.get(word) in steps else 1.0)
            for state, steps in enumerate(automaton.steps)
            for word, target in steps.items()
        ]
        return states[0], [states[end] for end in sorted(automaton.ends)]

    def _words(self, source: int, wordings: Iterable[tuple[str, ...]], target: int, probability: float = 1.0) -> None:
        for wording in wordings:
            here, share = source, probability
            for word in wording[:-1]:
                between = self._state()
                self.arcs.append((here, between, word, share))
                here, share = between, 1.0
            self.arcs.append((here, target, wording[-1], share))

    def _either(self, source: int, wordings: Iterable[tuple[str, ...]], target: int, probability: float = 1.0) -> None:
        """By one of the wordings, or by nothing."""
        self._words(source, wordings, target, probability)
        self.arcs.append((source, target, None, 1.0))


def build_grammar(tools: Iterable[Mapping[str, Any]], phrases: Phrases, knows: Knows) -> Grammar:
    """The grammar of a session's tools that have phrases.

    What can't be used is left out and logged as a warning: a template with a fault, a slot without values, a value with
    a word that the recogniser can't pronounce.

    Args:
        tools: function tools as in `session.update`.
        phrases: by tool name the sentence templates, or these and further words for values.
        knows: whether the recogniser can pronounce a word.
    """
    return Grammar.of(tuple(build_sentences(tools, phrases, knows)))


__all__ = [
    "END", "END_CONVERSATION", "GOODBYE", "START", "Arc", "Call", "Change", "Grammar", "Meaning", "Phrases", "Plain",
    "Several", "Standing", "Value", "build_grammar",
]  # fmt: skip
