import numpy as np
import pytest

from voiced.cascade.grammar import GOODBYE, Call, Change, Plain, Several
from voiced.cascade.pronunciation import letter_to_sound
from voiced.cascade.recogniser import NOTHING

ON = Call("set_light", {"state": "on", "room": "kitchen"})


@pytest.fixture(scope="module")
def grammar(recogniser, tools, phrases):
    return recogniser.grammar(tools, phrases)


@pytest.mark.parametrize("voice", ["slt", "rms", pytest.param("kal16", marks=pytest.mark.system)])
def test_a_command_is_recognised(recogniser, grammar, say, voice):
    heard = recogniser.recognise(grammar, say("turn on the kitchen light", name=voice))
    assert (heard.meaning, heard.transcript) == (ON, "turn on the kitchen light")


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("switch off the living room lamp", Call("set_light", {"state": "off", "room": "living_room"})),
        ("set the volume to thirty five percent", Call("set_volume", {"level": 35})),
        ("set the volume to thirteen percent", Call("set_volume", {"level": 13})),
        pytest.param("stop the music", Call("stop_music", {}), marks=pytest.mark.system),
        ("goodbye", Plain(GOODBYE)),
    ],
)
def test_every_kind_of_sentence_is_recognised(recogniser, grammar, say, said, meaning):
    assert recogniser.recognise(grammar, say(said)).meaning == meaning


@pytest.mark.parametrize("said", ["turn around and look at me", "the kitchen is very dirty"])
def test_other_speech_is_rejected(recogniser, grammar, say, said):
    assert recogniser.recognise(grammar, say(said)).meaning is None


@pytest.mark.system
@pytest.mark.parametrize(
    "said",
    [
        "what is the capital of france",
        "tell me a story about dogs",
        "stop talking to me like that",
        "i left the light on in the bedroom",
    ],
)
def test_any_other_speech_is_rejected(recogniser, grammar, say, said):
    assert recogniser.recognise(grammar, say(said)).meaning is None


@pytest.mark.parametrize(
    "beginning",
    ["vis", *(pytest.param(each, marks=pytest.mark.system) for each in ("hey jarvis", "jarvis", "hey jarvis,"))],
)
def test_the_end_of_the_wake_word_may_come_first(recogniser, grammar, say, beginning):
    assert recogniser.recognise(grammar, say(f"{beginning} turn on the kitchen light")).meaning == ON


def test_a_cut_within_the_wake_word_does_no_harm(recogniser, grammar, say):
    sound = say("hey jarvis turn on the kitchen light", before=0.0)
    assert recogniser.recognise(grammar, sound[6000:]).meaning == ON


@pytest.mark.parametrize("noise", [pytest.param(-50, marks=pytest.mark.system), -40])
def test_noise_does_not_hide_a_command(recogniser, grammar, say, noise):
    assert recogniser.recognise(grammar, say("turn on the kitchen light", noise=noise)).meaning == ON


def test_two_commands_in_one_turn_are_two_calls(recogniser, grammar, say):
    heard = recogniser.recognise(grammar, say("turn on the kitchen light and stop the music"))
    assert heard.meaning == Several((ON, Call("stop_music", {})))


def test_a_change_of_the_command_before_is_recognised(recogniser, grammar, say):
    meaning = recogniser.recognise(grammar, say("now the living room")).meaning
    assert isinstance(meaning, Change)
    assert meaning.of(ON) == Call("set_light", {"state": "on", "room": "living_room"})


@pytest.mark.parametrize(
    "sound",
    [np.zeros(0, np.int16), np.zeros(16_000, np.int16), np.ones(100, np.int16)],
    ids=["nothing", "silence", "an instant"],
)
def test_no_speech_is_nothing(recogniser, grammar, sound):
    assert recogniser.recognise(grammar, sound) == NOTHING


def test_noise_alone_is_no_command(recogniser, grammar):
    noise = (np.random.default_rng(1).normal(size=32_000) * 2000).astype(np.int16)
    assert recogniser.recognise(grammar, noise).meaning is None


def test_what_was_heard_before_changes_nothing(recogniser, grammar, say):
    quiet, loud = say("stop the music", noise=-65), say("set the volume to fifty percent", noise=-40)
    alone = recogniser.recognise(grammar, quiet)
    recogniser.recognise(grammar, loud)
    again = recogniser.recognise(grammar, quiet)
    assert again.meaning == alone.meaning == Call("stop_music", {})
    assert again.belief == alone.belief


def test_equal_tools_are_warned_about_once(recogniser, caplog):
    tool = {"type": "function", "name": "t", "parameters": {}}
    first = recogniser.grammar([tool], {"t": ["say {what}"]})
    assert recogniser.grammar([tool], {"t": ["say {what}"]}) is first
    assert caplog.text.count("say {what}") == 1


def test_a_word_that_the_dictionary_lacks_is_pronounced(recogniser, say):
    if letter_to_sound("zigbee") is None:
        pytest.skip("flite is not installed")
    assert recogniser.knows("zigbee")
    tool = {"type": "function", "name": "pair", "parameters": {}}
    grammar = recogniser.grammar([tool], {"pair": ["pair the zigbee thermostat"]})
    assert recogniser.recognise(grammar, say("pair the zigbee thermostat")).meaning == Call("pair", {})


@pytest.mark.parametrize("word", ["-o", "\u6f22", "a b", ""])
def test_what_is_no_word_has_no_pronunciation(word):
    assert letter_to_sound(word) is None
