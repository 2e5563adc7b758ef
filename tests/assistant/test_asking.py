"""Approvals by voice and calls of remote tools, as sequences of events."""

import itertools

import driving
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.asking import PURPOSE
from voiced.assistant.phases import CONVERSATION, Phase
from voiced.assistant.settings import ConversationSettings

SETTINGS = ConversationSettings(approval_seconds=15, reply_seconds=20, remote_tool_seconds=60)
WAKE = on.WakeWordDetected("hey_jarvis", 0.9, position=16_000, captured_at=0.0)
SECOND = bytes(48_000)
DENIED, ALLOWED = do.AnswerApproval("ask_1", approve=False), do.AnswerApproval("ask_1", approve=True)


def request(number=1, response="r1", arguments='{"item": "milk"}'):
    return on.ApprovalRequested(response, f"ask_{number}", "notes", "add_item", arguments)


class Driver(driving.Driver):
    def __init__(self, configuration=SETTINGS, locale="en-US"):
        super().__init__(configuration, locale=lambda _: locale)

    def hear_question(self, response="q1"):
        return self.hear_reply(response, PURPOSE)

    def say(self, text, item="a1"):
        self.tell(on.SpeechStarted(item), after=0.5)
        return self.tell(on.SpeechStopped(item), on.UserTranscribed(item, text), after=0.8)


@pytest.fixture
def replying():
    driver = Driver().tell(on.Started(), WAKE, on.SessionOpened())
    return driver.tell(on.SpeechStarted("item_1"), on.SpeechStopped("item_1"), on.ReplyStarted("r1"))


@pytest.fixture
def asked(replying):
    return replying.tell(request(), on.ReplyFinished("r1", "completed"))


@pytest.fixture
def awaiting(asked):
    return asked.hear_question()


def test_question_waits_for_the_response_and_silences_automatic_replies(replying):
    replying.tell(request())
    assert not replying.of(do.AskUser), "a response is active"
    replying.tell(on.ReplyFinished("r1", "completed"))
    (silence, ask) = [c for c in replying.commands if isinstance(c, do.SetAutomaticReplies | do.AskUser)]
    assert silence == do.SetAutomaticReplies(on=False)
    assert ask == do.AskUser("notes wants to do this: add item, with item milk. Shall I allow it?", PURPOSE)


def test_question_is_in_the_language_of_the_persona():
    driver = Driver(locale="de-DE").tell(on.Started(), WAKE, on.SessionOpened(), request())
    assert driver.of(do.AskUser)[0].words.startswith("notes möchte dies tun")


def test_request_told_twice_is_asked_once_with_the_arguments_that_came_last(replying):
    replying.tell(request(arguments=""), request(), request(arguments=""), on.ReplyFinished("r1", "completed"))
    assert len(replying.ever(do.AskUser)) == 1
    assert "milk" in replying.of(do.AskUser)[0].words


def test_user_has_the_word_once_the_question_was_heard(awaiting):
    assert awaiting.phase is Phase.LISTENING
    assert awaiting.assistant.deadline == awaiting.now + 15


def test_yes_allows_the_call_and_asks_for_no_reply_before_it_has_ended(awaiting):
    awaiting.say("Yes, please.")
    assert awaiting.of(do.AnswerApproval) == [ALLOWED]
    assert awaiting.of(do.SetAutomaticReplies) == [do.SetAutomaticReplies(on=True)]
    assert awaiting.phase is Phase.THINKING
    awaiting.tell(on.RemoteToolCalled("r2", "call_1", "notes", "add_item", "ask_1"), after=0.5)
    assert not awaiting.ever(do.RequestReply)
    awaiting.tell(on.RemoteToolFinished("call_1", ok=True), after=1.0)
    assert awaiting.of(do.RequestReply) == [do.RequestReply()]
    awaiting.tell(on.RemoteToolFinished("call_1", ok=True))
    assert len(awaiting.ever(do.RequestReply)) == 1, "its item tells of the same end"


def test_no_denies_and_lets_the_model_say_so(awaiting):
    awaiting.say("No, thanks.")
    assert awaiting.of(do.AnswerApproval) == [DENIED]
    assert awaiting.of(do.RequestReply)
    awaiting.tell(on.ReplyStarted("r3"), on.ReplyAudioReceived("r3", "m3", SECOND), on.ReplyFinished("r3", "completed"))
    awaiting.tell(on.PlaybackFinished(), after=1.1)
    assert awaiting.phase is Phase.FOLLOWING_UP


def test_silence_denies(awaiting):
    awaiting.wait_for_deadline()
    assert awaiting.of(do.AnswerApproval) == [DENIED]
    assert awaiting.of(do.RequestReply)
    assert awaiting.phase is Phase.THINKING


def test_answer_without_a_transcript_denies(awaiting):
    awaiting.tell(on.SpeechStarted("a1"), after=0.5).tell(on.SpeechStopped("a1"), after=0.5)
    assert awaiting.wait_for_deadline().of(do.AnswerApproval) == [DENIED]


def test_sound_without_words_leaves_the_question_open(awaiting):
    awaiting.say("")
    assert awaiting.phase is Phase.LISTENING
    assert not awaiting.ever(do.AnswerApproval)
    assert awaiting.say("yes", "a2").of(do.AnswerApproval) == [ALLOWED]


def test_unclear_answer_is_asked_about_once_more_and_then_denied(awaiting):
    awaiting.say("What do you mean?")
    assert awaiting.of(do.AskUser) == [do.AskUser("Please say yes or no.", PURPOSE)]
    awaiting.hear_question("q2").say("The green one.", "a2")
    assert awaiting.of(do.AnswerApproval) == [DENIED]


def test_turn_of_the_answer_awaits_no_reply_of_the_service(awaiting):
    awaiting.tell(on.SpeechStarted("a1"), after=0.5).tell(on.SpeechStopped("a1"), after=0.5)
    assert awaiting.assistant.deadline == awaiting.now + 5, "only its words"


def test_reply_that_the_service_begins_to_the_answer_is_cancelled_unheard(awaiting):
    awaiting.tell(on.SpeechStarted("a1"), on.SpeechStopped("a1"), on.ReplyStarted("auto"))
    assert awaiting.of(do.CancelReply)
    awaiting.tell(on.ReplyAudioReceived("auto", "m", SECOND))
    assert not awaiting.of(do.Play)
    awaiting.tell(on.UserTranscribed("a1", "yes"), on.ReplyFinished("auto", "cancelled"))
    assert awaiting.ever(do.AnswerApproval) == [ALLOWED]


def test_yes_over_the_question_counts_once_enough_of_it_was_heard(asked):
    asked.tell(on.ReplyStarted("q1", PURPOSE), on.ReplyAudioReceived("q1", "m", SECOND * 4))
    asked.tell(on.SpeechStarted("a1"), after=1.5)
    assert asked.of(do.Flush)
    asked.tell(on.ReplyFinished("q1", "cancelled"), on.SpeechStopped("a1"), on.UserTranscribed("a1", "yes"), after=0.5)
    assert asked.ever(do.AnswerApproval) == [ALLOWED]


def test_yes_before_the_question_was_heard_allows_nothing_and_it_is_put_again(asked):
    asked.tell(on.ReplyStarted("q1", PURPOSE), on.ReplyAudioReceived("q1", "m", SECOND * 4))
    asked.tell(on.SpeechStarted("a1"), after=0.3)
    asked.tell(on.ReplyFinished("q1", "cancelled"), on.UserTranscribed("a1", "okay"), on.SpeechStopped("a1"), after=0.5)
    assert not asked.ever(do.AnswerApproval)
    assert len(asked.ever(do.AskUser)) == 2


def test_question_that_can_never_be_heard_is_denied(asked):
    for turn in ("a1", "a2"):
        asked.tell(on.ReplyStarted(f"q_{turn}", PURPOSE), on.ReplyAudioReceived(f"q_{turn}", "m", SECOND))
        asked.tell(on.SpeechStarted(turn), after=0.2)
        asked.tell(on.ReplyFinished(f"q_{turn}", "cancelled"), on.SpeechStopped(turn), after=0.5)
    assert asked.ever(do.AnswerApproval) == [DENIED]


def test_late_transcript_of_an_earlier_turn_is_no_answer(awaiting):
    awaiting.tell(on.UserTranscribed("item_1", "Yes."))
    assert not awaiting.ever(do.AnswerApproval)


def test_question_that_met_an_active_response_is_put_again_after_it(asked):
    asked.tell(on.ReplyStarted("other"), on.ServiceComplained("conversation_already_has_active_response", "wait"))
    assert not asked.of(do.AskUser)
    asked.tell(on.ReplyFinished("other", "completed"))
    assert len(asked.of(do.AskUser)) == 1
    assert asked.hear_question().say("yes").of(do.AnswerApproval) == [ALLOWED]


def test_requests_are_asked_one_after_the_other_and_answered_by_one_reply(replying):
    replying.tell(request(1), request(2), on.ReplyFinished("r1", "completed"))
    assert len(replying.ever(do.AskUser)) == 1
    replying.hear_question("q1").say("yes", "a1")
    assert len(replying.ever(do.AskUser)) == 2
    assert not replying.of(do.SetAutomaticReplies), "the next answer is awaited"
    replying.tell(on.RemoteToolCalled("", "call_1", approval_id="ask_1"), on.RemoteToolFinished("call_1", ok=True))
    assert not replying.ever(do.RequestReply)
    replying.hear_question("q2").say("no", "a2")
    assert replying.ever(do.AnswerApproval) == [ALLOWED, do.AnswerApproval("ask_2", approve=False)]
    assert len(replying.ever(do.RequestReply)) == 1


@pytest.mark.parametrize(
    "end",
    [on.StopRequested(), on.StopWordHeard("stop", 0.0, 0), on.MuteChanged(muted=True), on.MicrophoneLost("gone"),
     on.SessionClosed(), on.SessionFailed(on.FailureReason.LOST, "lost")],
)  # fmt: skip
def test_end_of_the_conversation_denies_what_was_not_answered(awaiting, end):
    awaiting.tell(end)
    answered = [c for c in awaiting.commands if isinstance(c, do.AnswerApproval | do.CloseSession)]
    assert answered == [DENIED, do.CloseSession()], "before the session is closed"


def test_question_that_never_begins_is_denied_and_told(asked):
    asked.wait_for_deadline()
    assert asked.of(do.AnswerApproval) == [DENIED]
    assert asked.of(do.SayNotice)


def test_allowed_call_that_never_comes_is_told(awaiting):
    awaiting.say("yes").wait_for_deadline()
    assert awaiting.now - 100 > 60
    assert awaiting.of(do.SayNotice)[0].notice is do.Notice.NO_REPLY


def test_approval_that_the_service_does_not_know_is_followed_by_a_reply(awaiting):
    awaiting.say("yes")
    awaiting.tell(on.ServiceComplained("item_not_found", "There is no approval request 'ask_1'."))
    assert awaiting.of(do.RequestReply)


@pytest.mark.parametrize("done_first", [False, True])
def test_reply_is_asked_for_after_the_last_call_wherever_the_response_ends(replying, done_first):
    end = on.ReplyFinished("r1", "completed")
    replying.tell(on.RemoteToolCalled("r1", "c1", "notes", "find"), on.RemoteToolCalled("r1", "c2", "notes", "find"))
    replying.tell(*([end] if done_first else []), on.RemoteToolFinished("c1", ok=True), after=1)
    assert not replying.ever(do.RequestReply)
    replying.tell(on.RemoteToolFinished("c2", ok=False, detail="boom"), after=1)
    if not done_first:
        assert not replying.ever(do.RequestReply), "the response is active still"
        replying.tell(end)
    assert replying.ever(do.RequestReply) == [do.RequestReply()]


def test_reply_waits_for_functions_of_the_same_response_too(replying):
    replying.tell(on.RemoteToolCalled("r1", "c1"), on.FunctionCalled("r1", "f1", "set_light", "{}"))
    replying.tell(on.RemoteToolFinished("c1", ok=True), on.ReplyFinished("r1", "completed"))
    assert not replying.ever(do.RequestReply)
    assert replying.assistant.deadline > replying.now + 60, "the device's tools have limits of their own"
    assert replying.tell(on.ToolFinished("f1", "{}")).of(do.RequestReply)


def test_reply_refused_as_another_is_active_is_asked_for_again(replying):
    replying.tell(on.RemoteToolCalled("r1", "c1"), on.ReplyFinished("r1", "completed"))
    replying.tell(on.RemoteToolFinished("c1", ok=True), on.ReplyStarted("r2"))
    replying.tell(on.ServiceComplained("conversation_already_has_active_response", "wait"))
    assert replying.tell(on.ReplyFinished("r2", "completed")).of(do.RequestReply)


def test_call_that_hangs_ends_with_a_notice(replying):
    replying.tell(on.RemoteToolCalled("r1", "c1", "notes", "find"), on.ReplyFinished("r1", "completed"))
    assert replying.assistant.deadline == replying.now + 60
    assert replying.wait_for_deadline().of(do.SayNotice)


def test_call_of_an_interrupted_response_owes_nothing(replying):
    replying.tell(on.RemoteToolCalled("r1", "c1"), on.SpeechStarted("item_2"), on.ReplyFinished("r1", "cancelled"))
    replying.tell(on.SpeechStopped("item_2"), on.ReplyStarted("r2"), on.RemoteToolFinished("c1", ok=True))
    replying.tell(on.ReplyFinished("r2", "completed"))
    assert not replying.ever(do.RequestReply), "the service has answered the new turn by itself"


IDS = st.sampled_from(["1", "2"])
RESPONSES = st.sampled_from(["r1", "r2", "q"])
EVENTS = st.one_of(
    st.builds(on.SpeechStarted, IDS),
    st.builds(on.SpeechStopped, IDS),
    st.builds(on.UserTranscribed, IDS, st.sampled_from(["", "yes", "no", "perhaps"])),
    st.builds(on.ReplyStarted, RESPONSES, st.sampled_from(["", PURPOSE])),
    st.builds(on.ReplyAudioReceived, RESPONSES, st.just("m"), st.just(SECOND)),
    st.builds(on.ReplyFinished, RESPONSES, st.sampled_from(["completed", "cancelled", "failed"])),
    st.builds(on.ApprovalRequested, RESPONSES, IDS, st.just("notes"), st.just("add"), st.sampled_from(["", "{}"])),
    st.builds(on.RemoteToolCalled, RESPONSES, IDS, approval_id=st.sampled_from(["", "1", "2"])),
    st.builds(on.RemoteToolFinished, IDS, ok=st.booleans()),
    st.builds(on.ServiceComplained, st.just("conversation_already_has_active_response"), st.just("")),
    st.builds(on.ServiceComplained, st.just("unknown"), st.sampled_from(["", "1"])),
    st.builds(on.FunctionCalled, RESPONSES, IDS, st.just("set_light"), st.just("{}")),
    st.builds(on.ToolFinished, IDS, st.just("{}")),
    st.just(on.PlaybackFinished()),
    st.just(on.TimePassed()),
    st.just(on.StopRequested()),
    st.just(on.SessionClosed()),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(EVENTS, st.sampled_from([0.0, 0.5, 1.5, 20.0])), max_size=40))
def test_in_any_order_each_request_is_answered_once_and_only_yes_allows(steps):
    driver = Driver().tell(on.Started(), WAKE, on.SessionOpened())
    requested = set()
    for event, after in steps:
        conversing = driver.phase in CONVERSATION
        answers = len(driver.ever(do.AnswerApproval))
        driver.tell(event, after=after)
        if isinstance(event, on.ApprovalRequested) and conversing:
            requested.add(event.approval_id)
        allowed = [command for command in driver.ever(do.AnswerApproval)[answers:] if command.approve]
        assert not allowed or event == on.UserTranscribed(event.item_id, "yes")
    driver.tell(on.StopRequested())
    answered = [command.approval_id for command in driver.ever(do.AnswerApproval)]
    assert sorted(answered) == sorted(requested)
    silences = [command.on for command in driver.ever(do.SetAutomaticReplies)]
    assert all(first != second for first, second in itertools.pairwise(silences))
