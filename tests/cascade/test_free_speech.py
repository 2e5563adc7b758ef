import numpy as np
import pytest

from voiced.cascade.free_speech import FreeSpeech
from voiced.cascade.grammar import Call, Standing
from voiced.cascade.outputs import Follow
from voiced.cascade.recogniser import NOTHING

SILENCE = np.zeros(1600, np.int16)


class Writer:
    """An engine that hears a word in every piece of sound."""

    name = "writer"

    def __init__(self, *words):
        self.words = words

    def begin(self):
        return Page(list(self.words))


class Page:
    def __init__(self, words):
        self.words, self.written = words, []

    def feed(self, samples):
        self.written += self.words[: len(samples) // 1600]
        del self.words[: len(samples) // 1600]

    def text(self):
        return " ".join(self.written)

    def finish(self):
        return " ".join(self.written + self.words)


@pytest.fixture
def hear(tools, phrases):
    def heard(text):
        stage = FreeSpeech(Writer(*text.split()), ("hey jarvis", "alexa"))
        return stage.recognise(stage.grammar(tools, phrases), SILENCE)

    return heard


@pytest.mark.parametrize(
    "text",
    ["turn on the kitchen light", "Turn on the kitchen light.", "hey jarvis, turn on the kitchen light",
     "Jarvis turn on the kitchen light", "alexa turn on the kitchen light"],
)  # fmt: skip
def test_a_sentence_of_the_grammar_is_understood_however_it_is_written(hear, text):
    heard = hear(text)
    assert heard.meaning == Call("set_light", {"room": "kitchen", "state": "on"})
    assert heard.transcript.lower().rstrip(".") == "turn on the kitchen light"


def test_digits_are_understood(hear):
    assert hear("set the volume to 25 percent").meaning == Call("set_volume", {"level": 25})


def test_any_other_words_are_kept_without_a_meaning(hear):
    heard = hear("who was the first man on the moon")
    assert (heard.transcript, heard.meaning) == ("who was the first man on the moon", None)


@pytest.mark.parametrize("text", ["", "hey jarvis"])
def test_a_wake_word_alone_is_nothing(hear, text):
    assert hear(text) == NOTHING


def test_a_turn_under_way_is_told_of_when_it_pauses(tools, phrases):
    stage = FreeSpeech(Writer("turn", "on", "the", "kitchen", "light"), ())
    grammar = stage.grammar(tools, phrases)
    found = [stage.follow(grammar, Follow("a", SILENCE, quiet=number > 1)) for number in range(5)]
    assert found[:2] == [None, None]
    assert [each.standing for each in found[2:]] == [Standing.UNFINISHED, Standing.UNFINISHED, Standing.COMPLETE]
    assert stage.follow(grammar, Follow("b", SILENCE, quiet=True)).heard.transcript == "turn"
    assert stage.follow(grammar, Follow("a", SILENCE, quiet=True)) is None


def test_equal_tools_share_their_grammar(tools, phrases):
    stage = FreeSpeech(Writer(), ())
    assert stage.grammar(tools, phrases) is stage.grammar(list(tools), dict(phrases))


def test_hesitations_do_not_hide_a_command(hear):
    assert hear("um turn on uh the kitchen light").meaning == Call("set_light", {"room": "kitchen", "state": "on"})


@pytest.mark.parametrize(
    ("text", "standing"),
    [("turn on the um", Standing.UNFINISHED), ("turn on the kitchen light um", Standing.CONTINUABLE)],
)
def test_who_hesitates_is_waited_for(tools, phrases, text, standing):
    words = text.split()
    stage = FreeSpeech(Writer(*words), ())
    sound = np.zeros(1600 * len(words), np.int16)
    assert stage.follow(stage.grammar(tools, phrases), Follow("a", sound, quiet=True)).standing is standing


@pytest.mark.parametrize(
    ("text", "standing"), [("wecker um sieben", Standing.COMPLETE), ("um wecker um", Standing.UNFINISHED)]
)
def test_a_word_of_the_grammar_is_no_hesitation(text, standing):
    alarm = {"type": "function", "name": "alarm", "parameters": {"properties": {"hour": {"enum": ["sieben", "acht"]}}}}
    words = text.split()
    stage = FreeSpeech(Writer(*words), ())
    grammar = stage.grammar([alarm], {"alarm": ["wecker um {hour}"]})
    sound = np.zeros(1600 * len(words), np.int16)
    assert stage.follow(grammar, Follow("a", sound, quiet=True)).standing is standing
