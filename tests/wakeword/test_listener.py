import threading

import numpy as np
import pytest

from voiced.audio.frames import Frame
from voiced.wakeword.detector import Detection, Detector
from voiced.wakeword.engine import STEP
from voiced.wakeword.listener import JUDGED_STEPS, LOOK_BACK, QUEUE_BLOCKS, REPLAYED_STEPS, Listener
from voiced.wakeword.settings import WakeWordSettings


class Recorder:
    """An engine that keeps what it was given; a block's score is its first sample, in hundredths."""

    names = ("word",)
    window = None

    def __init__(self):
        self.blocks = []

    def step(self, samples):
        self.blocks.append(samples.copy())
        return np.array([samples[0] / 100], np.float32)


class Door:
    """A gate that is open where a block's second sample says so."""

    def hear(self, samples):
        return bool(samples[1])

    opens_at = 3.0


class Judge(Detector):
    """A detector that keeps which positions it judged."""

    def __init__(self):
        super().__init__([("word", WakeWordSettings(model="word"))])
        self.judged = []

    def judge(self, scores, position, captured_at, window=None):
        self.judged.append(position // STEP)
        return super().judge(scores, position, captured_at, window)


def block(index, score=0, is_open=1):
    samples = np.zeros(STEP, np.int16)
    samples[:3] = score, is_open, index
    return Frame(samples.tobytes(), index * STEP, index * 0.08)


def settle(ear):
    """Do what the thread would do now."""
    while ear._queue:
        ear._step(ear._queue.popleft())


class Scene:
    """A listener without its thread; `stepped` and `judged` are numbers of blocks."""

    def __init__(self, gate=None):
        self.engine, self.detector, self.found = Recorder(), Judge(), []
        self.ear = Listener(self.engine, self.detector, self.found.append, gate)

    def hear(self, *frames):
        for frame in frames:
            self.ear.feed(frame)
            settle(self.ear)

    @property
    def stepped(self):
        return [int(samples[2]) for samples in self.engine.blocks]

    @property
    def judged(self):
        return [position - 1 for position in self.detector.judged]

    @property
    def detections(self):
        return [found for found in self.found if isinstance(found, Detection)]


def test_detection_names_the_position_where_the_deciding_block_ended():
    heard, found = threading.Event(), []

    def take(told):
        if isinstance(told, Detection):
            found.append(told)
            heard.set()

    ear = Listener(Recorder(), Judge(), take)
    ear.start()
    for index in range(24):
        sound = np.full(STEP, 90 if index > 20 else 0, np.int16)
        for part in range(4):
            at = index * STEP + part * 320
            ear.feed(Frame(sound[:320].tobytes(), 1000 + at, (1000 + at) / 16_000))
    assert heard.wait(5)
    ear.stop()
    assert found[0].position == 1000 + 23 * STEP


def test_nothing_runs_while_the_gate_is_closed():
    scene = Scene(Door())
    scene.hear(*(block(index, is_open=0) for index in range(100)))
    assert scene.stepped == []


def test_sound_that_the_gate_keeps_out_is_known_and_without_a_gate_there_is_none():
    assert Scene(Door()).ear.quiet_below == Door.opens_at
    assert Scene().ear.quiet_below == 0


def test_opening_gate_replays_what_the_engines_state_rests_on_and_judges_the_end_of_it():
    scene = Scene(Door())
    scene.hear(block(0), *(block(index, is_open=0) for index in range(1, 100)), block(100), block(101))
    assert scene.stepped == [0, *range(100 - LOOK_BACK, 102)]
    assert scene.judged == [0, *range(100 - JUDGED_STEPS, 102)]


def test_gap_shorter_than_the_look_back_is_judged_as_if_the_gate_had_been_open():
    scene = Scene(Door())
    scene.hear(block(0), *(block(index, is_open=0) for index in range(1, LOOK_BACK)), block(LOOK_BACK))
    assert scene.stepped == scene.judged == [*range(LOOK_BACK + 1)]


def test_word_that_only_its_end_opens_the_gate_for_is_detected_where_it_was():
    scene = Scene(Door())
    scene.hear(*(block(index) for index in range(20)))
    scene.hear(*(block(index, is_open=0) for index in range(20, 100)))
    scene.hear(block(100, 90, 0), block(101, 90, 0), block(102, 0, 0), block(103))
    assert [found.position for found in scene.detections] == [102 * STEP]


def test_blocks_on_both_sides_of_a_closed_gate_are_not_in_a_row():
    first = 200 - JUDGED_STEPS
    scene = Scene(Door())
    scene.hear(*(block(index, 90 if index == 29 else 0) for index in range(30)))
    scene.hear(*(block(index, 90 if index == first else 0, 0) for index in range(30, 200)), block(200))
    assert scene.judged[30] == first
    assert scene.detections == []


def test_rest_is_replayed_without_being_judged():
    scene = Scene()
    scene.hear(*(block(index) for index in range(20)))
    scene.ear.resting = True
    scene.hear(*(block(index, 90) for index in range(20, 80)))
    scene.ear.resting = False
    scene.hear(block(80, 90), block(81, 90))
    assert scene.stepped == [*range(20), *range(80 - LOOK_BACK, 82)]
    assert scene.judged == [*range(20), 80, 81]
    assert [found.position for found in scene.detections] == [82 * STEP]


def test_lost_samples_are_no_word_until_the_state_rests_on_one_stretch():
    scene = Scene()
    scene.hear(*(block(index, 90 if index == 29 else 0) for index in range(30)))
    scene.hear(*(block(index, 90) for index in range(60, 60 + REPLAYED_STEPS)))
    assert scene.detections == []
    scene.hear(*(block(index, 90) for index in range(60 + REPLAYED_STEPS, 90)))
    assert [found.position for found in scene.detections] == [(60 + REPLAYED_STEPS + 2) * STEP]


def test_thread_that_falls_behind_drops_all_but_the_newest_and_makes_no_word_of_the_seam():
    scene = Scene()
    for index in range(QUEUE_BLOCKS + 1):  # the thread takes nothing
        scene.ear.feed(block(index, 90 if index > 20 else 0))
    settle(scene.ear)
    assert scene.ear.dropped == QUEUE_BLOCKS + 1 - LOOK_BACK
    assert scene.stepped == [*range(QUEUE_BLOCKS + 1 - LOOK_BACK, QUEUE_BLOCKS + 1)]


def test_falling_behind_is_said_once_each_time_it_begins(caplog):
    engine, running = Recorder(), threading.Event()
    step = engine.step

    def slow(samples):
        running.wait(5)
        return step(samples)

    engine.step = slow
    ear = Listener(engine, Judge(), lambda told: None)
    ear.start()
    for expected in (1, 2):
        running.clear()
        for index in range(3 * QUEUE_BLOCKS):
            ear.feed(block(index))
        assert ear.dropped > expected * QUEUE_BLOCKS
        assert len(caplog.records) == expected
        running.set()
        while ear._behind:
            threading.Event().wait(0.001)
    ear.stop()
    assert "too busy" in caplog.text


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_engine_that_breaks_is_seen_as_a_dead_thread():
    class Broken(Recorder):
        def step(self, samples):
            raise RuntimeError("onnxruntime is gone")

    ear = Listener(Broken(), Judge(), lambda told: None)
    ear.start()
    for index in range(8):
        ear.feed(block(index))
    ear._thread.join(5)
    assert not ear.alive
