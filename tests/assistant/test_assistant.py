import driving
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.phases import CONVERSATION, Phase
from voiced.assistant.settings import ConversationSettings

SETTINGS = ConversationSettings(
    follow_up_seconds=8, connect_seconds=10, silence_seconds=8, speech_seconds=60, reply_seconds=20, lead_ms=300
)
WAKE = on.WakeWordDetected("hey_jarvis", 0.9, position=16_000, captured_at=0.0)
SECOND = bytes(48_000)


def call(number):
    return on.FunctionCalled("r1", f"call_{number}", "set_light", "{}")


class Driver(driving.Driver):
    def __init__(self, configuration=SETTINGS):
        super().__init__(configuration)


@pytest.fixture
def idle():
    return Driver().tell(on.Started())


@pytest.fixture
def listening(idle):
    return idle.tell(WAKE, on.SessionOpened())


@pytest.fixture
def thinking(listening):
    return listening.tell(on.SpeechStarted("item_1"), on.SpeechStopped("item_1"))


@pytest.fixture
def speaking(thinking):
    return thinking.tell(on.ReplyStarted("r1"), on.ReplyAudioReceived("r1", "msg_1", SECOND))


def test_frames_arrive_at_start_makes_the_speaker_idle(idle):
    assert idle.phase is Phase.IDLE
    assert idle.assistant.deadline is None


def test_no_frames_after_start_is_a_fault():
    assert Driver().wait_for_deadline().phase is Phase.FAULTED


def test_wake_word_opens_a_session_and_counts_words_from_before_it(idle):
    idle.tell(WAKE)
    assert idle.phase is Phase.CONNECTING
    assert idle.of(do.OpenSession) == [do.OpenSession("default")]
    assert not idle.of(do.StartUplink), "no audio before the session is open"
    idle.tell(on.SessionOpened())
    assert idle.of(do.StartUplink) == [do.StartUplink(16_000 - 300 * 16)]


def test_wake_word_close_after_start_counts_words_from_the_first_frame(idle):
    early = on.WakeWordDetected("hey_jarvis", 0.9, position=100, captured_at=0.0)
    assert idle.tell(early, on.SessionOpened()).of(do.StartUplink) == [do.StartUplink(0)]


def test_one_turn_goes_through_all_phases(speaking):
    assert speaking.phase is Phase.SPEAKING
    speaking.tell(on.ReplyFinished("r1", "completed"), after=0.2)
    assert speaking.phase is Phase.SPEAKING, "what was received is still being heard"
    speaking.tell(on.PlaybackFinished(), after=1.0)
    assert speaking.phase is Phase.FOLLOWING_UP
    speaking.wait_for_deadline()
    assert speaking.phase is Phase.IDLE
    assert speaking.of(do.CloseSession)


def test_no_follow_up_configured_closes_after_the_reply():
    driver = Driver(ConversationSettings(follow_up_seconds=0)).tell(on.Started(), WAKE, on.SessionOpened())
    driver.tell(on.SpeechStarted("i"), on.SpeechStopped("i"), on.ReplyStarted("r"))
    driver.tell(on.ReplyAudioReceived("r", "m", SECOND), on.ReplyFinished("r", "completed"))
    driver.tell(on.PlaybackFinished(), after=1.1)
    assert driver.phase is Phase.IDLE
    assert driver.of(do.CloseSession)


def test_follow_up_without_wake_word_is_a_new_turn(speaking):
    speaking.tell(on.ReplyFinished("r1", "completed"), on.PlaybackFinished(), after=1.1)
    speaking.tell(on.SpeechStarted("item_2"))
    assert speaking.phase is Phase.LISTENING
    assert not speaking.of(do.OpenSession)


def test_barge_in_flushes_truncates_what_was_not_heard_and_drops_late_audio(speaking):
    speaking.tell(on.SpeechStarted("item_2"), after=0.4)
    assert speaking.phase is Phase.LISTENING
    assert speaking.of(do.Flush)
    assert not speaking.of(do.CancelReply), "the service cancels by itself"
    speaking.tell(on.PlaybackFlushed("msg_1", 380))
    assert speaking.commands == [do.TruncateReply("msg_1", 380)]
    speaking.tell(on.ReplyAudioReceived("r1", "msg_1", SECOND))
    assert speaking.commands == []
    speaking.tell(on.ReplyFinished("r1", "cancelled"), on.SpeechStopped("item_2"), on.ReplyStarted("r2"))
    speaking.tell(on.ReplyAudioReceived("r2", "msg_2", SECOND))
    assert speaking.of(do.Play) == [do.Play("msg_2", SECOND)]


def test_barge_in_after_the_response_ended_still_flushes(speaking):
    speaking.tell(on.ReplyFinished("r1", "completed"))
    assert speaking.tell(on.SpeechStarted("item_2")).of(do.Flush)


def test_flush_that_cut_nothing_truncates_nothing(speaking):
    assert speaking.tell(on.PlaybackFlushed("", 0)).commands == []


def test_function_call_is_run_answered_and_followed_by_one_reply_request(thinking):
    thinking.tell(on.ReplyStarted("r1"), call(1))
    assert thinking.of(do.RunTool) == [do.RunTool("call_1", "set_light", "{}")]
    thinking.tell(on.ReplyFinished("r1", "completed"))
    assert thinking.phase is Phase.THINKING
    thinking.tell(on.ToolFinished("call_1", "out"))
    assert thinking.commands == [do.SendToolOutput("call_1", "out"), do.RequestReply()]


def test_function_call_announced_twice_runs_once(thinking):
    thinking.tell(on.ReplyStarted("r1"), call(1), call(1))
    assert len(thinking.of(do.RunTool)) == 1


def test_parallel_calls_are_all_answered_before_one_reply_request(thinking):
    thinking.tell(on.ReplyStarted("r1"), call(1), call(2), on.ReplyFinished("r1", "completed"))
    assert thinking.tell(on.ToolFinished("call_2", "b")).commands == [do.SendToolOutput("call_2", "b")]
    assert thinking.tell(on.ToolFinished("call_1", "a")).commands == [
        do.SendToolOutput("call_1", "a"),
        do.RequestReply(),
    ]


def test_tool_faster_than_the_response_waits_for_its_end(thinking):
    thinking.tell(on.ReplyStarted("r1"), call(1), on.ToolFinished("call_1", "a"))
    assert not thinking.of(do.RequestReply)
    assert thinking.tell(on.ReplyFinished("r1", "completed")).of(do.RequestReply)


def test_tool_that_ends_while_the_user_speaks_leaves_the_reply_to_the_service(thinking):
    thinking.tell(on.ReplyStarted("r1"), call(1), on.ReplyFinished("r1", "completed"), on.SpeechStarted("item_2"))
    assert thinking.tell(on.ToolFinished("call_1", "a")).commands == [do.SendToolOutput("call_1", "a")]


def test_service_already_responding_defers_the_request_to_the_end_of_that_response(thinking):
    thinking.tell(on.ReplyStarted("r1"), call(1), on.ReplyFinished("r1", "completed"), on.ToolFinished("call_1", "a"))
    thinking.tell(on.ReplyStarted("r2"), on.ServiceComplained("conversation_already_has_active_response", ""))
    assert thinking.tell(on.ReplyFinished("r2", "completed")).of(do.RequestReply)


def test_reply_before_a_tool_answers_shows_thinking_once_it_was_heard(speaking):
    speaking.tell(call(1), on.ReplyFinished("r1", "completed"), on.PlaybackFinished(), after=1.1)
    assert speaking.phase is Phase.THINKING


def test_old_sound_ending_while_a_reply_is_awaited_does_not_open_the_follow_up_window(speaking):
    speaking.tell(on.ReplyFinished("r1", "completed"), on.SpeechStarted("item_2"), on.SpeechStopped("item_2"))
    speaking.tell(on.PlaybackFinished(), after=0.1)
    assert speaking.phase is Phase.THINKING


def test_response_to_words_without_sound_or_calls_opens_the_follow_up_window(thinking):
    thinking.tell(on.UserTranscribed("item_1", "hm"), on.ReplyStarted("r1"), on.ReplyFinished("r1", "completed"))
    assert thinking.phase is Phase.FOLLOWING_UP


def test_failed_response_is_said(thinking):
    thinking.tell(on.ReplyStarted("r1"), on.ReplyFinished("r1", "failed", "no capacity"))
    assert thinking.phase is Phase.ALERTING
    assert thinking.of(do.SayNotice) == [do.SayNotice(do.Notice.NO_REPLY, "no capacity")]


@pytest.mark.parametrize("reason", on.FailureReason)
def test_failed_session_says_why_and_listens_again(idle, reason):
    idle.tell(WAKE, on.SessionFailed(reason, "detail"))
    assert idle.phase is Phase.ALERTING
    assert idle.of(do.SayNotice) == [do.SayNotice(do.Notice(reason.value), "detail")]
    assert idle.tell(on.NoticeFinished()).phase is Phase.IDLE
    assert idle.tell(WAKE).phase is Phase.CONNECTING


def test_notice_that_never_ends_is_abandoned(idle):
    idle.tell(WAKE, on.SessionFailed(on.FailureReason.LOST, ""))
    assert idle.wait_for_deadline().phase is Phase.IDLE


def test_wake_word_during_a_notice_silences_it(idle):
    idle.tell(WAKE, on.SessionFailed(on.FailureReason.LOST, ""))
    idle.tell(WAKE)
    assert idle.phase is Phase.CONNECTING
    assert isinstance(idle.commands[0], do.Flush)


def test_wake_word_in_a_conversation_is_ignored(speaking):
    assert speaking.tell(WAKE).commands == []


FALSE_WAKE = do.ReportFalseWake("hey_jarvis", 16_000)


def test_nobody_speaks_after_the_wake_word_is_a_false_wake_and_closes_at_once_without_a_sound(listening):
    opened = listening.now
    listening.wait_for_deadline()
    assert listening.now == opened + SETTINGS.silence_seconds
    assert listening.commands == [
        FALSE_WAKE,
        do.CloseSession(),
        do.ShowPhase(Phase.IDLE, "false wake: hey_jarvis (0.90), and nobody spoke"),
    ]


def test_time_to_connect_does_not_count_as_silence(idle):
    idle.tell(WAKE).tell(on.SessionOpened(), after=7).tell(on.SpeechStarted("i"), after=7)
    assert idle.phase is Phase.LISTENING


def test_command_that_was_in_the_pre_roll_is_no_false_wake(listening):
    listening.tell(on.SpeechStarted("i"), on.SpeechStopped("i"), on.UserTranscribed("i", "lights on"))
    listening.tell(on.ReplyStarted("r"), on.ReplyFinished("r", "completed"))
    listening.wait_for_deadline()
    assert listening.phase is Phase.IDLE
    assert listening.of(do.PlayChime) == [do.PlayChime(do.Chime.DONE)]
    assert not listening.of(do.ReportFalseWake)


def test_nobody_speaks_after_listen_was_asked_for_is_no_false_wake(idle):
    idle.tell(on.ListenRequested(5), on.SessionOpened()).wait_for_deadline()
    assert idle.phase is Phase.IDLE
    assert idle.of(do.PlayChime) == [do.PlayChime(do.Chime.DONE)]
    assert not idle.of(do.ReportFalseWake)


@pytest.mark.parametrize(
    "sound_without_words",
    [
        [on.UserTranscribed("item_1", " ")],
        [on.ReplyStarted("r1"), on.UserTranscribed("item_1", ""), on.ReplyFinished("r1", "completed")],
        [on.ReplyStarted("r1"), on.ReplyFinished("r1", "completed"), on.UserTranscribed("item_1", "")],
    ],
)
def test_sound_without_words_leaves_the_listening_deadline_as_it_was(listening, sound_without_words):
    due = listening.assistant.deadline
    listening.tell(on.SpeechStarted("item_1"), on.SpeechStopped("item_1"), *sound_without_words, after=1)
    assert listening.phase is Phase.LISTENING
    assert listening.assistant.deadline == due
    listening.wait_for_deadline()
    assert listening.of(do.ReportFalseWake) == [FALSE_WAKE]
    assert listening.phase is Phase.IDLE


def test_words_after_a_sound_without_words_are_answered(listening):
    listening.tell(on.SpeechStarted("i"), on.SpeechStopped("i"), on.UserTranscribed("i", ""))
    listening.tell(on.SpeechStarted("j"), on.SpeechStopped("j"))
    listening.tell(on.UserTranscribed("i", ""))
    assert listening.phase is Phase.THINKING, "that was the turn before"
    assert listening.assistant.deadline == listening.now + SETTINGS.reply_seconds


OWN_END = on.SpeechStopped("i", audio_end_ms=300 + 500 + 100)
"""The lead, the pause, and what may ring on."""


def test_wake_words_own_end_is_no_turn_and_the_reply_to_it_is_not_heard(listening):
    due = listening.assistant.deadline
    listening.tell(on.SpeechStarted("i"), OWN_END, after=0.5)
    assert (listening.phase, listening.assistant.deadline) == (Phase.LISTENING, due)
    listening.tell(on.ReplyStarted("r"), on.UserTranscribed("i", "Jarvis."), on.ReplyAudioReceived("r", "m", SECOND))
    assert listening.commands == [do.CancelReply()]
    listening.tell(on.ReplyAudioReceived("r", "m", SECOND), on.ReplyFinished("r", "cancelled"))
    assert listening.commands == []
    listening.wait_for_deadline()
    assert listening.of(do.ReportFalseWake) == [FALSE_WAKE]


def test_command_after_the_wake_words_own_end_is_answered(listening):
    listening.tell(on.SpeechStarted("i"), OWN_END, on.ReplyStarted("r"), after=0.5)
    listening.tell(on.SpeechStarted("j"), on.ReplyFinished("r", "cancelled"), after=0.5)
    listening.tell(on.SpeechStopped("j", 3000), on.ReplyStarted("s"), on.ReplyAudioReceived("s", "m", SECOND), after=1)
    assert listening.phase is Phase.SPEAKING
    assert listening.of(do.Play)


@pytest.mark.parametrize("proof", [on.UserTranscribed("i", "Jarvis, stop."), call(1)])
def test_command_so_short_that_it_could_be_the_wake_words_end_is_answered_once_it_is_proven(listening, proof):
    listening.tell(on.SpeechStarted("i"), OWN_END, on.ReplyStarted("r1"), proof)
    assert listening.phase is Phase.THINKING
    assert listening.tell(on.ReplyAudioReceived("r1", "m", SECOND)).of(do.Play)


@pytest.mark.parametrize("end", [on.SpeechStopped("i", 901), on.SpeechStopped("i")])
def test_turn_that_lasts_beyond_the_wake_word_or_has_no_time_is_one(listening, end):
    assert listening.tell(on.SpeechStarted("i"), end).phase is Phase.THINKING


def test_first_turn_after_listen_was_asked_for_may_be_as_short_as_it_likes(idle):
    idle.tell(on.ListenRequested(16_000), on.SessionOpened(), on.SpeechStarted("i"), OWN_END)
    assert idle.phase is Phase.THINKING


def test_reply_to_a_sound_without_words_may_come_late(listening):
    listening.tell(on.SpeechStarted("i"), after=7.9).tell(on.SpeechStopped("i"), on.UserTranscribed("i", ""), after=1)
    listening.tell(on.ReplyStarted("r"), after=1.9)
    assert listening.phase is Phase.THINKING
    listening.tell(on.ReplyAudioReceived("r", "m", SECOND), on.ReplyFinished("r", "completed"))
    listening.tell(on.PlaybackFinished(), after=1.1)
    assert listening.phase is Phase.FOLLOWING_UP, "a reply that was heard is a conversation"


def test_no_reply_and_no_transcript_is_the_services_fault_and_no_false_wake(thinking):
    thinking.wait_for_deadline()
    assert thinking.of(do.SayNotice) == [do.SayNotice(do.Notice.NO_REPLY, "no reply for 20 s")]
    assert not thinking.of(do.ReportFalseWake)


def test_sound_that_never_ends_is_no_false_wake(listening):
    listening.tell(on.SpeechStarted("i")).wait_for_deadline()
    assert not listening.of(do.ReportFalseWake)
    assert listening.of(do.ShowPhase) == [do.ShowPhase(Phase.IDLE, "the longest sentence allowed")]


@pytest.mark.parametrize(
    "end", [on.StopRequested(), on.MuteChanged(muted=True), on.MicrophoneLost("x"), on.SessionClosed()]
)
def test_conversation_that_was_cut_short_is_no_false_wake(listening, end):
    assert not listening.tell(end).of(do.ReportFalseWake)


def test_wake_chime_is_the_one_of_the_word(idle):
    assert idle.tell(WAKE).of(do.PlayChime) == [do.PlayChime(do.Chime.WAKE, "hey_jarvis")]


def test_persona_of_the_word_that_was_heard_answers(idle):
    idle.tell(on.WakeWordDetected("alexa", 0.9, 16_000, 0.0, persona="chef"))
    assert idle.of(do.OpenSession) == [do.OpenSession("chef")]


@pytest.mark.parametrize(
    ("events", "notice"),
    [
        ([WAKE], do.Notice.TIMED_OUT),
        ([WAKE, on.SessionOpened(), on.SpeechStarted("i"), on.SpeechStopped("i")], do.Notice.NO_REPLY),
        (
            [
                *(WAKE, on.SessionOpened(), on.SpeechStarted("i"), on.SpeechStopped("i"), on.ReplyStarted("r")),
                *(on.ReplyAudioReceived("r", "m", SECOND), on.ReplyAudioFinished("r")),
            ],
            do.Notice.NO_REPLY,
        ),
    ],
)
def test_phase_past_its_deadline_says_why_and_ends(idle, events, notice):
    idle.tell(*events).wait_for_deadline()
    assert [command.notice for command in idle.of(do.SayNotice)] == [notice]
    assert idle.of(do.CloseSession)


def test_deadline_of_a_long_reply_counts_from_the_end_of_its_sound(speaking):
    speaking.tell(*[on.ReplyAudioReceived("r1", "msg_1", SECOND)] * 59)
    assert speaking.assistant.deadline == speaking.now + 60 + 20


def test_conversation_ends_after_its_longest_time(speaking):
    while speaking.phase is not Phase.IDLE:
        speaking.tell(on.ReplyAudioReceived("r1", "msg_1", SECOND), after=1.0)
        if speaking.now >= speaking.assistant.deadline:
            speaking.tell(on.TimePassed())
    assert speaking.now == pytest.approx(100 + 600, abs=2)


@pytest.mark.parametrize("state", ["listening", "thinking", "speaking"])
def test_stop_silences_and_closes(request, state):
    driver = request.getfixturevalue(state)
    driver.tell(on.StopRequested())
    assert driver.phase is Phase.IDLE
    assert driver.of(do.Flush)
    assert driver.of(do.CloseSession)


@pytest.mark.parametrize("state", ["listening", "speaking"])
def test_stop_word_silences_and_closes_without_a_word_to_the_service(request, state):
    driver = request.getfixturevalue(state)
    driver.tell(on.StopWordHeard("stop", -0.5, 32_000))
    assert driver.of(do.ShowPhase) == [do.ShowPhase(Phase.IDLE, "heard 'stop' (-0.50)")]
    assert driver.of(do.Flush)
    assert driver.of(do.CloseSession)
    assert not driver.of(do.CancelReply)
    assert not driver.of(do.RequestReply)


def test_stop_word_ends_a_notice(idle):
    idle.tell(WAKE).tell(on.SessionFailed(on.FailureReason.REFUSED, "401"))
    assert idle.phase is Phase.ALERTING
    idle.tell(on.StopWordHeard("stop", -0.5, 32_000))
    assert idle.phase is Phase.IDLE
    assert idle.of(do.Flush)


def test_stop_word_where_nothing_sounds_is_nothing(idle):
    assert idle.tell(on.StopWordHeard("stop", -0.5, 32_000)).phase is Phase.IDLE
    assert not idle.of(do.ShowPhase)


def test_talk_button_listens_as_asked_to_and_counts_words_from_before_it(idle):
    idle.tell(on.TalkPressed(16_000))
    assert idle.phase is Phase.CONNECTING
    assert idle.of(do.OpenSession) == [do.OpenSession("default")]
    idle.tell(on.SessionOpened())
    assert idle.of(do.StartUplink) == [do.StartUplink(16_000 - 300 * 16)]


@pytest.mark.parametrize("phase", ["listening", "thinking", "speaking"])
def test_talk_button_ends_a_conversation_whoever_has_the_word(request, phase):
    speaker = request.getfixturevalue(phase)
    speaker.tell(on.TalkPressed(5))
    assert speaker.phase is Phase.IDLE
    assert speaker.of(do.Flush)
    assert speaker.of(do.CloseSession)
    assert speaker.tell(on.TalkPressed(5)).phase is Phase.CONNECTING


def test_talk_button_ends_an_announcement(idle):
    idle.tell(on.AnnouncementMade(3.0)).tell(on.TalkPressed(5))
    assert idle.phase is Phase.IDLE
    assert idle.of(do.Flush)


def test_talk_button_switches_no_microphone_on(idle):
    idle.tell(on.MuteChanged(muted=True)).tell(on.TalkPressed(5))
    assert idle.phase is Phase.MUTED
    assert not idle.commands


def test_mute_in_a_conversation_ends_it_and_unmute_listens_again(speaking):
    speaking.tell(on.MuteChanged(muted=True))
    assert speaking.phase is Phase.MUTED
    assert speaking.of(do.CloseSession)
    assert speaking.tell(WAKE).commands == []
    assert speaking.tell(on.MuteChanged(muted=False)).phase is Phase.IDLE


def test_mute_is_shown_with_the_reason_where_one_is_given(idle):
    off, on_again = "microphone off by its button", "microphone on by voiced unmute"
    assert do.ShowPhase(Phase.MUTED, off) in idle.tell(on.MuteChanged(muted=True, reason=off)).commands
    assert do.ShowPhase(Phase.IDLE, on_again) in idle.tell(on.MuteChanged(muted=False, reason=on_again)).commands
    assert do.ShowPhase(Phase.MUTED, "microphone off") in idle.tell(on.MuteChanged(muted=True)).commands


def test_lost_microphone_in_a_conversation_is_a_fault_until_it_is_back(speaking):
    speaking.tell(on.MicrophoneLost("unplugged"))
    assert speaking.phase is Phase.FAULTED
    assert speaking.tell(on.MicrophoneRecovered()).phase is Phase.IDLE


SUSPECTED = on.WakeWordSuspected("hey_jarvis", 0.3)


def test_suspected_wake_word_opens_a_session_silently(idle):
    idle.tell(SUSPECTED)
    assert idle.commands == [do.PrepareSession("default")]
    assert idle.phase is Phase.IDLE


def test_suspicion_that_comes_true_uses_the_open_session_at_once(idle):
    idle.tell(SUSPECTED, on.SessionOpened())
    idle.tell(WAKE)
    assert idle.phase is Phase.LISTENING
    assert idle.of(do.ConfirmSession)
    assert not idle.of(do.OpenSession)
    assert idle.of(do.StartUplink)


def test_suspicion_that_comes_true_while_connecting_waits_for_that_session(idle):
    idle.tell(SUSPECTED, WAKE)
    assert idle.phase is Phase.CONNECTING
    assert idle.of(do.ConfirmSession), "its retries may use what is kept for the certain"
    assert not idle.of(do.OpenSession)
    assert idle.tell(on.SessionOpened()).of(do.StartUplink)


def test_suspicion_that_was_wrong_is_dropped_without_a_sign(idle):
    idle.tell(SUSPECTED, on.SessionOpened())
    assert idle.wait_for_deadline().commands == [do.AbandonSession()]
    assert idle.phase is Phase.IDLE
    assert idle.assistant.deadline is None


def test_speculative_session_that_fails_is_no_ones_business_and_the_wake_word_tries_again(idle):
    idle.tell(SUSPECTED, on.SessionFailed(on.FailureReason.UNREACHABLE, "x"))
    assert not idle.of(do.SayNotice)
    assert idle.tell(WAKE).of(do.OpenSession)


def test_session_prepared_for_another_persona_is_replaced(idle):
    idle.tell(on.WakeWordSuspected("hey_chef", 0.3, "chef"), WAKE)
    assert idle.of(do.OpenSession) == [do.OpenSession("default")]


def test_noise_opens_only_a_few_sessions_a_minute(idle):
    prepared = 0
    for _ in range(100):
        prepared += len(idle.tell(on.TimePassed(), SUSPECTED, after=1.6).of(do.PrepareSession))
    assert prepared <= 6 * 3, "six in each of the three minutes"
    assert prepared > 6


def test_speculation_switched_off_waits_for_certainty():
    driver = Driver(ConversationSettings(speculative_connects_per_minute=0)).tell(on.Started(), SUSPECTED)
    assert driver.commands[-1] == do.ShowPhase(Phase.IDLE, "listening for the wake word")


def test_mute_drops_a_speculative_session(idle):
    assert do.AbandonSession() in idle.tell(SUSPECTED, on.MuteChanged(muted=True)).commands


def test_lost_microphone_does_not_end_mute_and_unmute_shows_the_fault(idle):
    idle.tell(on.MuteChanged(muted=True), on.MicrophoneLost("unplugged"))
    assert idle.phase is Phase.MUTED
    assert idle.tell(on.MuteChanged(muted=False)).phase is Phase.FAULTED
    assert idle.tell(on.MicrophoneRecovered()).phase is Phase.IDLE


def test_microphone_that_returns_while_muted_is_there_after_unmute(idle):
    idle.tell(on.MuteChanged(muted=True), on.MicrophoneLost("unplugged"), on.MicrophoneRecovered())
    assert idle.phase is Phase.MUTED
    assert idle.tell(on.MuteChanged(muted=False)).phase is Phase.IDLE


def test_tool_may_take_longer_than_a_reply(thinking):
    thinking.tell(on.ReplyStarted("r1"), call(1), on.ReplyFinished("r1", "completed"))
    assert thinking.assistant.deadline > thinking.now + 100
    thinking.tell(on.ToolFinished("call_1", "a"), after=100)
    assert thinking.commands == [do.SendToolOutput("call_1", "a"), do.RequestReply()]
    assert thinking.assistant.deadline == thinking.now + 20


def test_response_that_fails_after_the_user_spoke_over_it_is_no_ones_business(speaking):
    speaking.tell(on.SpeechStarted("item_2"), on.ReplyFinished("r1", "failed"))
    assert speaking.phase is Phase.LISTENING


def test_reply_of_a_session_that_was_closed_is_heard_to_its_end(speaking):
    speaking.tell(on.SessionClosed())
    assert speaking.of(do.FinishReply), "the jitter buffer must not hold back the rest"
    assert speaking.phase is Phase.SPEAKING
    speaking.tell(on.ToolFinished("call_1", "a"), on.SpeechStarted("late"))
    assert speaking.commands == []
    speaking.tell(on.PlaybackFinished(), after=1.0)
    assert speaking.phase is Phase.IDLE
    assert speaking.of(do.CloseSession)


def test_reply_of_a_closed_session_can_be_stopped(speaking):
    speaking.tell(on.SessionClosed())
    assert speaking.tell(on.StopRequested()).of(do.Flush)
    assert speaking.phase is Phase.IDLE


def test_reply_of_a_closed_session_that_never_ends_is_given_up_without_a_word(speaking):
    speaking.tell(on.SessionClosed()).wait_for_deadline()
    assert speaking.phase is Phase.IDLE
    assert speaking.of(do.Flush)
    assert not speaking.of(do.SayNotice)


def test_session_closed_before_it_answered_is_said(thinking):
    assert thinking.tell(on.SessionClosed()).of(do.SayNotice)


IDS = st.sampled_from(["a", "b", "c"])
EVENTS = st.one_of(
    st.builds(on.Started),
    st.builds(on.TimePassed),
    st.builds(on.MicrophoneLost, st.just("gone")),
    st.builds(on.MicrophoneRecovered),
    st.just(WAKE),
    st.builds(on.WakeWordSuspected, st.just("hey_jarvis"), st.just(0.3), st.sampled_from(["default", "chef"])),
    st.just(on.ListenRequested(5)),
    st.just(on.TalkPressed(5)),
    st.just(on.StopRequested()),
    st.just(on.StopWordHeard("stop", -0.5, 5)),
    st.builds(on.MuteChanged, st.booleans()),
    st.builds(on.SessionOpened),
    st.builds(on.SessionClosed),
    st.builds(on.SessionFailed, st.sampled_from(on.FailureReason), st.just("why")),
    st.builds(on.SpeechStarted, IDS),
    st.builds(on.SpeechStopped, IDS, st.none() | st.integers(0, 2000)),
    st.builds(on.UserTranscribed, IDS, st.sampled_from(["words", ""])),
    st.builds(on.ReplyStarted, IDS),
    st.builds(on.ReplyAudioReceived, IDS, IDS, st.just(bytes(4800))),
    st.builds(on.ReplyAudioFinished, IDS),
    st.builds(on.FunctionCalled, IDS, IDS, st.sampled_from(["tool", "end_conversation"]), st.just("{}")),
    st.builds(on.ReplyFinished, IDS, st.sampled_from(["completed", "cancelled", "failed"])),
    st.builds(on.ServiceComplained, st.sampled_from(["conversation_already_has_active_response", "x"]), st.just("m")),
    st.builds(on.ToolFinished, IDS, st.just("out")),
    st.builds(on.PlaybackFinished),
    st.builds(on.PlaybackFlushed, st.sampled_from(["", "a"]), st.just(10)),
    st.builds(on.NoticeFinished),
    st.just(on.AnnouncementMade(3.0)),
    st.just(on.ForgetRequested()),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(EVENTS, st.floats(0, 30)), max_size=60))
def test_any_order_of_events_takes_only_allowed_steps_and_leaves_no_phase_without_exit(steps):
    driver = Driver()
    opened, speculating = 0, False
    for event, after in steps:
        driver.tell(event, after=after)  # an illegal transition raises
        opened += len(driver.of(do.OpenSession)) + len(driver.of(do.PrepareSession))
        opened -= len(driver.of(do.CloseSession)) + len(driver.of(do.AbandonSession))
        lost = isinstance(event, on.SessionFailed | on.SessionClosed) and speculating and driver.phase is Phase.IDLE
        opened -= lost
        speculating = driver.assistant._speculation is not None
        assert opened == (driver.phase in CONVERSATION) + speculating, "sessions are opened and closed in pairs"
        assert not driver.of(do.StartUplink) or driver.phase is not Phase.IDLE, "no sound before certainty"
        assert not driver.of(do.ReportFalseWake) or driver.phase is Phase.IDLE, "it ends the conversation"
        assert not (driver.of(do.ReportFalseWake) and driver.of(do.PlayChime)), "in silence"
        may_last = driver.phase in (Phase.IDLE, Phase.MUTED, Phase.FAULTED)
        assert may_last or driver.assistant.deadline is not None


@settings(max_examples=100, deadline=None)
@given(st.lists(EVENTS, max_size=40))
def test_any_history_ends_in_a_resting_phase_when_only_time_passes(events):
    driver = Driver().tell(*events)
    for _ in range(20):
        if driver.assistant.deadline is None:
            break
        driver.wait_for_deadline()
    assert driver.phase in (Phase.IDLE, Phase.MUTED, Phase.FAULTED)


def test_sign_in_is_asked_for_aloud_when_nobody_speaks(idle):
    idle.tell(on.SignInRequested("https://microsoft.com/devicelogin", "ABC123"))
    assert idle.phase is Phase.ALERTING
    (notice,) = idle.of(do.SayNotice)
    assert notice.notice is do.Notice.SIGN_IN
    assert "ABC123" in notice.detail
    idle.tell(on.NoticeFinished())
    assert idle.phase is Phase.IDLE


def test_sign_in_does_not_interrupt_a_conversation(listening):
    listening.tell(on.SignInRequested("https://microsoft.com/devicelogin", "ABC123"))
    assert listening.phase is Phase.LISTENING
    assert not listening.of(do.SayNotice)
