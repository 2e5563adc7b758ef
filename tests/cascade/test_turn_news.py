import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.cascade.configuration import Configuration
from voiced.cascade.conversation import UserTurn
from voiced.cascade.fillers import LONGEST_FILLER_MS
from voiced.cascade.intents.meanings import Call
from voiced.cascade.outputs import Outbox
from voiced.cascade.recogniser import Heard
from voiced.cascade.turn_news import TurnNews
from voiced.cascade.turns import RATE

FILLER = Heard("um", None)
WORDS = Heard("tell me more", None)
LIGHT = Heard("turn the light on", Call("set_light", {"state": "on"}))
DEAF = Heard("", None, failure="the recogniser is deaf")


class Newsroom:
    """A session's turns of one second each, one after the other, and all that comes of them in its order."""

    def __init__(self, *, speaking=True, **detection):
        self.configuration = Configuration.new("voiced", 0)
        self.detect(remove_filler_words=True, **detection)
        self.outbox = Outbox()
        self.speaking = speaking
        self.log = []
        self.frames = []
        self.turns = []
        self.news = TurnNews(
            self.configuration,
            self.outbox,
            started=lambda: self.note("interrupted", ""),
            committed=lambda turn: self.note("committed", turn.item_id),
            speaking=lambda: self.speaking,
        )

    def detect(self, **detection):
        shown = {"type": "azure_semantic_vad", "create_response": True, "interrupt_response": True, **detection}
        self.configuration.shown = {**self.configuration.shown, "turn_detection": shown}

    def note(self, what, item_id):
        self.take_frames()
        self.log.append((what, item_id))

    def take_frames(self):
        for frame in (output.frame for output in self.outbox.flushed()):
            self.frames.append(frame)
            self.log.append((frame["type"].removeprefix("input_audio_buffer.speech_"), frame["item_id"]))

    def begin(self):
        number = len(self.turns)
        self.turns.append(UserTurn(f"turn {number}", number * RATE))
        self.news.begins(self.turns[-1])
        return self.turns[-1]

    def end(self, turn, heard=None):
        turn.heard = turn.heard or heard
        turn.stopped_ms = turn.start * 1000 // RATE + 900
        self.news.ends(turn)

    def whole(self, heard=None):
        self.end(turn := self.begin(), heard)
        return turn

    @property
    def told(self):
        """What happened, without what stands around it: told of and committed turns, interruptions."""
        self.take_frames()
        return [" ".join(each).strip() for each in self.log]


WHOLE = ["started turn 0", "interrupted", "stopped turn 0", "committed turn 0"]
OTHER = ["started turn 1", "interrupted", "stopped turn 1", "committed turn 1"]


def test_turn_in_silence_is_told_of_at_once():
    room = Newsroom(speaking=False)
    turn = room.begin()
    assert room.told == WHOLE[:2]
    room.end(turn)
    assert room.told == WHOLE
    assert turn.reply


def test_turn_is_told_of_with_its_beginning_and_its_end_in_ms():
    room = Newsroom(speaking=False)
    turn = UserTurn("turn", 3 * RATE // 2, stopped_ms=2345)
    room.news.begins(turn)
    room.news.ends(turn)
    started, stopped = room.frames
    assert (started["audio_start_ms"], stopped["audio_end_ms"]) == (1500, 2345)


def test_filler_over_a_reply_is_never_told_of():
    room = Newsroom()
    room.whole(FILLER)
    assert room.told == []
    assert not room.news.doubted


@pytest.mark.parametrize("heard", [WORDS, LIGHT, DEAF])
def test_more_than_a_filler_over_a_reply_is_told_of_once_it_is_known(heard):
    room = Newsroom()
    turn = room.whole()
    assert room.told == []
    assert list(room.news.doubted) == [turn]
    turn.heard = heard
    room.news.resolve(None)
    assert room.told == WHOLE
    assert not room.news.doubted


def test_turn_over_a_reply_is_told_of_at_once_where_fillers_are_not_to_be_removed():
    room = Newsroom()
    room.detect(remove_filler_words=False)
    room.begin()
    assert room.told == WHOLE[:2]


def test_turn_over_a_reply_that_is_longer_than_any_filler_is_told_of_while_it_goes_on():
    room = Newsroom()
    turn = room.begin()
    room.news.lasts(turn, LONGEST_FILLER_MS)
    assert room.told == []
    room.news.lasts(turn, LONGEST_FILLER_MS + 1)
    room.news.lasts(turn, LONGEST_FILLER_MS + 2)
    assert room.told == WHOLE[:2], "and only once"
    room.end(turn, FILLER)
    assert room.told == WHOLE, "a client that knows of its beginning is told of its end, whatever it was"


@pytest.mark.parametrize(("heard", "told"), [(LIGHT, WHOLE[:2]), (FILLER, []), (None, [])])
def test_turn_that_is_recognised_while_it_pauses_is_told_of_where_it_is_more_than_a_filler(heard, told):
    room = Newsroom()
    turn = room.begin()
    turn.heard = heard
    room.news.resolve(turn)
    room.news.resolve(turn)
    assert room.told == told


def test_turn_in_silence_after_one_in_doubt_waits_for_that():
    room = Newsroom()
    doubted = room.whole()
    room.speaking = False
    later = room.begin()
    assert room.told == []
    doubted.heard = WORDS
    room.news.resolve(later)
    assert room.told == WHOLE
    later.heard = WORDS
    room.news.resolve(later)
    assert room.told == [*WHOLE, *OTHER[:2]]


def test_turn_in_doubt_is_told_of_whole_where_a_later_one_has_more_to_say():
    room = Newsroom()
    room.whole()
    later = room.begin()
    room.news.lasts(later, LONGEST_FILLER_MS + 1)
    assert room.told == [*WHOLE, *OTHER[:2]]
    assert not room.news.doubted


def test_filler_that_is_recognised_last_does_not_hold_up_what_was_said_before_it():
    room = Newsroom()
    first, second = room.whole(), room.whole()
    second.heard = FILLER
    room.news.resolve(None)
    assert room.told == [], "of the first nothing is known"
    first.heard = WORDS
    room.news.resolve(None)
    assert room.told == WHOLE


def test_turns_in_doubt_are_told_of_in_their_order_once_the_first_is_known():
    room = Newsroom()
    first, second = room.whole(), room.whole()
    second.heard = LIGHT
    room.news.resolve(None)
    first.heard = WORDS
    room.news.resolve(None)
    assert room.told == [*WHOLE, *OTHER]


def test_turn_that_goes_on_and_has_words_is_told_of_behind_those_in_doubt():
    room = Newsroom()
    room.whole()
    later = room.begin()
    later.heard = LIGHT
    room.news.resolve(later)
    assert room.told == [*WHOLE, *OTHER[:2]]


def test_turn_that_need_not_wait_any_more_is_told_of_behind_those_in_doubt():
    room = Newsroom()
    room.whole()
    room.detect(remove_filler_words=False)
    room.begin()
    assert room.told == [*WHOLE, *OTHER[:2]]


def test_settling_tells_of_fillers_too():
    room = Newsroom()
    room.whole()
    room.whole()
    room.news.settle()
    assert room.told == [*WHOLE, *OTHER]
    assert not room.news.doubted


@pytest.mark.parametrize("speaking", [True, False])
def test_session_that_is_not_to_be_interrupted_or_answered_by_itself_is_told_all_the_same(speaking):
    room = Newsroom(speaking=speaking, interrupt_response=False, create_response=False)
    turn = room.whole(WORDS)
    assert room.told == [WHOLE[0], *WHOLE[2:]]
    assert not turn.reply


def test_turn_whose_detection_was_switched_off_meanwhile_is_told_of_without_a_reply():
    room = Newsroom()
    turn = room.begin()
    room.configuration.shown = {**room.configuration.shown, "turn_detection": None}
    room.end(turn, WORDS)
    assert room.told == [WHOLE[0], *WHOLE[2:]]
    assert not turn.reply


HEARD = st.sampled_from([FILLER, WORDS, LIGHT, DEAF])
STEPS = st.tuples(
    st.sampled_from(["begin", "end", "begin", "end", "long", "settle", "recognise", "recognise", "speaking", "remove"]),
    st.integers(0, 3),
    HEARD,
)


def play(room, steps):
    """Whatever happens, in its order: one turn at a time, of which any may be recognised at any time once; the end."""
    going_on = None
    for kind, number, heard in steps:
        match kind:
            case "begin" if going_on is None:
                going_on = room.begin()
            case "end" if going_on is not None:
                room.end(going_on)
                going_on = None
            case "long" if going_on is not None:
                room.news.lasts(going_on, LONGEST_FILLER_MS + 1)
            case "settle":
                room.news.settle()
            case "recognise" if number < len(room.turns) and room.turns[-1 - number].heard is None:
                room.turns[-1 - number].heard = heard
                room.news.resolve(going_on)
            case "speaking":
                room.speaking = number > 0
            case "remove":
                room.detect(remove_filler_words=number > 0)
    if going_on is not None:
        room.end(going_on)


@given(st.lists(STEPS, min_size=10, max_size=30), st.lists(HEARD, min_size=30, max_size=30))
def test_in_any_order_turns_are_told_of_whole_and_in_theirs_and_only_fillers_are_left_out(steps, outcomes):
    room = Newsroom()
    play(room, steps)
    for turn, heard in zip(reversed(room.turns), outcomes, strict=False):  # the rest comes last first
        if turn.heard is None:
            turn.heard = heard
            room.news.resolve(None)
    told = [item_id for what, item_id in room.log if what == "committed"]
    assert room.told == [
        event.format(item_id).strip()
        for item_id in told
        for event in ("started {}", "interrupted", "stopped {}", "committed {}")
    ]
    assert told == sorted(told, key=lambda item_id: int(item_id.split()[1]))
    assert len(set(told)) == len(told)
    assert {turn.item_id for turn in room.turns if turn.heard is not FILLER} <= set(told)
    assert not room.news.doubted
    assert not any(turn.held for turn in room.turns if turn.item_id in told)


@given(st.lists(st.booleans(), max_size=8))
def test_fillers_are_never_told_of_from_the_first_over_a_reply_on(speaking):
    room = Newsroom()
    for room.speaking in speaking:
        room.whole()
    for turn in room.turns:
        turn.heard = FILLER
        room.news.resolve(None)
    silent = speaking.index(True) if True in speaking else len(speaking)
    assert [each for each in room.told if "committed" in each] == [f"committed turn {n}" for n in range(silent)]
    assert len(room.told) == 4 * silent
