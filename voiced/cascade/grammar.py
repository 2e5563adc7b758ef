"""What a session can understand: its tools' sentences, alone, one after another, or changing the one before.

A turn is one or more commands, each an automaton of words, in a frame of courtesies and of words that link them:

    [please] COMMAND [please] and [please] COMMAND …
    now [the] VALUE [too]
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from voiced.cascade.intents.automaton import Automaton, after_optional
from voiced.cascade.intents.meanings import Call, Change, Meaning, Plain, Several
from voiced.cascade.intents.readings import Value
from voiced.cascade.intents.sentences import END_CONVERSATION, GOODBYE, Sentence, build_sentences, network_of

_MOST_CALLS = 3
"""Commands in one turn."""


def _wordings(*texts: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(text.split()) for text in texts)


_OPENINGS = _wordings("please", "can you", "could you", "can you please")
_CLOSINGS = _wordings("please", "thanks", "thank you")
_LINKS = _wordings("and", "then", "and then")
_RESUMING = _wordings("now", "and", "and then", "and now")
"""What a command may begin with after another turn's."""
_CHANGING = _wordings("now", "and", "and now", "what about", "how about", "the same for", "make it")
_ARTICLES = _wordings("the", "in the", "to", "for", "at")
_AFTERTHOUGHTS = _wordings("too", "as well", "instead", "please")

FRAME_WORDS = frozenset(
    word
    for wordings in (_OPENINGS, _CLOSINGS, _LINKS, _RESUMING, _CHANGING, _ARTICLES, _AFTERTHOUGHTS)
    for wording in wordings
    for word in wording
)
"""Every word around the commands."""

Arc = tuple[int, int, str | None]
"""From one state to another by a word, or by nothing."""


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
        arcs: the whole grammar for a recogniser, from state `START` to state `END`.
    """

    sentences: tuple[Sentence, ...]
    commands: Automaton
    changes: tuple[Sentence, ...]
    changing: Automaton
    arcs: tuple[Arc, ...] = field(repr=False)
    _within: frozenset[int] = field(repr=False)
    _following: Mapping[int, Mapping[str | None, tuple[int, ...]]] = field(repr=False)

    @classmethod
    def of(cls, sentences: Sequence[Sentence]) -> "Grammar":
        """The grammar of these sentences."""
        changes = tuple(change for sentence in sentences for change in sentence.changes())
        commands, changing = network_of(sentences).minimal(), network_of(changes).minimal()
        frame = _Frame()
        frame.build(commands, changing)
        following: dict[int, dict[str | None, tuple[int, ...]]] = {}
        for source, target, word in frame.arcs:
            steps = following.setdefault(source, {})
            steps[word] = (*steps.get(word, ()), target)
        return cls(
            tuple(sentences), commands, changes, changing, tuple(frame.arcs), frozenset(frame.within), following
        )

    @property
    def key(self) -> tuple[Arc, ...]:
        """Equal for grammars of the same word sequences."""
        return self.arcs

    @property
    def words(self) -> frozenset[str]:
        """Every word of every sentence."""
        return frozenset(word for _, _, word in self.arcs if word is not None)

    def standing(self, words: Sequence[str]) -> Standing:
        """How far a turn's words have come. A courtesy or a further command never keeps a sentence open."""
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
                return meanings[0] if len(meanings) == 1 else Several(tuple(meanings))  # type: ignore[arg-type] # Calls
        return next(self._change(words, 0), None)

    def accepts(self, words: Sequence[str]) -> bool:
        """Whether a recogniser could hear these words."""
        return self.standing(words) in (Standing.COMPLETE, Standing.CONTINUABLE)
