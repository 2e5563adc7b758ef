import pytest
from driving import Driver

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.assistant import Assistant
from voiced.assistant.phases import Phase
from voiced.assistant.settings import ConversationSettings

MADE = on.AnnouncementMade(3.0)
WAKE = on.WakeWordDetected("hey_jarvis", 0.9, position=16_000, captured_at=0.0)


class Speaker(Driver):
    """An idle assistant."""

    def __init__(self):
        super().__init__()
        self.tell(on.Started())


@pytest.fixture
def speaker():
    return Speaker()


def test_announcement_is_said_at_once_where_nobody_converses(speaker):
    assert speaker.tell(MADE).commands == [do.ShowPhase(Phase.ALERTING, "announcement"), do.Announce()]
    assert speaker.tell(on.NoticeFinished()).phase is Phase.IDLE


def test_announcements_are_said_one_after_the_other(speaker):
    assert len(speaker.tell(MADE, MADE).of(do.Announce)) == 1
    assert len(speaker.tell(on.NoticeFinished()).of(do.Announce)) == 1
    assert not speaker.tell(on.NoticeFinished()).of(do.Announce)


def test_announcement_waits_for_the_end_of_a_conversation(speaker):
    speaker.tell(WAKE, on.SessionOpened(), MADE)
    assert not speaker.of(do.Announce)
    speaker.tell(on.StopRequested())
    assert speaker.phase is Phase.ALERTING
    assert speaker.of(do.Announce), "stop was about the conversation"


def test_announcement_made_before_the_speaker_listens_waits_for_that():
    assistant = Assistant(ConversationSettings(), 0.0)
    assert assistant.handle(MADE, 1.0) == []
    assert do.Announce() in assistant.handle(on.Started(), 2.0)


def test_wake_word_silences_the_announcement_and_the_next_waits(speaker):
    speaker.tell(MADE, MADE, WAKE)
    assert speaker.phase is Phase.CONNECTING
    assert speaker.of(do.Flush)
    assert speaker.tell(on.StopRequested()).of(do.Announce)


def test_stop_silences_the_announcement_and_drops_those_that_wait(speaker):
    speaker.tell(MADE, MADE, on.StopRequested())
    assert speaker.of(do.Flush)
    assert speaker.of(do.DropAnnouncements)
    assert speaker.phase is Phase.IDLE
    assert not speaker.tell(on.NoticeFinished()).of(do.Announce)


def test_announcement_that_never_ends_is_abandoned(speaker):
    speaker.tell(MADE)
    assert speaker.assistant.deadline == speaker.now + 13
    assert speaker.tell(on.TimePassed(), after=13).phase is Phase.IDLE


@pytest.mark.parametrize("event", [on.MuteChanged(muted=True), on.MicrophoneLost("gone")])
def test_speaker_that_cannot_hear_still_speaks_and_shows_why_it_does_not_hear(speaker, event):
    phase = speaker.tell(event).phase
    assert speaker.tell(MADE, MADE).commands == [do.Announce()]
    assert speaker.tell(on.NoticeFinished()).commands == [do.Announce()]
    assert speaker.phase is phase
    assert speaker.tell(on.StopRequested()).commands == [do.Flush()]


def test_announcement_cut_short_by_mute_does_not_hold_up_the_next(speaker):
    speaker.tell(MADE, MADE, on.MuteChanged(muted=True))
    assert speaker.phase is Phase.MUTED
    assert len(speaker.of(do.Announce)) == 2


def test_announcement_gives_up_a_session_that_was_only_suspected(speaker):
    speaker.tell(on.WakeWordSuspected("hey_jarvis", 0.3), MADE)
    assert speaker.of(do.AbandonSession)


def test_forget_ends_the_conversation_too(speaker):
    speaker.tell(WAKE, on.SessionOpened(), on.ForgetRequested())
    assert speaker.phase is Phase.IDLE
    assert speaker.of(do.CloseSession)
