"""What the assistant does about the budget."""

import pytest
from driving import Driver

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.commands import Chime, Notice
from voiced.assistant.events import FailureReason
from voiced.assistant.phases import Phase
from voiced.assistant.settings import ConversationSettings

SECOND = bytes(48_000)
LIMIT = on.LimitReached("100 tokens a conversation")


class Speaker(Driver):
    """An assistant that waits for the wake word."""

    def __init__(self):
        super().__init__(ConversationSettings(follow_up_seconds=8))
        self.tell(on.Started())


@pytest.fixture
def idle():
    return Speaker()


@pytest.fixture
def speaking(idle):
    idle.tell(on.ListenRequested(0), on.SessionOpened(), on.SpeechStarted("i"), on.SpeechStopped("i"))
    return idle.tell(on.ReplyStarted("r"), on.ReplyAudioReceived("r", "m", SECOND))


def test_budget_that_runs_low_is_said_and_the_speaker_goes_on(idle):
    idle.tell(on.BudgetRunningLow("5 tokens a day"))
    assert idle.phase is Phase.ALERTING
    assert idle.commands[-1] == do.SayNotice(Notice.RUNNING_LOW, "5 tokens a day")
    assert idle.tell(on.NoticeFinished()).phase is Phase.IDLE


def test_budget_that_runs_low_does_not_interrupt_a_conversation(speaking):
    assert speaking.tell(on.BudgetRunningLow("5 tokens a day")).commands == []
    assert speaking.phase is Phase.SPEAKING


def test_conversation_that_reached_its_limit_ends_when_the_reply_was_heard(speaking):
    speaking.tell(LIMIT, on.ReplyFinished("r", "completed"))
    assert speaking.phase is Phase.SPEAKING, "the reply is paid for"
    speaking.tell(on.PlaybackFinished(), after=1.0)
    assert do.CloseSession() in speaking.commands
    assert speaking.commands[-1] == do.ShowPhase(Phase.IDLE, LIMIT.detail)


def test_limit_that_is_reached_by_a_tool_call_lets_the_tool_finish_and_asks_for_no_reply(speaking):
    speaking.tell(on.FunctionCalled("r", "c", "set_light", "{}"), LIMIT, on.ReplyFinished("r", "completed"))
    speaking.tell(on.PlaybackFinished(), after=1.0)
    assert speaking.phase is Phase.THINKING
    speaking.tell(on.ToolFinished("c", "{}"))
    assert do.RequestReply() not in speaking.commands
    assert speaking.commands[-3:] == [
        do.PlayChime(Chime.DONE),
        do.CloseSession(),
        do.ShowPhase(Phase.IDLE, LIMIT.detail),
    ]


def test_what_was_said_beside_a_tool_call_is_heard_to_its_end_though_the_limit_is_reached(speaking):
    speaking.tell(on.FunctionCalled("r", "c", "set_light", "{}"), LIMIT, on.ReplyFinished("r", "completed"))
    speaking.tell(on.ToolFinished("c", "{}"), after=0.5)
    assert speaking.phase is Phase.SPEAKING
    assert do.RequestReply() not in speaking.commands
    speaking.tell(on.PlaybackFinished(), after=0.5)
    assert speaking.commands[-1] == do.ShowPhase(Phase.IDLE, LIMIT.detail)


def test_turn_that_begins_after_the_limit_ends_the_conversation(speaking):
    speaking.tell(LIMIT).tell(on.SpeechStarted("i2"), after=0.3)
    assert speaking.phase is Phase.IDLE
    assert do.Flush() in speaking.commands
    assert do.CloseSession() in speaking.commands


def test_limit_that_the_reply_spoken_over_reaches_ends_the_conversation(speaking):
    speaking.tell(on.SpeechStarted("i2"), after=0.3)
    assert speaking.tell(LIMIT).phase is Phase.IDLE
    assert speaking.tell(on.ReplyFinished("r", "cancelled")).commands == []


def test_limit_that_is_known_only_in_the_follow_up_ends_it_at_once(speaking):
    speaking.tell(on.ReplyFinished("r", "completed"))
    assert speaking.tell(on.PlaybackFinished(), after=1.0).phase is Phase.FOLLOWING_UP
    assert speaking.tell(LIMIT).phase is Phase.IDLE


def test_next_conversation_has_no_limit_of_the_one_before(speaking):
    speaking.tell(LIMIT, on.ReplyFinished("r", "completed")).tell(on.PlaybackFinished(), after=1.0)
    speaking.tell(on.ListenRequested(0), on.SessionOpened(), on.SpeechStarted("i"), on.SpeechStopped("i"))
    speaking.tell(on.ReplyStarted("r3"), on.ReplyAudioReceived("r3", "m3", SECOND), on.ReplyFinished("r3", "completed"))
    assert speaking.tell(on.PlaybackFinished(), after=1.0).phase is Phase.FOLLOWING_UP


def test_budget_that_is_used_up_is_told_where_nothing_stands_in(idle):
    idle.tell(on.ListenRequested(0), on.SessionFailed(FailureReason.SPENT, "5 tokens a day"))
    assert idle.phase is Phase.ALERTING
    assert idle.commands[-1] == do.SayNotice(Notice.SPENT, "5 tokens a day")
