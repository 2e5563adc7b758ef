import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.commands import Chime
from voiced.assistant.conversation import END_CONVERSATION, Conversation
from voiced.assistant.endings import Endings
from voiced.assistant.owing import Owing
from voiced.assistant.phases import Phase
from voiced.assistant.settings import ConversationSettings
from voiced.assistant.situation import NO_DEADLINE, Situation

SETTINGS = ConversationSettings(reply_seconds=7)
NOW = 100.0


def call(call_id="c1", response="r1", name="set_light"):
    return on.FunctionCalled(response, call_id, name, '{"state": "on"}')


def done(call_id="c1"):
    return on.ToolFinished(call_id, f'{{"ok": true, "reply": "{call_id}"}}')


class Desk:
    """What is owed in one conversation, in a phase of the test's choice."""

    def __init__(self, phase=Phase.THINKING, **known):
        self.talk = Conversation("default", since=0, ends_at=1000.0, **known)
        self.at = Situation(NOW, phase, NOW + 3.0, self.talk)
        self.owing = Owing(SETTINGS, self.at, Endings(SETTINGS, self.at))

    def called(self, *calls):
        for each in calls:
            self.owing.called(each, self.talk)

    def finished(self, *call_ids):
        for each in call_ids:
            self.owing.finished(done(each), self.talk)

    def of(self, kind):
        return [command for command in self.at.commands if isinstance(command, kind)]


@pytest.mark.parametrize(
    ("phase", "speaking", "may"),
    [(Phase.LISTENING, False, True), (Phase.LISTENING, True, False), (Phase.THINKING, False, False),
     (Phase.FOLLOWING_UP, False, False)],
)  # fmt: skip
def test_speaker_may_answer_where_it_listens_and_the_users_turn_is_over(phase, speaking, may):
    desk = Desk(phase, user_speaking=speaking)
    assert desk.owing.may_answer(desk.talk) is may


@pytest.mark.parametrize("phase", [Phase.THINKING, Phase.SPEAKING])
def test_call_is_run_without_a_deadline_of_the_speakers(phase):
    desk = Desk(phase)
    desk.called(call())
    assert desk.at.commands == [do.RunTool("c1", "set_light", '{"state": "on"}')]
    assert desk.at.phase is phase
    assert desk.at.due == NO_DEADLINE
    assert desk.talk.proven


def test_call_while_the_speaker_listens_shows_that_it_thinks():
    desk = Desk(Phase.LISTENING)
    desk.called(call())
    assert desk.at.phase is Phase.THINKING
    assert [type(command) for command in desk.at.commands] == [do.ShowPhase, do.RunTool]
    assert desk.at.due == NO_DEADLINE


def test_call_while_the_user_speaks_is_run_and_the_speaker_goes_on_listening():
    desk = Desk(Phase.LISTENING, user_speaking=True)
    desk.called(call())
    assert desk.at.phase is Phase.LISTENING
    assert desk.at.due == NOW + 3.0, "the user's turn keeps its own end"
    assert desk.of(do.RunTool)


def test_call_that_is_told_again_after_its_end_is_neither_run_nor_waited_for():
    desk = Desk()
    desk.called(call())
    desk.finished("c1")
    desk.at.begin(NOW)
    desk.called(call())
    assert desk.at.commands == []
    assert not desk.talk.tools_running


def test_output_of_an_unknown_call_is_sent_to_nobody():
    desk = Desk()
    desk.finished("c9")
    assert desk.at.commands == []


def test_last_output_of_several_brings_the_one_request_for_a_reply():
    desk = Desk()
    desk.called(call("c1"), call("c2"))
    desk.at.begin(NOW)
    desk.finished("c2")
    assert desk.at.commands == [do.SendToolOutput("c2", done("c2").output)]
    desk.finished("c1")
    assert desk.at.commands[1:] == [do.SendToolOutput("c1", done("c1").output), do.RequestReply()]
    assert desk.talk.reply_awaited
    assert desk.talk.reply_requested


@pytest.mark.parametrize("known", [{"responding": "r1"}, {"reply_requested": True}])
def test_reply_is_owed_where_another_is_under_way_or_asked_for(known):
    desk = Desk(**known)
    desk.called(call())
    desk.finished("c1")
    assert desk.talk.reply_owed
    assert desk.of(do.SendToolOutput)
    assert not desk.of(do.RequestReply)


def test_reply_that_was_owed_is_so_no_more_once_it_is_asked_for():
    desk = Desk(reply_owed=True)
    desk.owing.reply(desk.talk)
    assert desk.of(do.RequestReply)
    assert not desk.talk.reply_owed


def test_reply_while_the_user_speaks_is_neither_asked_for_nor_owed():
    desk = Desk(Phase.LISTENING, user_speaking=True, limit="used up")
    desk.owing.reply(desk.talk)
    assert desk.at.commands == []
    assert not desk.talk.reply_owed
    assert desk.at.conversation is desk.talk


@pytest.mark.parametrize(
    ("phase", "heard_until", "after", "due"),
    [
        (Phase.THINKING, 0.0, Phase.THINKING, NOW + 7),
        (Phase.SPEAKING, NOW + 4, Phase.SPEAKING, NOW + 11),
        (Phase.SPEAKING, NOW - 4, Phase.SPEAKING, NOW + 7),
        (Phase.LISTENING, 0.0, Phase.THINKING, NOW + 7),
        (Phase.FOLLOWING_UP, 0.0, Phase.THINKING, NOW + 7),
    ],
)
def test_reply_that_is_asked_for_has_its_time_from_when_what_sounds_was_heard(phase, heard_until, after, due):
    desk = Desk(phase, heard_until=heard_until)
    desk.owing.reply(desk.talk)
    assert (desk.at.phase, desk.at.due) == (after, due)
    assert len(desk.of(do.ShowPhase)) == (phase is not after)


@pytest.mark.parametrize(("phase", "heard_until"), [(Phase.THINKING, NOW + 4), (Phase.SPEAKING, NOW)])
def test_reply_beyond_the_limit_ends_the_conversation_with_a_sign_instead(phase, heard_until):
    desk = Desk(phase, limit="used up", heard_until=heard_until)
    desk.owing.reply(desk.talk)
    assert desk.at.commands == [
        do.Flush(), do.PlayChime(Chime.DONE), do.CloseSession(), do.ShowPhase(Phase.IDLE, "used up")
    ]  # fmt: skip
    assert desk.at.conversation is None


def test_reply_beyond_the_limit_leaves_what_is_said_to_be_heard():
    desk = Desk(Phase.SPEAKING, limit="used up", heard_until=NOW + 4, reply_owed=True)
    desk.owing.reply(desk.talk)
    assert desk.at.commands == []
    assert desk.at.conversation is desk.talk
    assert not desk.talk.reply_owed, "or the conversation would never count as over"


def test_hanging_up_without_a_word_is_answered_and_a_goodbye_asked_for():
    desk = Desk()
    desk.called(call(name=END_CONVERSATION))
    assert [type(command) for command in desk.at.commands] == [do.SendToolOutput, do.RequestReply]
    assert desk.talk.parting
    assert not desk.talk.tools_running


def test_hanging_up_with_the_goodbye_said_asks_for_no_other():
    desk = Desk(Phase.SPEAKING, voiced="r1")
    desk.called(call(name=END_CONVERSATION))
    assert [type(command) for command in desk.at.commands] == [do.SendToolOutput]
    assert desk.talk.parting


def test_hanging_up_beside_a_tool_lets_its_output_bring_the_goodbye():
    desk = Desk()
    desk.called(call("c1"), call("c2", name=END_CONVERSATION))
    assert not desk.of(do.RequestReply)
    desk.finished("c1")
    assert len(desk.of(do.RequestReply)) == 1


def test_hanging_up_in_a_reply_that_the_user_spoke_over_does_not_part():
    desk = Desk(Phase.LISTENING, user_speaking=True, dropped={"r1"})
    desk.called(call(name=END_CONVERSATION))
    assert not desk.talk.parting
    assert [type(command) for command in desk.at.commands] == [do.SendToolOutput]


class Exchange(Desk):
    """A service and a user who do what they like, told of as a conversation's turns tell it; checks every step."""

    def __init__(self):
        super().__init__()
        self.ran = []
        self.sent = []
        self.responses = 0

    def step(self, kind, call_id):
        self.at.begin(self.at.now + 1.0)
        talk = self.talk
        match kind:
            case "call":
                self.called(call(call_id))
            case "finish":
                self.finished(call_id)
            case "user begins":
                talk.user_speaking = True
                self.at.phase = Phase.LISTENING
            case "user ends":
                talk.user_speaking = False
            case "response begins" if talk.responding is None:
                self.responses += 1
                talk.reply_owed = talk.reply_owed and talk.reply_requested  # one by itself has all outputs
                talk.responding, talk.reply_requested = f"r{self.responses}", False
            case "response ends" if talk.responding is not None:
                talk.responding = None
                if talk.reply_owed and not talk.tools_running:
                    self.owing.reply(talk)
        self.check()

    def check(self):
        self.ran += [command.call_id for command in self.of(do.RunTool)]
        self.sent += [command.call_id for command in self.of(do.SendToolOutput)]
        if requests := self.of(do.RequestReply):
            assert len(requests) == 1
            assert self.at.commands.index(requests[0]) >= len(self.of(do.SendToolOutput)), "outputs come first"
            assert not self.talk.tools_running
            assert not self.talk.user_speaking
            assert self.talk.responding is None


STEPS = st.tuples(
    st.sampled_from(["call", "finish", "user begins", "user ends", "response begins", "response ends"]),
    st.sampled_from(["c1", "c2", "c3"]),
)


@given(st.lists(STEPS, min_size=8, max_size=25))
def test_in_any_order_every_call_is_run_and_answered_once_and_no_two_replies_are_asked_for_at_once(steps):
    exchange = Exchange()
    pending = False
    for kind, call_id in steps:
        exchange.step(kind, call_id)
        asked = bool(exchange.of(do.RequestReply))
        assert not (asked and pending)
        pending = (pending or asked) and kind != "response begins"
    running = set(exchange.ran) - set(exchange.sent)
    assert len(set(exchange.ran)) == len(exchange.ran)
    assert len(set(exchange.sent)) == len(exchange.sent)
    assert set(exchange.sent) <= set(exchange.ran)
    assert exchange.talk.tools_running == bool(running)


@given(st.lists(STEPS, min_size=8, max_size=25))
def test_in_any_order_every_output_is_followed_by_a_reply_or_by_the_users_next_turn(steps):
    exchange = Exchange()
    untold = False
    silence = [("user ends", ""), *(("finish", name) for name in ("c1", "c2", "c3"))]
    for kind, call_id in [*steps, *silence, ("response begins", ""), ("response ends", "")]:
        by_itself = kind == "response begins" and not exchange.talk.reply_requested and not exchange.talk.responding
        exchange.step(kind, call_id)
        if exchange.of(do.SendToolOutput) and not exchange.talk.user_speaking:
            untold = True
        if exchange.of(do.RequestReply) or kind == "user begins" or by_itself:
            untold = False
    assert not untold
