"""A turn's end by what was said: a session, its sound in frames, and answers of a follower."""

import base64
import json

import numpy as np
import pytest

from voiced.cascade.grammar import Call, Standing
from voiced.cascade.outputs import Follow, PrepareGrammar, Recognise, Send
from voiced.cascade.recogniser import NOTHING, Heard
from voiced.cascade.session import Session
from voiced.cascade.stages import Partial

RATE = 24_000
FRAME = RATE // 50
LIGHT = Heard("turn the light on", Call("set_light", {"state": "on"}), 1.0)
COMPLETE = Partial(Standing.COMPLETE, LIGHT)
CONTINUABLE = Partial(Standing.CONTINUABLE, LIGHT)
UNFINISHED = Partial(Standing.UNFINISHED, Heard("turn the", None, 1.0))


class Room:
    """Speaks to a session; a follower that is asked while it is quiet answers what it is told to."""

    def __init__(self, answer, *, by_meaning=True, delay=0, kind="azure_semantic_vad"):
        self.session = Session("voiced", 0, by_meaning=by_meaning)
        self.answer = answer
        self.delay = delay
        self.follows, self.recognitions, self.events = [], [], []
        self.waiting = []
        self.ms = 0
        self.noise = np.random.default_rng(1)
        self.perform(self.session.open())
        detection = {"type": kind, "silence_duration_ms": 500}
        self.send("session.update", session={"turn_detection": detection})

    def send(self, type_, **fields):
        self.perform(self.session.receive(json.dumps({"type": type_, **fields})))

    def perform(self, outputs):
        for output in outputs:
            match output:
                case Send(frame):
                    self.events.append((self.ms, frame["type"]))
                case Follow():
                    self.follows.append(output)
                    self.waiting.append((self.ms + self.delay, output))
                case Recognise():
                    self.recognitions.append(self.ms)
                case PrepareGrammar():
                    pass

    def sound(self, ms, level):
        for _ in range(ms // 20):
            samples = (self.noise.normal(size=FRAME) * level).astype(np.int16)
            self.ms += 20
            self.send("input_audio_buffer.append", audio=base64.b64encode(samples.tobytes()).decode())
            due = [follow for at, follow in self.waiting if at <= self.ms]
            self.waiting = [(at, follow) for at, follow in self.waiting if at > self.ms]
            for follow in due:
                answer = self.answer() if callable(self.answer) else self.answer
                self.perform(self.session.followed(answer if follow.quiet else None))

    def speak(self, ms):
        self.sound(ms, 3000)

    def quiet(self, ms):
        self.sound(ms, 30)

    def silence_until_the_end(self, spoken_until):
        stopped = [at for at, type_ in self.events if type_ == "input_audio_buffer.speech_stopped"]
        return [at - spoken_until for at in stopped]


def test_a_complete_command_ends_its_turn_soon_and_is_not_recognised_again():
    room = Room(COMPLETE)
    room.quiet(400)
    room.speak(1000)
    room.quiet(1000)
    assert room.silence_until_the_end(1400) == [pytest.approx(170, abs=30)]
    assert room.recognitions == []
    assert "conversation.item.created" in [type_ for _, type_ in room.events]


def test_a_command_that_may_go_on_waits_for_the_usual_silence():
    room = Room(CONTINUABLE)
    room.quiet(400)
    room.speak(1000)
    room.quiet(1000)
    assert room.silence_until_the_end(1400) == [pytest.approx(520, abs=30)]
    assert room.recognitions == []


def test_what_is_unfinished_is_waited_for_longer():
    room = Room(UNFINISHED)
    room.quiet(400)
    room.speak(1000)
    room.quiet(900)
    assert room.silence_until_the_end(1400) == []
    room.speak(600)
    room.answer = COMPLETE
    room.quiet(1000)
    assert room.silence_until_the_end(2900) == [pytest.approx(170, abs=30)]


def test_what_stays_unfinished_ends_at_last():
    room = Room(UNFINISHED)
    room.quiet(400)
    room.speak(1000)
    room.quiet(2000)
    assert room.silence_until_the_end(1400) == [pytest.approx(1220, abs=30)]


def test_where_nothing_is_known_the_whole_turn_is_recognised_during_the_pause():
    room = Room(None)
    room.quiet(400)
    room.speak(1000)
    room.quiet(1000)
    assert room.silence_until_the_end(1400) == [pytest.approx(520, abs=30)]
    assert room.recognitions == [pytest.approx(1570, abs=40)]


def test_speech_that_goes_on_makes_what_was_complete_void():
    room = Room(COMPLETE)
    room.quiet(400)
    room.speak(1000)
    room.quiet(120)
    room.answer = None
    room.speak(500)
    room.quiet(1000)
    assert room.silence_until_the_end(2020) == [pytest.approx(520, abs=30)]
    assert len(room.recognitions) == 1


def test_a_later_look_at_the_same_quiet_may_take_it_back():
    answers = iter([COMPLETE])
    room = Room(lambda: next(answers, None))
    room.quiet(400)
    room.speak(1000)
    room.quiet(1000)
    assert room.silence_until_the_end(1400) == [pytest.approx(520, abs=30)]
    assert len(room.recognitions) == 1


def test_a_recogniser_that_lags_is_given_one_piece_at_a_time():
    room = Room(COMPLETE, delay=400)
    room.quiet(400)
    room.speak(1000)
    room.quiet(1000)
    assert room.silence_until_the_end(1400)[0] <= 540
    assert len(room.follows) <= 6
    # nothing is left out, nothing comes twice
    lengths = sum(len(follow.samples) for follow in room.follows)
    assert lengths <= (1000 + 420 + 600) * 16


def test_quiet_at_the_beginning_of_an_answer_is_not_mistaken_for_settled():
    room = Room(Partial(Standing.COMPLETE, NOTHING))
    room.quiet(400)
    room.speak(1000)
    room.quiet(1000)
    assert len(room.recognitions) == 1


@pytest.mark.parametrize("options", [{"by_meaning": False}, {"kind": "server_vad"}])
@pytest.mark.parametrize("partial", [COMPLETE, CONTINUABLE])
def test_by_silence_what_was_followed_is_known_at_the_usual_end(options, partial):
    room = Room(partial, **options)
    room.quiet(400)
    room.speak(1000)
    room.quiet(1000)
    assert room.silence_until_the_end(1400) == [pytest.approx(520, abs=30)]
    assert room.recognitions == []


@pytest.mark.parametrize("options", [{"by_meaning": False}, {"kind": "server_vad"}])
@pytest.mark.parametrize("partial", [None, UNFINISHED])
def test_by_silence_a_doubtful_turn_is_recognised_during_the_pause(options, partial):
    room = Room(partial, **options)
    room.quiet(400)
    room.speak(1000)
    room.quiet(1000)
    assert room.silence_until_the_end(1400) == [pytest.approx(520, abs=30)]
    assert room.recognitions == [pytest.approx(1570, abs=40)]


def test_by_silence_speech_that_goes_on_makes_what_was_complete_void():
    room = Room(COMPLETE, kind="server_vad")
    room.quiet(400)
    room.speak(1000)
    room.quiet(120)
    room.answer = None
    room.speak(500)
    room.quiet(1000)
    assert len(room.recognitions) == 1
