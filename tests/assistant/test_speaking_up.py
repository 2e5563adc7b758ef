"""What the speaker says in an open conversation without having been asked, as sequences of events."""

import driving
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.events import FailureReason
from voiced.assistant.phases import Phase
from voiced.assistant.sentences import SENTENCES
from voiced.assistant.settings import ConversationSettings

SETTINGS = ConversationSettings(greeting_after_ms=1200, silence_seconds=8, follow_up_seconds=8)
WAKE = on.WakeWordDetected("hey_jarvis", 0.9, position=16_000, captured_at=0.0)
SECOND = bytes(48_000)
MADE = on.AnnouncementMade(3.0, "Dinner is ready.")
SAY = do.SpeakUp("Dinner is ready.", "announcement")
GREET = do.SpeakUp("Good evening.", "greeting")
OFFLINE = on.FallbackBegan(FailureReason.UNREACHABLE, "no route", owners=False)
REFUSED = on.FallbackBegan(FailureReason.REFUSED, "HTTP 401", owners=True)


class Driver(driving.Driver):
    def __init__(self, configuration=SETTINGS, greeting=None):
        super().__init__(configuration, greeting=lambda _: greeting)


@pytest.fixture
def silent():
    """A conversation in which nobody has spoken yet."""
    return Driver(greeting="Good evening.").tell(on.Started(), WAKE, on.SessionOpened())


@pytest.fixture
def open_():
    """A conversation without a greeting, likewise."""
    return Driver().tell(on.Started(), WAKE, on.SessionOpened())


@pytest.fixture
def replying(open_):
    return open_.tell(on.SpeechStarted("i"), on.SpeechStopped("i"), on.ReplyStarted("r1"))


@pytest.fixture
def following_up(open_):
    return open_.tell(on.SpeechStarted("i"), on.SpeechStopped("i")).hear_reply()


# -- the greeting -----------------------------------------------------------------------------------------------------


def test_who_says_nothing_is_greeted_and_then_has_as_long_as_ever_to_speak(silent):
    assert not silent.ever(do.SpeakUp)
    assert silent.assistant.deadline == pytest.approx(silent.now + 1.2)
    assert silent.wait_for_deadline().commands == [GREET]
    assert silent.phase is Phase.LISTENING
    silent.hear_reply("g", "greeting")
    assert silent.phase is Phase.LISTENING
    assert silent.assistant.deadline == silent.now + 8
    silent.wait_for_deadline()
    assert silent.of(do.ReportFalseWake), "what the speaker says itself proves nothing"
    assert len(silent.ever(do.SpeakUp)) == 1


def test_who_speaks_in_time_is_not_greeted(silent):
    silent.tell(on.SpeechStarted("i"), after=1.1)
    silent.tell(on.SpeechStopped("i"), on.UserTranscribed("i", ""), after=2.0)
    silent.tell(on.TimePassed(), after=3.0)
    assert not silent.ever(do.SpeakUp)


def test_end_of_the_wake_word_alone_is_no_speech(silent):
    silent.tell(on.SpeechStarted("i"), after=0.2)
    silent.tell(on.SpeechStopped("i", audio_end_ms=700), after=0.5)
    silent.tell(on.ReplyStarted("r"), on.ReplyAudioReceived("r", "m", SECOND))
    assert silent.of(do.CancelReply)
    assert not silent.tell(on.TimePassed(), after=1.2).of(do.SpeakUp), "a response is active"
    assert silent.tell(on.ReplyFinished("r", "cancelled")).of(do.SpeakUp) == [GREET]
    assert silent.tell(on.ReplyStarted("g", "greeting"), on.ReplyAudioReceived("g", "m2", SECOND)).of(do.Play)


def test_wake_word_alone_that_nobody_answers_does_not_hold_up_the_greeting(silent):
    silent.tell(on.SpeechStarted("i"), on.SpeechStopped("i", audio_end_ms=700), after=0.2)
    assert silent.wait_for_deadline().commands == [GREET]


def test_barge_in_silences_the_greeting_as_any_reply(silent):
    silent.wait_for_deadline()
    silent.tell(on.ReplyStarted("g", "greeting"), on.ReplyAudioReceived("g", "m", SECOND))
    silent.tell(on.SpeechStarted("i"), on.PlaybackFlushed("m", 300), after=0.3)
    assert silent.of(do.Flush)
    assert silent.of(do.TruncateReply) == [do.TruncateReply("m", 300)]
    assert not silent.tell(on.ReplyAudioReceived("g", "m", SECOND)).of(do.Play), "late sound of it"
    silent.tell(on.ReplyFinished("g", "cancelled"), on.SpeechStopped("i", 3000))
    assert silent.phase is Phase.THINKING


def test_greeting_that_begins_when_the_user_speaks_already_is_not_heard_and_not_cancelled(silent):
    silent.wait_for_deadline()
    silent.tell(on.SpeechStarted("i"), on.ReplyStarted("g", "greeting"), on.ReplyAudioReceived("g", "m", SECOND))
    assert not silent.of(do.Play)
    assert not silent.of(do.CancelReply), "it might hit the reply to the user"
    silent.tell(on.ReplyFinished("g", "completed"), on.SpeechStopped("i", 3000)).hear_reply()
    assert silent.phase is Phase.FOLLOWING_UP


def test_greeting_that_begins_after_the_user_has_spoken_is_not_heard_either(silent):
    silent.wait_for_deadline()
    silent.tell(on.SpeechStarted("i"), on.SpeechStopped("i", 3000))
    silent.tell(on.ReplyStarted("g", "greeting"), on.ReplyAudioReceived("g", "m", SECOND))
    assert not silent.of(do.Play)
    silent.tell(on.ReplyFinished("g", "completed"))
    assert silent.hear_reply().phase is Phase.FOLLOWING_UP


def test_greeting_that_a_response_is_in_the_way_of_is_asked_for_again_a_little_later(silent):
    silent.wait_for_deadline()
    silent.tell(on.ServiceComplained("conversation_already_has_active_response", "busy"), after=0.1)
    assert not silent.of(do.SpeakUp)
    assert silent.wait_for_deadline().of(do.SpeakUp) == [GREET]


def test_service_that_does_not_say_the_greeting_goes_on_listening(silent, caplog):
    silent.wait_for_deadline()
    silent.tell(on.ServiceComplained("unknown_parameter", "no pre_generated_assistant_message"))
    assert silent.phase is Phase.LISTENING
    assert "does not say the greeting" in caplog.text
    assert not silent.wait_for_deadline().of(do.SpeakUp)


def test_greeting_that_fails_does_not_end_the_conversation(silent):
    silent.wait_for_deadline()
    silent.tell(on.ReplyStarted("g", "greeting"), on.ReplyFinished("g", "failed", "no voice"))
    assert silent.phase is Phase.LISTENING
    assert not silent.of(do.SayNotice)


def test_greeting_leaves_the_conversation_open_where_no_follow_up_is_wanted():
    driver = Driver(ConversationSettings(follow_up_seconds=0), "Yes?").tell(on.Started(), on.ListenRequested(0))
    driver.tell(on.SessionOpened()).wait_for_deadline()
    assert driver.hear_reply("g", "greeting").phase is Phase.LISTENING


# -- announcements ----------------------------------------------------------------------------------------------------


def test_announcement_waits_for_the_reply_to_be_heard_and_is_then_said_by_the_session(replying):
    replying.tell(MADE)
    replying.tell(on.ReplyAudioReceived("r1", "m", SECOND), on.ReplyFinished("r1", "completed"))
    assert not replying.ever(do.SpeakUp)
    replying.tell(on.PlaybackFinished(), after=1.0)
    assert replying.of(do.SpeakUp) == [SAY]
    replying.hear_reply("a", "announcement")
    assert replying.of(do.DropAnnouncements) == [do.DropAnnouncements(1)]
    assert replying.phase is Phase.FOLLOWING_UP
    replying.wait_for_deadline()
    assert not replying.ever(do.Announce), "it is said once"


def test_announcement_in_the_follow_up_window_is_said_at_once(following_up):
    assert following_up.tell(MADE).commands == [SAY]


def test_announcement_leaves_who_was_just_listened_to_the_time_to_begin(open_):
    assert not open_.tell(MADE).commands
    assert open_.wait_for_deadline().commands == [SAY]
    assert open_.now == pytest.approx(101.2)
    assert open_.hear_reply("a", "announcement").phase is Phase.LISTENING


def test_announcement_waits_while_the_user_speaks(following_up):
    following_up.tell(on.SpeechStarted("j"), MADE).tell(on.TimePassed(), after=5.0)
    assert not following_up.ever(do.SpeakUp)


def test_announcement_that_the_user_interrupts_at_once_is_said_later(following_up):
    following_up.tell(MADE, on.ReplyStarted("a", "announcement"), on.ReplyAudioReceived("a", "m", SECOND))
    following_up.tell(on.SpeechStarted("j"), after=0.2)
    following_up.tell(on.ReplyFinished("a", "cancelled"), on.SpeechStopped("j")).hear_reply("r2")
    assert following_up.of(do.SpeakUp) == [SAY]


def test_announcement_that_was_mostly_heard_is_not_said_again(following_up, caplog):
    caplog.set_level("INFO")
    following_up.tell(MADE, on.ReplyStarted("a", "announcement"), on.ReplyAudioReceived("a", "m", 3 * SECOND))
    following_up.tell(on.SpeechStarted("j"), after=1.5)
    assert following_up.of(do.DropAnnouncements) == [do.DropAnnouncements(1)]
    assert "cut short by the user" in caplog.text


def test_stop_ends_the_announcement_and_drops_those_that_wait(following_up):
    following_up.tell(MADE, MADE, on.ReplyStarted("a", "announcement"), on.ReplyAudioReceived("a", "m", SECOND))
    following_up.tell(on.StopRequested(), after=0.1)
    assert following_up.phase is Phase.IDLE
    assert sum(command.count for command in following_up.of(do.DropAnnouncements)) == 2
    assert not following_up.ever(do.Announce)


@pytest.mark.parametrize("end", [on.SessionFailed(FailureReason.LOST, "gone"), on.SessionClosed()])
def test_announcement_that_the_session_did_not_say_is_said_by_the_device(following_up, end):
    following_up.tell(MADE, on.ReplyStarted("a", "announcement"), end)
    following_up.tell(on.NoticeFinished())  # that the connection was lost
    assert following_up.ever(do.Announce)
    assert not following_up.ever(do.DropAnnouncements)


def test_announcement_that_was_mostly_heard_when_the_connection_broke_is_not_said_again(following_up):
    following_up.tell(MADE, on.ReplyStarted("a", "announcement"), on.ReplyAudioReceived("a", "m", 3 * SECOND))
    following_up.tell(on.SessionFailed(FailureReason.LOST, "gone"), after=1.5)
    assert following_up.of(do.DropAnnouncements) == [do.DropAnnouncements(1)]
    assert not following_up.tell(on.NoticeFinished()).of(do.Announce)


def test_announcement_that_the_service_refuses_is_said_after_the_conversation(following_up, caplog):
    following_up.tell(MADE, on.ServiceComplained("unknown_parameter", "no such thing"))
    assert "it is said after the conversation" in caplog.text
    following_up.wait_for_deadline()
    assert following_up.ever(do.SpeakUp) == [SAY]
    assert following_up.ever(do.Announce)


def test_sound_without_words_waits_for_the_end_of_the_conversation(following_up):
    following_up.tell(on.AnnouncementMade(2.0), MADE).wait_for_deadline()
    assert not following_up.ever(do.SpeakUp), "nor is what was announced after it said before it"
    assert following_up.of(do.Announce)


def test_nothing_more_is_spent_on_announcements_when_the_limit_is_reached(replying):
    replying.tell(MADE, on.LimitReached("10 000 tokens")).hear_reply()
    assert not replying.ever(do.SpeakUp)
    assert replying.of(do.Announce)


def test_nor_where_it_is_reached_before_anybody_has_spoken(open_):
    open_.tell(on.LimitReached("10 000 tokens"), MADE).tell(on.TimePassed(), after=2.0)
    assert not open_.ever(do.SpeakUp)


# -- the fallback -----------------------------------------------------------------------------------------------------


def test_fallback_that_has_to_start_first_is_waited_for():
    driver = Driver().tell(on.Started(), WAKE).tell(on.FallbackAwaited(30.0), after=1.5)
    assert driver.assistant.deadline == driver.now + 30
    driver.tell(on.SessionOpened(), after=20.0)
    assert driver.tell(on.FallbackAwaited(30.0)).commands == []
    assert driver.wait_for_deadline().phase is Phase.IDLE


def test_fallback_is_told_after_the_command_was_obeyed(open_):
    open_.tell(OFFLINE, on.SpeechStarted("i"), on.SpeechStopped("i"))
    assert not open_.ever(do.SpeakUp)
    open_.hear_reply()
    assert open_.of(do.SpeakUp) == [do.SpeakUp(SENTENCES[do.Notice.OFFLINE], "announcement")]
    open_.hear_reply("a", "announcement")
    assert not open_.ever(do.DropAnnouncements), "there is no sound of it"


def test_fallback_is_told_by_the_device_where_the_conversation_ends_with_the_reply():
    driver = Driver(ConversationSettings(follow_up_seconds=0)).tell(on.Started(), WAKE, on.SessionOpened(), OFFLINE)
    driver.tell(on.SpeechStarted("i"), on.SpeechStopped("i")).hear_reply()
    assert driver.of(do.SayNotice) == [do.SayNotice(do.Notice.OFFLINE, "no route")]
    assert driver.tell(on.NoticeFinished()).phase is Phase.IDLE


@pytest.mark.parametrize(("after", "again"), [(1.0, True), (4.0, False)])
def test_notice_that_the_next_wake_word_cuts_off_at_its_beginning_is_said_again(after, again):
    driver = Driver(ConversationSettings(follow_up_seconds=0)).tell(on.Started(), WAKE, on.SessionOpened(), OFFLINE)
    driver.tell(on.StopRequested()).tell(WAKE, after=after)
    assert driver.phase is Phase.CONNECTING
    driver.tell(on.SessionOpened(), on.SpeechStarted("i"), on.SpeechStopped("i")).hear_reply()
    assert bool(driver.of(do.SayNotice)) is again
    driver.tell(on.StopRequested())
    assert driver.phase is Phase.IDLE
    assert not driver.of(do.SayNotice), "the owner wants silence"


def test_refused_key_is_told_before_what_can_still_be_done(following_up):
    following_up.tell(REFUSED)
    assert following_up.of(do.SpeakUp)[0].words == SENTENCES[do.Notice.REFUSED]
    following_up.hear_reply("a", "announcement")
    assert following_up.of(do.SpeakUp)[0].words == SENTENCES[do.Notice.STANDING_IN]


def test_code_to_sign_in_with_is_left_to_the_device(following_up):
    following_up.tell(on.FallbackBegan(FailureReason.SIGN_IN, "open it", owners=True)).wait_for_deadline()
    assert not following_up.ever(do.SpeakUp)
    assert following_up.of(do.SayNotice)[0].notice is do.Notice.SIGN_IN


EVENTS = st.sampled_from(
    [
        MADE,
        OFFLINE,
        REFUSED,
        WAKE,
        on.SessionOpened(),
        on.SessionClosed(),
        on.SpeechStarted("i"),
        on.SpeechStopped("i"),
        on.SpeechStopped("i", audio_end_ms=700),
        on.UserTranscribed("i", "hello"),
        on.UserTranscribed("i", ""),
        on.ReplyStarted("r"),
        on.ReplyStarted("r", "announcement"),
        on.ReplyStarted("r", "greeting"),
        on.ReplyAudioReceived("r", "m", SECOND),
        on.ReplyFinished("r", "completed"),
        on.ReplyFinished("r", "failed"),
        on.PlaybackFinished(),
        on.NoticeFinished(),
        on.StopRequested(),
        on.ServiceComplained("conversation_already_has_active_response", ""),
        on.ServiceComplained("other", ""),
        on.TimePassed(),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(EVENTS, st.floats(0, 3)), max_size=40))
def test_whatever_happens_every_announcement_ends_and_none_is_asked_for_while_somebody_speaks(told):
    driver = Driver(greeting="Good evening.").tell(on.Started())
    made = speaking = 0
    for event, after in told:
        driver.tell(event, after=after)
        made += event is MADE
        if isinstance(event, on.SpeechStarted | on.SpeechStopped):
            speaking = isinstance(event, on.SpeechStarted) and driver.phase is Phase.LISTENING
        if speaking and driver.phase is Phase.LISTENING:
            assert not driver.of(do.SpeakUp)
        for _ in range(4):  # as the daemon does; a deadline that stays in the past would keep it busy for ever
            if (driver.assistant.deadline or driver.now + 1) <= driver.now:
                driver.tell(on.TimePassed())
        assert driver.assistant.deadline is None or driver.assistant.deadline > driver.now
    driver.tell(on.MuteChanged(muted=True), after=60.0)
    for _ in range(60):
        driver.tell(on.NoticeFinished(), after=1.0)
    ended = len(driver.ever(do.Announce)) + sum(drop.count for drop in driver.ever(do.DropAnnouncements))
    assert ended == made
