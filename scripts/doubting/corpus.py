"""What the doubts are learnt from: commands of the benches' household, and sentences that are none.

None of them is said by a bench: of what its household's grammar allows, a bench says only what people would, and that
is left out here.
"""

import random
from collections.abc import Iterator
from itertools import product

from benches.cascade_corpus import TOOLS, Tool

from voiced.cascade.grammar import Grammar
from voiced.cascade.intents.automaton import Automaton
from voiced.cascade.intents.sentences import automaton_of_sentences

_COURTEOUS, _LINKED = 1 / 7, 1 / 9
"""How often a command begins with "please", and how often a further one follows."""
_ENDED = 0.5
"""How often a sentence ends where it may."""
_LONGEST = 14
"""Words of a command."""

_NEAR = (
    "turn the page and read on", "turn off at the second exit", "she turned the key in the front door",
    "lights out in the whole street", "the kitchen needs a new light", "make the bed please", "make me a sandwich",
    "set up the tent by the lake", "put the milk back in the fridge", "put your shoes on",
    "play with the dog in the garden", "play a trick on him", "next week we go to paris", "skip the introduction",
    "start walking", "start over again", "stop the car right here", "pause for a moment", "cancel my subscription",
    "cancel the meeting on friday", "wake the baby", "wake up it is late", "set fire to the paper",
    "the temperature in spain was high", "set the bag on the chair", "lock up when you leave", "unlock your phone",
    "open your books to page ten", "open a bottle of wine", "close your eyes", "close the deal by monday",
    "what was the weather like in april", "what is the matter with you", "what time did you come home",
    "what day was the party", "add up all these numbers", "add two more chairs", "run as fast as you can",
    "vacuum cleaners are expensive", "fan of the local team", "activate your credit card", "dinner was good tonight",
    "movie tickets are cheap", "switch seats with me", "switch the channel i hate this show", "go to bed now",
    "watch your step", "watch out for the ice", "go to the second floor", "volume two of the series",
    "louder than a jet engine", "quieter streets are better", "turn it over and look",
    "turn up the collar of your coat", "how much is the fish", "where did you put my keys", "is anybody home",
    "who ate all the cookies", "i am so tired today", "we should leave in ten minutes",
    "it takes half an hour by train", "the alarm went off at seven", "he set a new record",
    "good evening ladies and gentlemen", "thank you for coming", "thanks a lot for the gift", "please come in",
    "please sit down", "please be quiet", "can you help me with this", "could you pass the salt",
    "no thank you i am fine", "yes of course", "never in my life", "forget about the money",
    "stop it or i tell mom said the boy", "bye said the girl and waved", "that is all he wanted",
    "good night moon is a book", "okay let's go", "do it yourself", "maybe later", "right", "really", "well",
    "hmm let me think", "the bread is in the oven", "coffee keeps me awake", "my list is too long",
    "butter and cheese and wine", "the garage sells used cars", "the office was closed on sunday",
    "blue is my favorite color", "red and green make brown", "jazz is not for me", "the news was bad",
    "rock climbing is fun", "country roads are narrow", "classical buildings have columns",
    "twenty people came to the show", "fifty percent of the class failed", "ninety nine bottles of beer",
    "one hundred and five pages", "it is half past six already", "noon is too early", "midnight snacks are bad",
    "monday morning is hard", "the dishwasher broke yesterday", "the washing machine was a present",
    "the thermostat is on the wall", "degrees in law are useful", "low fat high sugar",
)  # fmt: skip
_WHO = (
    "the children", "a stranger", "my uncle", "the mayor", "this company", "your sister", "a small bird",
    "the professor",
)  # fmt: skip
_DID = (
    "wants to sell", "has found", "cannot remember", "will repair", "is afraid of", "dreams about", "carried",
    "complained about",
)  # fmt: skip
_WHAT = (
    "the red bicycle", "an empty bathroom", "the weather report", "two hundred pages", "a purple hat",
    "the living room sofa", "the temperature outside", "some fresh bread", "her bedroom curtains", "the fan club",
    "a channel for sailors", "the hallway mirror",
)  # fmt: skip
_THEN = (
    "every morning", "with great care", "and nobody noticed", "during the war", "for no reason", "until seven",
    "on a rainy tuesday", "",
)  # fmt: skip


def commands(grammar: Grammar, count: int, seed: int) -> list[str]:
    """That many different turns that a grammar allows, every pattern of it about equally often."""
    choose = random.Random(seed)  # noqa: S311 (nothing secret)
    automata = [automaton_of_sentences([sentence]) for sentence in grammar.sentences]
    measured = said_by_benches()

    def one() -> str:
        while True:
            text = " ".join(_walk(choose.choice(automata), choose))
            if text not in measured and len(text.split()) <= _LONGEST:
                return text

    found: dict[str, None] = {}
    while len(found) < count:
        text = one()
        if choose.random() < _COURTEOUS:
            text = f"please {text}"
        if choose.random() < _LINKED:
            text = f"{text} and {one()}"
        if grammar.understand(text.split()) is not None:
            found[text] = None
    return list(found)


def others(count: int, seed: int) -> list[str]:
    """That many different sentences that are no command; some are near to one, as talk at home is."""
    choose = random.Random(seed)  # noqa: S311 (nothing secret)
    found = dict.fromkeys(_NEAR)
    while len(found) < count:
        found.setdefault(" ".join(choose.choice(part) for part in (_WHO, _DID, _WHAT, _THEN)).strip())
    return list(found)[:count]


def said_by_benches() -> frozenset[str]:
    """Every command that a bench may say."""
    return frozenset(text for tool in TOOLS for text in _said(tool))


def _said(tool: Tool) -> Iterator[str]:
    for sentence in tool.sentences:
        named = [name for name in tool.spoken if f"{{{name}}}" in sentence]
        for words in product(*(tool.spoken[name] for name in named)):
            yield sentence.format_map(dict(zip(named, words, strict=True)))


def _walk(automaton: Automaton, choose: random.Random) -> Iterator[str]:
    """A way from the start to an end."""
    state = 0
    while True:
        steps = automaton.steps[state]
        if state in automaton.ends and (not steps or choose.random() < _ENDED):
            return
        word = choose.choice(list(steps))
        yield word
        state = steps[word]
