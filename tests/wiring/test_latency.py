import pytest

from voiced.assistant import events as on
from voiced.wiring.latency import Latency, Turn

WAKE = on.WakeWordDetected("hey_jarvis", 0.9, 16_000, captured_at=10.0)
AUDIO = on.ReplyAudioReceived("r1", "m1", b"\0\0")


@pytest.fixture
def told():
    """Feeds (event, time) pairs; gives the turns that were finished."""
    latency = Latency()

    def tell(*pairs, rest=False):
        turns = [latency.feed(event, at) for event, at in pairs]
        if rest:
            turns.append(latency.rest())
        return [turn for turn in turns if turn is not None]

    return tell


def spoken(begin, end):
    return (on.SpeechStarted("i"), begin), (on.SpeechStopped("i"), end)


def replied(at, response="r1"):
    return (
        (on.ReplyStarted(response), at),
        (AUDIO, at + 0.25),
        (AUDIO, at + 0.5),
        (on.ReplyHeard("m1"), at + 0.375),
        (on.ReplyFinished(response, "completed"), at + 0.5),
    )


def test_turn_has_every_stage_from_the_wake_word_to_the_loudspeaker(told):
    turns = told(
        (WAKE, 10.125),
        (on.SessionOpened(), 10.625),
        (on.UplinkBegan(), 10.75),
        *spoken(11, 12),
        *replied(12.5),
        (on.PlaybackFinished(), 15),
    )
    assert turns == [Turn(0.125, 0.5, 0.75, 0.5, 0.75, 0.875, None)]
    assert turns[0].stages() == {
        "wake": 125.0, "connect": 500.0, "first_audio": 750.0, "reply": 500.0, "first_delta": 750.0,
        "first_sample": 875.0,
    }  # fmt: skip


def test_session_that_was_open_before_the_wake_word_was_certain_took_no_time_to_connect(told):
    begun = ((on.SessionOpened(), 9.5), (WAKE, 10.125), (on.UplinkBegan(), 10.25))
    (turn,) = told(*begun, *spoken(11, 12), *replied(12.5), rest=True)
    assert (turn.connect, turn.first_audio) == (0.0, 0.25)


def test_session_abandoned_before_says_nothing_of_the_next(told):
    (turn,) = told(
        (on.SessionOpened(), 5),
        (on.SessionClosed(), 6),
        (WAKE, 10.125),
        (on.SessionOpened(), 11.125),
        (on.UplinkBegan(), 11.25),
        *spoken(12, 13),
        *replied(13.5),
        rest=True,
    )
    assert turn.connect == 1.0


def test_following_turn_has_no_stage_of_waking(told):
    turns = told(
        (WAKE, 10.125),
        (on.SessionOpened(), 10.25),
        (on.UplinkBegan(), 10.25),
        *spoken(11, 12),
        *replied(12.5),
        (on.PlaybackFinished(), 15),
        *spoken(16, 17),
        *replied(18, "r2"),
        rest=True,
    )
    assert turns[1] == Turn(reply=1.0, first_delta=1.25, first_sample=1.375)


def test_wake_words_own_end_is_no_turn_and_leaves_the_waking_to_the_next(told):
    turns = told((WAKE, 10.125), *spoken(10.25, 10.5), *spoken(11, 12), *replied(12.5), rest=True)
    assert [(turn.wake, turn.reply) for turn in turns] == [(0.125, 0.5)]


def test_turn_with_a_tool_ends_with_the_reply_to_it_and_has_the_longest(told):
    called = [on.FunctionCalled("r1", name, "set_light", "{}") for name in ("a", "b")]
    turns = told(
        *spoken(11, 12),
        *replied(12.5),
        (called[0], 12.5),
        (called[0], 12.625),
        (called[1], 12.5),
        (on.PlaybackFinished(), 13),
        (on.ToolFinished("b", "{}"), 14.5),
        (on.ToolFinished("a", "{}"), 13.5),
        (on.PlaybackFinished(), 14.625),
        *replied(15, "r2"),
        (on.PlaybackFinished(), 17),
    )
    assert turns == [Turn(reply=0.5, first_delta=0.75, first_sample=0.875, tool=2.0)]


def test_interrupted_turn_is_told_when_the_next_begins(told):
    turns = told(*spoken(11, 12), *replied(12.5), *spoken(13, 14))
    assert turns == [Turn(reply=0.5, first_delta=0.75, first_sample=0.875)]


def test_chime_that_ends_before_the_reply_is_heard_ends_no_turn(told):
    pairs = replied(12.5)
    assert told(*spoken(11, 12), pairs[0], (on.PlaybackFinished(), 12.625), *pairs[1:]) == []
    (turn,) = told((on.PlaybackFinished(), 15))
    assert turn.first_sample == 0.875


@pytest.mark.parametrize("events", [(), ((WAKE, 10.5),), ((WAKE, 10.5), *spoken(11, 12))])
def test_conversation_without_an_answer_is_no_turn(told, events):
    assert told(*events, rest=True) == []


def test_next_conversation_begins_anew(told):
    told((WAKE, 10.125), *spoken(11, 12), rest=True)
    (turn,) = told((on.ListenRequested(0), 20), (on.UplinkBegan(), 20.5), *spoken(21, 22), *replied(23), rest=True)
    assert (turn.wake, turn.first_audio, turn.reply) == (None, 0.5, 1.0)
