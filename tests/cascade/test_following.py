import pytest

from voiced.cascade.following import FollowingRecogniser
from voiced.cascade.grammar import Call, Standing
from voiced.cascade.outputs import Follow
from voiced.cascade.recogniser import NOTHING

SETTLED = 1600
"""Samples of quiet behind the last word: 100 ms."""


@pytest.fixture(scope="module")
def stage():
    return FollowingRecogniser(("hey jarvis", "alexa"))


@pytest.fixture(scope="module")
def grammar(stage, tools, phrases):
    return stage.grammar(tools, phrases)


def follow(stage, grammar, turn, samples, *, piece=1600):
    """Give it all, the last piece as quiet; what it came to."""
    pieces = [samples[start : start + piece] for start in range(0, len(samples), piece)]
    found = [stage.follow(grammar, Follow(turn, each, quiet=each is pieces[-1])) for each in pieces]
    assert found[:-1] == [None] * (len(pieces) - 1)
    return found[-1]


def heard_at(say, text, **options):
    return say(text, before=0.4, after=0.1, **options)


def test_a_whole_command_is_known_100_ms_after_its_last_word(stage, grammar, say):
    partial = follow(stage, grammar, "a", heard_at(say, "turn on the kitchen light"))
    assert partial.standing is Standing.COMPLETE
    assert partial.heard.transcript == "turn on the kitchen light"
    assert partial.heard.meaning == Call("set_light", {"room": "kitchen", "state": "on"})


def test_a_command_that_was_only_begun_is_unfinished(stage, grammar, say):
    partial = follow(stage, grammar, "b", heard_at(say, "turn on the kitchen"))
    assert partial.standing is Standing.UNFINISHED
    assert partial.heard.meaning is None


def test_other_speech_comes_to_nothing(stage, grammar, say):
    assert follow(stage, grammar, "c", heard_at(say, "what a lovely day it has been for us")) is None


def test_a_wake_word_before_it_does_no_harm(stage, grammar, say):
    partial = follow(stage, grammar, "d", heard_at(say, "hey jarvis turn on the kitchen light")[3000:])
    assert partial.heard.meaning == Call("set_light", {"room": "kitchen", "state": "on"})


def test_whole_turns_may_be_recognised_in_between(stage, grammar, say):
    other = say("stop the music")
    samples = heard_at(say, "turn on the kitchen light")
    assert stage.follow(grammar, Follow("e", samples[:20_000], quiet=False)) is None
    assert stage.recognise(grammar, other).meaning == Call("stop_music", {})
    partial = stage.follow(grammar, Follow("e", samples[20_000:], quiet=True))
    assert partial.standing is Standing.COMPLETE


def test_a_turn_that_was_followed_is_recognised_as_one_that_was_not(stage, grammar, say):
    samples = say("turn on the kitchen light", noise=-35.0)
    afresh = stage.recognise(grammar, samples)
    assert stage.follow(grammar, Follow("n", samples[:20_000], quiet=False)) is None
    assert stage.recognise(grammar, samples) == afresh
    assert afresh.meaning == Call("set_light", {"room": "kitchen", "state": "on"})
    assert stage.follow(grammar, Follow("n", samples[20_000:], quiet=True)) is None


def test_of_two_turns_the_newer_one_is_followed(stage, grammar, say):
    samples = heard_at(say, "turn on the kitchen light")
    assert stage.follow(grammar, Follow("f", samples[:16_000], quiet=False)) is None
    assert follow(stage, grammar, "g", samples).standing is Standing.COMPLETE
    assert stage.follow(grammar, Follow("f", samples[16_000:], quiet=True)) is None


def test_perfect_silence_and_endless_turns_come_to_nothing(stage, grammar, say):
    samples = heard_at(say, "stop the music")
    assert follow(stage, grammar, "h", samples * 0) is None
    assert stage.follow(grammar, Follow("i", samples.repeat(12), quiet=True)) is None


def test_a_whole_turn_longer_than_any_command_costs_nothing(stage, grammar, say):
    command = say("turn on the kitchen light")
    assert stage.recognise(grammar, command).meaning is not None
    assert stage.recognise(grammar, say("turn on the kitchen light", after=16.0)) is NOTHING
