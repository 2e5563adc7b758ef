import pytest
from driving import Driver
from hypothesis import given, settings
from hypothesis import strategies as st

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.phases import CONVERSATION, Phase

DUE = on.RingDue(60.0, "The timer is done.")
WAKE = on.WakeWordDetected("hey_jarvis", 0.9, position=16_000, captured_at=0.0)
SPEAKS = (on.ReplyStarted("r"), on.ReplyAudioReceived("r", "m", bytes(48_000)))


class Speaker(Driver):
    """An idle assistant."""

    def __init__(self, *, started=True):
        super().__init__()
        if started:
            self.tell(on.Started())


@pytest.fixture
def speaker():
    return Speaker()


def test_what_is_due_rings_with_light_where_nobody_converses(speaker):
    assert speaker.tell(DUE).commands == [do.ShowPhase(Phase.ALERTING, "ringing"), do.Ring()]
    assert speaker.assistant.deadline == speaker.now + 60


@pytest.mark.parametrize("event", [on.StopRequested(), on.StopWordHeard("stop", -0.1, 1), on.ForgetRequested()])
def test_stop_ends_the_ringing_at_once(speaker, event):
    speaker.tell(DUE).tell(event)
    assert speaker.commands[:2] == [do.EndRing(do.RingEnd.STOPPED), do.Flush()]
    assert speaker.phase is Phase.IDLE
    assert speaker.assistant.deadline is None


def test_stop_word_with_snooze_in_it_puts_off(speaker):
    speaker.tell(DUE).tell(on.StopWordHeard("snooze", -0.1, 1))
    assert speaker.of(do.EndRing) == [do.EndRing(do.RingEnd.SNOOZED)]


@pytest.mark.parametrize("event", [WAKE, on.ListenRequested(5)])
def test_wake_word_ends_the_ringing_and_listens(speaker, event):
    speaker.tell(DUE).tell(event)
    assert speaker.commands[:2] == [do.EndRing(do.RingEnd.STOPPED), do.Flush()]
    assert speaker.phase is Phase.CONNECTING


@pytest.mark.parametrize("before", [[], [on.MuteChanged(muted=True)]])
def test_talk_button_ends_the_ringing_and_no_more(speaker, before):
    speaker.tell(*before, DUE).tell(on.TalkPressed(5))
    assert speaker.of(do.EndRing) == [do.EndRing(do.RingEnd.STOPPED)]
    assert speaker.of(do.Flush)
    assert speaker.phase is (Phase.MUTED if before else Phase.IDLE)


def test_ringing_that_nobody_stops_ends_unheard(speaker):
    speaker.tell(DUE).tell(on.TimePassed(), after=59)
    assert speaker.phase is Phase.ALERTING
    speaker.tell(on.TimePassed(), after=1)
    assert speaker.commands == [
        do.EndRing(do.RingEnd.UNHEARD),
        do.Flush(),
        do.ShowPhase(Phase.IDLE, "nobody stopped the ringing"),
    ]


def test_another_that_joins_does_not_begin_again_but_lengthens(speaker):
    speaker.tell(DUE).tell(DUE, after=30)
    assert speaker.commands == []
    assert speaker.assistant.deadline == speaker.now + 60


def test_conversation_hears_one_burst_between_turns_and_the_words_and_then_it_rings(speaker):
    speaker.tell(WAKE, on.SessionOpened(), on.SpeechStarted("u"), DUE)
    assert not speaker.of(do.RingOnce), "the user has the word"
    speaker.tell(on.SpeechStopped("u"), *SPEAKS)
    assert speaker.of(do.RingOnce) == [do.RingOnce()]
    speaker.tell(on.ReplyFinished("r", "completed"), on.PlaybackFinished(), after=1)
    assert speaker.phase is Phase.FOLLOWING_UP
    assert [command.words for command in speaker.of(do.SpeakUp)] == ["The timer is done."]
    assert not speaker.of(do.RingOnce)
    speaker.tell(on.StopRequested())
    assert speaker.of(do.Ring) == [do.Ring()]
    assert speaker.phase is Phase.ALERTING


def test_words_for_the_conversation_are_not_said_after_it(speaker):
    speaker.tell(WAKE, on.SessionOpened(), on.SpeechStarted("u"), on.SpeechStopped("u"), *SPEAKS, DUE)
    speaker.tell(on.StopRequested(), on.StopRequested())
    assert not speaker.of(do.Announce)
    assert speaker.phase is Phase.IDLE


def test_what_a_tool_ended_in_the_conversation_does_not_ring_after_it(speaker):
    speaker.tell(WAKE, on.SessionOpened(), DUE, on.RingSettled(), on.StopRequested())
    assert not speaker.of(do.Ring)
    assert speaker.phase is Phase.IDLE


def test_ringing_that_is_cancelled_from_elsewhere_falls_silent(speaker):
    speaker.tell(DUE).tell(on.RingSettled())
    assert speaker.commands[:2] == [do.EndRing(None), do.Flush()]
    assert speaker.phase is Phase.IDLE


@pytest.mark.parametrize("event", [on.MuteChanged(muted=True), on.MicrophoneLost("gone")])
def test_speaker_that_cannot_hear_rings_and_shows_why_it_does_not_hear(speaker, event):
    phase = speaker.tell(event).phase
    assert speaker.tell(DUE).commands == [do.Ring()]
    assert speaker.phase is phase
    assert speaker.tell(on.StopRequested()).commands == [do.EndRing(do.RingEnd.STOPPED), do.Flush()]
    speaker.tell(DUE).tell(on.TimePassed(), after=60)
    assert speaker.commands == [do.EndRing(do.RingEnd.UNHEARD), do.Flush()]
    assert speaker.phase is phase


def test_ringing_outlives_the_loss_of_the_microphone_and_its_return(speaker):
    speaker.tell(DUE).tell(on.MicrophoneLost("gone"), after=10)
    assert not speaker.of(do.EndRing)
    assert speaker.tell(on.MicrophoneRecovered()).phase is Phase.ALERTING
    assert not speaker.of(do.Ring), "it rings already"
    assert speaker.assistant.deadline == speaker.now + 50


def test_mute_ends_the_ringing(speaker):
    speaker.tell(DUE).tell(on.MuteChanged(muted=True))
    assert speaker.of(do.EndRing) == [do.EndRing(do.RingEnd.STOPPED)]


def test_announcement_waits_for_the_end_of_the_ringing_and_the_ringing_for_that_of_an_announcement(speaker):
    speaker.tell(DUE, on.AnnouncementMade(3.0))
    assert not speaker.of(do.Announce)
    assert speaker.tell(on.StopRequested()).of(do.Announce)
    assert not speaker.tell(DUE).of(do.Ring)
    assert speaker.tell(on.NoticeFinished()).of(do.Ring)


def test_late_end_of_a_notice_does_not_end_the_ringing(speaker):
    assert speaker.tell(DUE).tell(on.NoticeFinished()).phase is Phase.ALERTING


def test_what_is_due_before_the_speaker_listens_rings_then():
    speaker = Speaker(started=False)
    assert not speaker.tell(DUE).of(do.Ring)
    assert speaker.tell(on.Started()).of(do.Ring)


def test_ringing_gives_up_a_session_that_was_only_suspected(speaker):
    assert speaker.tell(on.WakeWordSuspected("hey_jarvis", 0.3), DUE).of(do.AbandonSession)


EVENTS = st.sampled_from(
    [
        DUE,
        WAKE,
        on.ReplyStarted("r"),
        on.ReplyAudioReceived("r", "m", bytes(480)),
        on.ReplyStarted("a", "announcement"),
        on.ReplyAudioReceived("a", "n", bytes(480)),
        on.ReplyFinished("a", "completed"),
        on.RingSettled(),
        on.StopRequested(),
        on.SessionOpened(),
        on.SessionClosed(),
        on.SpeechStarted("u"),
        on.SpeechStopped("u"),
        on.ReplyFinished("r", "completed"),
        on.PlaybackFinished(),
        on.MuteChanged(muted=True),
        on.MuteChanged(muted=False),
        on.MicrophoneLost("gone"),
        on.MicrophoneRecovered(),
        on.AnnouncementMade(1.0, "words"),
        on.NoticeFinished(),
        on.TimePassed(),
    ]
)


CONVERSES = (
    (WAKE, 0.0),
    (on.SessionOpened(), 0.0),
    (on.SpeechStarted("u"), 0.0),
    (on.SpeechStopped("u"), 0.0),
    (on.ReplyStarted("r"), 0.0),
    (on.ReplyAudioReceived("r", "m", bytes(480)), 0.0),
    (on.ReplyFinished("r", "completed"), 1.0),
    (on.PlaybackFinished(), 1.0),
    (DUE, 0.0),
)
"""In a follow-up window something is due, and its words are asked for."""


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([(), CONVERSES]),
    st.lists(st.tuples(EVENTS, st.floats(0, 30) | st.just(0.0)), max_size=40),
)
def test_every_ring_has_one_end_and_none_sounds_in_a_conversation(before, steps):
    steps = [*before, *steps]
    speaker, rings, sounds = Speaker(), False, 0
    for event, after in steps:
        sounds += isinstance(event, on.AnnouncementMade)
        for command in speaker.tell(event, after=after).commands:
            if isinstance(command, do.Ring):
                assert not rings
                rings = True
            elif isinstance(command, do.EndRing):
                assert rings
                rings = False
            elif isinstance(command, do.Announce):
                assert not rings
                assert sounds > 0
                sounds -= 1
            elif isinstance(command, do.DropAnnouncements):
                assert sounds >= command.count
                sounds -= command.count
        assert not (rings and speaker.phase in CONVERSATION)
        if rings:
            assert speaker.assistant.deadline is not None
            assert speaker.phase in (Phase.ALERTING, Phase.MUTED, Phase.FAULTED)
