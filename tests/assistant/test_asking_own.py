"""Leave for a tool of the device, as sequences of events."""

import driving
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.asking import PURPOSE
from voiced.assistant.phases import Phase
from voiced.assistant.settings import ConversationSettings

SECOND = bytes(48_000)
WAKE = on.WakeWordDetected("hey_jarvis", 0.9, position=16_000, captured_at=0.0)


def request(words=""):
    return on.ApprovalRequested("", "own-c1", "this speaker", "open_garage", '{"door": "left"}', words, own=True)


class Driver(driving.Driver):
    def __init__(self, locale="en-US"):
        super().__init__(ConversationSettings(approval_seconds=15), locale=lambda _: locale)


def calling(locale="en-US"):
    driver = Driver(locale).tell(on.Started(), WAKE, on.SessionOpened())
    driver.tell(on.SpeechStarted("i1"), on.SpeechStopped("i1"), on.ReplyStarted("r1"))
    return driver.tell(on.FunctionCalled("r1", "c1", "open_garage", '{"door": "left"}'))


def asked(driver, words=""):
    driver.tell(request(words), on.ReplyFinished("r1", "completed"))
    return driver


def heard(driver):
    return driver.hear_reply("q1", PURPOSE)


@pytest.mark.parametrize(
    ("locale", "question"),
    [
        ("en-US", "I am about to do this: open garage, with door left. Shall I?"),
        ("de-DE", "Ich würde jetzt dies tun: open garage, mit door left. Soll ich?"),
    ],
)
def test_the_question_states_what_will_happen(locale, question):
    assert asked(calling(locale)).of(do.AskUser) == [do.AskUser(question, PURPOSE)]


def test_the_owners_own_question_is_asked_word_for_word():
    assert asked(calling(), "Open the left door?").of(do.AskUser) == [do.AskUser("Open the left door?", PURPOSE)]


@pytest.mark.parametrize(("said", "approve"), [("Yes.", True), ("No.", False)])
def test_the_answer_is_told_and_the_reply_comes_with_the_tools_end(said, approve):
    driver = heard(asked(calling()))
    assert driver.assistant.phase is Phase.LISTENING
    driver.tell(on.SpeechStarted("a1"), after=0.5)
    driver.tell(on.SpeechStopped("a1"), on.UserTranscribed("a1", said), after=0.8)
    assert driver.of(do.AnswerApproval) == [do.AnswerApproval("own-c1", approve=approve)]
    assert driver.of(do.SetAutomaticReplies) == [do.SetAutomaticReplies(on=True)]
    assert not driver.of(do.RequestReply)
    assert driver.assistant.phase is Phase.THINKING
    driver.tell(on.ToolFinished("c1", "{}"), after=1.0)
    assert driver.of(do.RequestReply) == [do.RequestReply()]


def test_silence_is_a_no():
    driver = heard(asked(calling()))
    driver.now = driver.assistant.deadline
    driver.tell(on.TimePassed())
    assert driver.of(do.AnswerApproval) == [do.AnswerApproval("own-c1", approve=False)]
    driver.tell(on.ToolFinished("c1", "{}"))
    assert driver.of(do.RequestReply)


ITEMS = st.sampled_from(["a1", "a2"])
RESPONSES = st.sampled_from(["r1", "q1", "r2"])
EVENTS = st.one_of(
    st.builds(on.SpeechStarted, ITEMS),
    st.builds(on.SpeechStopped, ITEMS),
    st.builds(on.UserTranscribed, ITEMS, st.sampled_from(["", "no", "perhaps"])),
    st.builds(on.ReplyStarted, RESPONSES, st.sampled_from(["", PURPOSE])),
    st.builds(on.ReplyAudioReceived, RESPONSES, st.just("m"), st.just(bytes(4800))),
    st.builds(on.ReplyFinished, RESPONSES, st.sampled_from(["completed", "cancelled", "failed"])),
    st.just(request()),
    st.builds(on.ToolFinished, st.just("c1"), st.just("{}")),
    st.just(on.PlaybackFinished()),
    st.just(on.TimePassed()),
    st.just(on.SessionClosed()),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(EVENTS, st.sampled_from([0.0, 0.5, 2.0, 20.0])), max_size=25))
def test_in_any_order_it_is_answered_once_at_most_and_never_allowed_without_a_yes(steps):
    driver, answers = calling(), []
    for event, after in steps:
        driver.tell(event, after=after)
        answers += driver.of(do.AnswerApproval)
    assert [answer.approve for answer in answers] in ([], [False])
