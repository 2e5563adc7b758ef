import pytest

from voiced.assistant import events as on
from voiced.voicelive.continuity import DETECTION_FRAMES, Continuity

SINCE, NOW = 1_000, 400_000


@pytest.fixture
def talk():
    return Continuity(SINCE)


def test_before_the_first_word_everything_is_heard_again(talk):
    assert talk.resume_from(NOW) == SINCE


def test_first_turn_is_heard_again_from_the_wake_word_on(talk):
    talk.feed(on.SpeechStarted("a"), 200_000)
    assert talk.resume_from(NOW) == SINCE


@pytest.mark.parametrize(
    ("under_way", "over"),
    [
        (on.RemoteToolCalled("r", "c1"), on.RemoteToolFinished("c1", ok=True)),
        (on.ApprovalRequested("r", "a1", "notes", "add", "{}"), on.ApprovalAnswered("a1", approved=False)),
    ],
)
def test_nothing_takes_over_while_a_remote_tool_is_at_work_or_asked_about(talk, under_way, over):
    talk.feed(on.ReplyStarted("r"), 100_000)
    talk.feed(under_way, 105_000)
    talk.feed(on.ReplyFinished("r", "completed"), 110_000)
    talk.feed(on.SpeechStarted("a"), 200_000)
    assert talk.resume_from(NOW) is None
    talk.feed(over, 210_000)
    assert talk.resume_from(NOW) is not None


def test_allowed_call_is_at_work_until_it_ends(talk):
    talk.feed(on.ApprovalRequested("r", "a1", "notes", "add", "{}"), 100_000)
    talk.feed(on.ApprovalAnswered("a1", approved=True), 110_000)
    talk.feed(on.RemoteToolCalled("", "c1", approval_id="a1"), 120_000)
    assert talk.resume_from(NOW) is None
    talk.feed(on.RemoteToolFinished("c1", ok=True), 130_000)
    assert talk.resume_from(NOW) is not None


def test_turn_that_nothing_came_back_to_is_heard_again(talk):
    talk.feed(on.ReplyStarted("r"), 100_000)
    talk.feed(on.ReplyFinished("r", "completed"), 110_000)
    talk.feed(on.SpeechStarted("a"), 200_000)
    talk.feed(on.SpeechStopped("a"), 250_000)
    assert talk.resume_from(NOW) == 200_000 - DETECTION_FRAMES


def test_turn_that_is_heard_again_keeps_its_beginning(talk):
    talk.feed(on.ReplyStarted("r"), 100_000)
    talk.feed(on.ReplyFinished("r", "completed"), 110_000)
    talk.feed(on.SpeechStarted("a"), 200_000)
    talk.feed(on.SpeechStarted("b"), 300_000)  # by the session that heard it again
    assert talk.resume_from(NOW) == 200_000 - DETECTION_FRAMES


def test_after_a_reply_only_what_follows_is_heard(talk):
    talk.feed(on.SpeechStarted("a"), 200_000)
    talk.feed(on.ReplyStarted("r"), 250_000)
    talk.feed(on.ReplyFinished("r", "completed"), 260_000)
    assert talk.resume_from(NOW) == NOW


def test_reply_under_way_is_not_asked_for_twice(talk):
    talk.feed(on.SpeechStarted("a"), 200_000)
    talk.feed(on.ReplyStarted("r"), 250_000)
    assert talk.resume_from(NOW) is None


def test_tool_that_runs_is_not_called_twice(talk):
    talk.feed(on.SpeechStarted("a"), 200_000)
    talk.feed(on.ReplyStarted("r"), 250_000)
    talk.feed(on.FunctionCalled("r", "c", "set_light", "{}"), 251_000)
    talk.feed(on.ReplyFinished("r", "completed"), 252_000)
    assert talk.resume_from(NOW) is None
    talk.feed(on.ReplyStarted("s"), 260_000)
    talk.feed(on.ReplyFinished("s", "completed"), 270_000)
    assert talk.resume_from(NOW) == NOW


def test_reply_that_the_user_spoke_over_does_not_end_the_turn(talk):
    talk.feed(on.ReplyStarted("r"), 250_000)
    talk.feed(on.SpeechStarted("a"), 300_000)
    talk.feed(on.ReplyFinished("r", "cancelled"), 301_000)
    assert talk.resume_from(NOW) == 300_000 - DETECTION_FRAMES


@pytest.mark.parametrize("purpose", ["greeting", "announcement"])
def test_what_nobody_asked_for_may_break_off(talk, purpose):
    talk.feed(on.ReplyStarted("g", purpose), 50_000)
    assert talk.resume_from(60_000) == 60_000, "and is not heard again as somebody's words"
    assert talk.leave_unasked() == "g"
    assert talk.leave_unasked() == ""


def test_what_was_said_without_being_asked_leaves_a_turn_as_it_is(talk):
    talk.feed(on.ReplyStarted("g", "greeting"), 50_000)
    talk.feed(on.SpeechStarted("a"), 200_000)
    talk.feed(on.ReplyFinished("g", "cancelled"), 201_000)
    assert talk.resume_from(NOW) == 200_000 - DETECTION_FRAMES
    assert talk.leave_unasked() == ""


def test_question_of_ours_is_a_reply_for_a_tool_waits_for_its_answer(talk):
    talk.feed(on.ReplyStarted("q", "approval"), 50_000)
    assert talk.resume_from(NOW) is None
