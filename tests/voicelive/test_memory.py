import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.assistant import events as on
from voiced.voicelive.memory import Memory

SECOND = bytes(48_000)
LIGHT = on.FunctionCalled("r1", "call_1", "set_light", '{"room": "kitchen"}')


class House:
    """A memory with a clock of its own."""

    def __init__(self, tokens=1000, seconds=120):
        self.memory = Memory(tokens, seconds)
        self.now = 1000.0
        self.memory.begin("default", self.now)

    def tell(self, *events, after=0.0):
        self.now += after
        for event in events:
            self.memory.feed(event, self.now)
        return self

    def turn(self, number, said="turn on the kitchen light", answered="The kitchen light is on."):
        item = f"item_{number}"
        return self.tell(
            on.SpeechStarted(item),
            on.SpeechStopped(item),
            on.UserTranscribed(item, said),
            on.ReplyTranscribed(f"r{number}", answered),
        )

    def begin(self, persona="default", after=0.0):
        self.now += after
        return texts(self.memory.begin(persona, self.now))

    @property
    def items(self):
        return texts(self.memory.items())


def texts(items):
    return [(item["role"], item["content"][0]["text"]) if item["type"] == "message" else item["type"] for item in items]


@pytest.fixture
def house():
    return House()


def test_turn_with_a_tool_is_told_as_the_service_takes_it(house):
    house.tell(on.SpeechStopped("item_1"), on.UserTranscribed("item_1", "Turn on the kitchen light. "))
    house.tell(LIGHT, LIGHT, on.ToolFinished("call_1", '{"ok": true}'), on.ReplyTranscribed("r2", "It is on."))
    assert house.memory.items() == [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Turn on the kitchen light."}]},
        {"type": "function_call", "call_id": "call_1", "name": "set_light", "arguments": '{"room": "kitchen"}'},
        {"type": "function_call_output", "call_id": "call_1", "output": '{"ok": true}'},
        {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "It is on."}]},
    ]


def test_transcript_that_comes_after_the_reply_stands_before_it(house):
    house.tell(on.SpeechStopped("i"), on.ReplyTranscribed("r", "Hello."), on.UserTranscribed("i", "hi"))
    assert house.items == [("user", "hi"), ("assistant", "Hello.")]


def test_turn_that_was_not_answered_is_left_to_be_heard_again(house):
    house.turn(1).tell(on.SpeechStopped("item_2"), on.UserTranscribed("item_2", "and the bedroom too"))
    assert len(house.items) == 2
    assert len(house.tell(on.ReplyTranscribed("r2", "Done.")).items) == 4


def test_call_without_an_output_is_left_out(house):
    assert "function_call" not in house.turn(1).tell(LIGHT).items


def test_hanging_up_is_no_part_of_what_was_said(house):
    house.turn(1).tell(on.FunctionCalled("r2", "c", "end_conversation", "{}"), on.ToolFinished("c", "{}"))
    assert len(house.items) == 2


@pytest.mark.parametrize("cut_first", [False, True])
def test_of_a_reply_that_was_cut_short_only_what_was_heard_is_kept(house, cut_first):
    house.tell(on.SpeechStopped("i"), on.UserTranscribed("i", "count"))
    house.tell(*[on.ReplyAudioReceived("r", "m", SECOND)] * 4)
    events = [on.ReplyTranscribed("r", "one two three four"), on.PlaybackFlushed("m", 2100)]
    house.tell(*reversed(events) if cut_first else events)
    assert house.items[-1] == ("assistant", "one two …")


def test_reply_of_which_nothing_was_heard_is_none(house):
    house.turn(1).tell(on.SpeechStopped("i"), on.UserTranscribed("i", "count"), on.ReplyAudioReceived("r", "m", SECOND))
    house.tell(on.ReplyTranscribed("r", "one two"), on.PlaybackFlushed("m", 0))
    assert len(house.items) == 2


def test_flush_after_the_reply_was_heard_cuts_nothing(house):
    house.tell(on.ReplyAudioReceived("r1", "m", SECOND)).turn(1)
    assert house.tell(on.PlaybackFinished(), on.PlaybackFlushed("", 0)).items[-1] == (
        "assistant",
        "The kitchen light is on.",
    )


def test_new_wake_word_soon_after_goes_on_and_later_begins_anew(house):
    house.turn(1)
    assert len(house.begin(after=119)) == 2
    assert house.begin(after=2) == []
    assert house.begin() == [], "forgotten is forgotten"


def test_time_counts_from_the_end_of_what_was_heard(house):
    house.tell(on.ReplyAudioReceived("r1", "m", SECOND)).turn(1).tell(on.PlaybackFinished(), after=60)
    house.tell(on.PlaybackFinished(), after=110)  # of a chime
    assert len(house.begin(after=5)) == 2
    assert house.begin(after=10) == []


def test_another_persona_is_told_nothing(house):
    assert house.turn(1).begin("chef") == []
    assert house.begin("default") == []


def test_no_minutes_begin_anew_but_a_conversation_is_still_renewed():
    house = House(seconds=0).turn(1)
    assert len(house.items) == 2
    assert house.begin() == []


@pytest.mark.parametrize("event", [on.MuteChanged(muted=True), on.ForgetRequested()])
def test_mute_and_forget_forget(house, event):
    assert house.turn(1).tell(event).items == []


def test_oldest_turns_are_forgotten_whole():
    house = House(tokens=100)
    house.tell(on.SpeechStopped("i"), on.UserTranscribed("i", "x"), LIGHT, on.ToolFinished("call_1", "y" * 100))
    for number in range(2, 5):
        house.turn(number)
    assert house.items == [("user", "turn on the kitchen light"), ("assistant", "The kitchen light is on.")] * 3


def test_no_tokens_remember_nothing():
    assert House(tokens=0).turn(1).items == []


ids = st.sampled_from(["a", "b", "c"])
words = st.text(max_size=40)
EVENTS = st.one_of(
    st.builds(on.SpeechStopped, ids),
    st.builds(on.UserTranscribed, ids, words),
    st.builds(on.ReplyTranscribed, ids, words),
    st.builds(on.ReplyAudioReceived, ids, ids, st.just(bytes(4800))),
    st.builds(on.FunctionCalled, ids, ids, st.just("set_light"), words),
    st.builds(on.ToolFinished, ids, words),
    st.builds(on.PlaybackFlushed, ids, st.integers(0, 500)),
    st.builds(on.PlaybackFinished),
)


@given(st.lists(EVENTS, max_size=40))
def test_any_order_of_events_is_told_within_the_limit_and_no_output_without_its_call(events):
    house = House(tokens=60).tell(*events)
    items = house.memory.items()
    told = [item.get("output") or item.get("arguments") or item.get("content", "") for item in items]
    texts_ = [part if isinstance(part, str) else part[0]["text"] for part in told]
    assert sum(len(text.encode()) for text in texts_) <= 60 * 3
    calls = [item["call_id"] for item in items if item["type"] == "function_call"]
    outputs = [item["call_id"] for item in items if item["type"] == "function_call_output"]
    assert calls == outputs
    assert not items or items[-1].get("role") != "user"
