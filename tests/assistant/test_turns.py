"""Who owes whom a reply, and how a conversation ends by a goodbye."""

import pytest
from driving import Driver

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.phases import Phase
from voiced.assistant.settings import ConversationSettings

SECOND = bytes(48_000)
BUSY = on.ServiceComplained("conversation_already_has_active_response", "")


class Talk(Driver):
    """An assistant in a conversation."""

    def __init__(self):
        super().__init__(ConversationSettings(follow_up_seconds=8, reply_seconds=20))
        self.tell(on.Started(), on.ListenRequested(16_000), on.SessionOpened())
        self.tell(on.SpeechStarted("item_1"), on.SpeechStopped("item_1"), on.ReplyStarted("r1"))


@pytest.fixture
def talk():
    return Talk()


def hang_up(response="r1", call="call_1"):
    return on.FunctionCalled(response, call, "end_conversation", "{}")


def set_light(response="r1", call="call_2"):
    return on.FunctionCalled(response, call, "set_light", "{}")


def audio(response):
    return on.ReplyAudioReceived(response, f"item_of_{response}", SECOND)


def done(response):
    return on.ReplyFinished(response, "completed")


def test_goodbye_asked_for_is_heard_before_the_conversation_ends(talk):
    talk.tell(hang_up(), hang_up())
    assert len(talk.of(do.SendToolOutput)) == 1, "announced twice, answered once"
    assert not talk.of(do.RunTool)
    assert talk.tell(done("r1")).of(do.RequestReply)
    talk.tell(on.ReplyStarted("r2"), audio("r2"), done("r2"))
    assert talk.phase is Phase.SPEAKING
    talk.tell(on.PlaybackFinished(), after=1.0)
    assert talk.of(do.ShowPhase) == [do.ShowPhase(Phase.IDLE, "goodbye")]
    assert talk.of(do.CloseSession)


def test_goodbye_said_with_the_call_is_not_asked_for_again(talk):
    talk.tell(audio("r1"), hang_up(), done("r1"))
    assert not talk.of(do.RequestReply)
    assert talk.tell(on.PlaybackFinished(), after=1.0).phase is Phase.IDLE


def test_tool_called_along_with_the_goodbye_is_answered_first(talk):
    talk.tell(audio("r1"), hang_up(), set_light(), done("r1"))
    assert talk.tell(on.PlaybackFinished(), after=1.0).phase is Phase.THINKING
    assert talk.tell(on.ToolFinished("call_2", "out")).of(do.RequestReply)
    talk.tell(on.ReplyStarted("r2"), audio("r2"), done("r2"))
    assert talk.tell(on.PlaybackFinished(), after=1.0).phase is Phase.IDLE


def test_user_who_speaks_over_the_goodbye_is_listened_to(talk):
    talk.tell(audio("r1"), hang_up(), done("r1"), on.SpeechStarted("item_2"))
    assert talk.phase is Phase.LISTENING
    talk.tell(on.SpeechStopped("item_2"), on.ReplyStarted("r2"), audio("r2"), done("r2"))
    assert talk.tell(on.PlaybackFinished(), after=1.0).phase is Phase.FOLLOWING_UP


def test_call_of_a_reply_that_the_user_spoke_over_does_not_hang_up(talk):
    talk.tell(audio("r1"), on.SpeechStarted("item_2"), hang_up(), on.ReplyFinished("r1", "cancelled"))
    talk.tell(on.SpeechStopped("item_2"), on.ReplyStarted("r2"), audio("r2"), done("r2"))
    assert talk.tell(on.PlaybackFinished(), after=1.0).phase is Phase.FOLLOWING_UP


def test_goodbye_that_never_comes_ends_the_conversation_without_a_complaint(talk):
    talk.tell(hang_up(), done("r1")).wait_for_deadline()
    assert talk.phase is Phase.IDLE
    assert not talk.of(do.SayNotice)


def test_request_refused_for_a_response_that_has_ended_is_made_again_at_once(talk):
    talk.tell(set_light(), done("r1"), on.ToolFinished("call_2", "out"))
    talk.tell(on.ReplyStarted("r2"), done("r2"))
    assert talk.tell(BUSY).of(do.RequestReply)
    assert talk.phase is Phase.THINKING


def test_request_refused_for_a_response_that_has_not_begun_waits_for_it(talk):
    talk.tell(set_light(), done("r1"), on.ToolFinished("call_2", "out"))
    assert not talk.tell(BUSY, BUSY).of(do.RequestReply), "it would be refused again"
    talk.tell(on.ReplyStarted("r2"), audio("r2"), done("r2"))
    assert talk.tell(on.PlaybackFinished(), after=1.0).phase is Phase.FOLLOWING_UP


def test_request_refused_while_another_tool_runs_waits_for_that(talk):
    talk.tell(set_light(), done("r1"), on.ToolFinished("call_2", "out"))
    talk.tell(on.ReplyStarted("r2"), set_light("r2", "call_3"), done("r2"))
    assert not talk.tell(BUSY).of(do.RequestReply)
    assert talk.tell(on.ToolFinished("call_3", "out")).of(do.RequestReply)


def test_follow_up_window_is_timed_from_the_end_of_playback(talk):
    talk.tell(audio("r1"), audio("r1"), done("r1"))
    talk.tell(on.PlaybackFinished(), after=2.5)
    assert talk.phase is Phase.FOLLOWING_UP
    assert talk.assistant.deadline == talk.now + 8


def test_reply_that_stops_in_the_middle_is_cancelled_and_asked_for_anew_once(talk):
    talk.tell(audio("r1"))
    talk.tell(on.TimePassed(), after=21)
    assert (talk.of(do.CancelReply), talk.of(do.Flush)) == ([do.CancelReply()], [do.Flush()])
    assert not talk.of(do.RequestReply), "not before the first one has ended"
    assert talk.tell(on.PlaybackFlushed("item_of_r1", 1000)).of(do.TruncateReply)
    assert not talk.tell(audio("r1")).of(do.Play), "which might go on by itself"
    assert talk.tell(on.ReplyFinished("r1", "cancelled")).of(do.RequestReply)
    assert talk.phase is Phase.THINKING
    assert talk.tell(on.ReplyStarted("r2"), audio("r2")).of(do.Play)
    assert talk.phase is Phase.SPEAKING
    talk.tell(on.TimePassed(), after=21)
    assert talk.of(do.SayNotice) == [do.SayNotice(do.Notice.NO_REPLY, "no reply for 20 s")]


def test_reply_that_stops_in_the_middle_and_is_not_even_cancelled_is_told(talk):
    talk.tell(audio("r1"))
    talk.tell(on.TimePassed(), after=21)
    talk.tell(on.TimePassed(), after=20)
    assert talk.of(do.SayNotice)[0].notice is do.Notice.NO_REPLY


def test_each_turn_has_its_own_second_try(talk):
    talk.tell(audio("r1"))
    talk.tell(on.TimePassed(), after=21)
    talk.tell(on.SpeechStarted("item_2"), on.ReplyFinished("r1", "cancelled"))
    assert not talk.of(do.RequestReply), "who speaks meanwhile is answered instead"
    talk.tell(on.SpeechStopped("item_2"), on.ReplyStarted("r2"), audio("r2"))
    talk.tell(on.TimePassed(), after=21)
    assert talk.of(do.CancelReply)


@pytest.mark.parametrize(
    "before",
    [
        [audio("r1"), on.ReplyAudioFinished("r1")],  # it was said to its end, and would be said twice
        [audio("r1"), hang_up()],
    ],
)
def test_reply_of_which_nothing_is_missing_is_not_asked_for_anew(talk, before):
    talk.tell(*before)
    talk.tell(on.TimePassed(), after=21)
    assert not talk.of(do.CancelReply)
    assert talk.of(do.CloseSession)


def test_reply_whose_tool_runs_is_not_cancelled(talk):
    talk.tell(audio("r1"), set_light())
    talk.tell(on.TimePassed(), after=100)
    assert not talk.of(do.CancelReply)
