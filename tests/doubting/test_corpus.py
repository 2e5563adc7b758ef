"""What the doubts are learnt from must be nothing that they are measured with."""

import pytest
from benches.cascade_corpus import TOOLS, chatter, household
from benches.cascade_corpus import commands as measured
from benches.cascade_voices import FORMANTS, HELD_OUT
from benches.cascade_voices import VOICES as MEASURED_VOICES
from doubting.corpus import commands, others, said_by_benches
from doubting.voices import VOICES

from voiced.cascade.grammar import build_grammar


@pytest.fixture(scope="module")
def grammar():
    return build_grammar(*household(len(TOOLS)), lambda word: True)


def test_commands_are_understood_and_by_no_bench_said(grammar):
    texts = commands(grammar, 210, 1)
    assert len(set(texts)) == 210
    assert all(grammar.understand(text.split()) is not None for text in texts)
    parts = {part for text in texts for part in text.removeprefix("please ").split(" and ")}
    assert not parts & said_by_benches()


def test_all_single_commands_of_a_bench_are_known_to_be_its_own():
    said = {each.text.removeprefix("please ") for each in measured(504, 0)}
    assert said <= said_by_benches()


def test_other_sentences_are_no_commands_and_by_no_bench_said(grammar):
    texts = others(400, 1)
    assert len(set(texts)) == 400
    assert all(grammar.understand(text.split()) is None for text in texts)
    assert not set(texts) & set(chatter(2000))


def test_equal_seeds_choose_equal_sentences(grammar):
    first, second = (commands(grammar, 30, seed) for seed in (3, 3))
    assert first == second != commands(grammar, 30, 4)
    assert others(200, 3) == others(200, 3)


def test_no_bench_measures_with_a_voice_that_was_learnt_from():
    assert not {voice.name for voice in VOICES} & {name for _, name in (*MEASURED_VOICES, *FORMANTS, *HELD_OUT)}
