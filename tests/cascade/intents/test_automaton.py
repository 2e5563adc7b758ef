import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.cascade.intents.automaton import Network, after_one, after_optional, automaton_of

WORDS = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(tuple)
LANGUAGES = st.sets(WORDS, max_size=8)


def language(automaton):
    """All its sequences, found by walking it."""

    def behind(state):
        if state in automaton.ends:
            yield ()
        for word, following in automaton.steps[state].items():
            for rest in behind(following):
                yield (word, *rest)

    return sorted(behind(0))


def tails(sequences):
    """What may follow each beginning: as many different sets as a smallest automaton has states."""
    beginnings = {words[:length] for words in sequences for length in range(len(words) + 1)} | {()}
    return {
        frozenset(words[len(start) :] for words in sequences if words[: len(start)] == start) for start in beginnings
    }


@given(LANGUAGES)
def test_automaton_has_the_sequences_that_it_was_made_of_and_no_state_too_many(sequences):
    automaton = automaton_of(sequences)
    assert language(automaton) == sorted(sequences)
    assert automaton.words == {word for words in sequences for word in words}
    assert len(automaton.steps) == len(tails(sequences))


@given(LANGUAGES, st.lists(st.sampled_from("abcd"), max_size=8), st.integers(0, 8))
def test_stretches_are_all_the_sequences_that_stand_there_the_longest_first(sequences, said, start):
    ends = range(len(said), start, -1)
    assert automaton_of(sequences).stretches(said, start) == [
        end for end in ends if tuple(said[start:end]) in sequences
    ]


@given(LANGUAGES, LANGUAGES, LANGUAGES)
def test_network_of_automata_has_each_sequence_of_the_one_before_each_of_the_other(first, second, beside):
    network = Network()
    between, end = network.state(), network.state()
    network.insert(network.start, automaton_of(first), between)
    network.insert(between, automaton_of(second), end)
    network.insert(network.start, automaton_of(beside), end)
    network.end(end)
    together = {one + other for one, other in itertools.product(first, second)} | beside
    assert language(network.minimal()) == sorted(together)


def test_network_may_end_in_the_middle_of_a_way():
    network = Network()
    middle = network.state()
    network.add(network.start, ["turn", "on"], middle)
    network.add(middle, ["please"], network.state())
    network.end(middle)
    assert ("turn", "on") in language(network.minimal())
    assert ("turn",) not in language(network.minimal())


@pytest.mark.parametrize(("start", "ends"), [(0, []), (1, [2, 3]), (2, []), (9, [])])
def test_options_are_found_only_where_they_stand(start, ends):
    words = ["set", "the", "living", "room"]
    options = (("the",), ("the", "living"), ("room", "light"), ("living", "room", "light"))
    assert list(after_one(words, start, options)) == ends
    assert list(after_optional(words, start, options)) == [*ends, start]
