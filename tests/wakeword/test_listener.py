import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiced.audio.frames import Frame
from voiced.wakeword.detector import Detection, Detector
from voiced.wakeword.engine import STEP
from voiced.wakeword.listener import QUEUE_FRAMES, Listener
from voiced.wakeword.settings import WakeWordSettings


class Recorder:
    """An engine that keeps what it was given and scores 1 from block `loud_from` on."""

    names = ("word",)

    def __init__(self, loud_from=10**9):
        self.blocks = []
        self.loud_from = loud_from

    def step(self, samples):
        self.blocks.append(samples.copy())
        return np.array([float(len(self.blocks) > self.loud_from)], np.float32)


def listener(engine, heard=lambda found: None):
    return Listener(engine, Detector([("word", WakeWordSettings(model="word"))]), heard)


def frame(position, samples):
    return Frame(np.asarray(samples, np.int16).tobytes(), position, position / 16_000)


@settings(deadline=None)
@given(st.lists(st.integers(1, 4000), min_size=1, max_size=30))
def test_any_chunking_of_the_input_gives_the_engine_the_same_blocks(sizes):
    engine = Recorder()
    ear = listener(engine)
    total = np.arange(sum(sizes), dtype=np.int16)
    at = 0
    for size in sizes:
        ear._listen(frame(at, total[at : at + size]))
        at += size
    whole = len(total) // STEP * STEP
    assert np.array_equal(np.concatenate([*engine.blocks, np.zeros(0, np.int16)]), total[:whole])


def test_detection_names_the_position_where_the_deciding_block_ended():
    heard, found = threading.Event(), []

    def take(detection):
        if isinstance(detection, Detection):
            found.append(detection)
            heard.set()

    ear = listener(Recorder(loud_from=20), take)
    ear.start()
    for index in range(110):
        ear.feed(frame(1000 + index * 320, np.zeros(320)))
    assert heard.wait(5)
    ear.stop()
    assert found[0].position == 1000 + 22 * STEP


def test_thread_that_falls_behind_drops_the_oldest_and_says_so_once(caplog):
    ear = listener(Recorder())
    for index in range(QUEUE_FRAMES + 5):  # not started: nothing is taken
        ear.feed(frame(index * 320, np.zeros(320)))
    assert ear.dropped == 5
    assert len(caplog.records) == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_engine_that_breaks_is_seen_as_a_dead_thread():
    class Broken(Recorder):
        def step(self, samples):
            raise RuntimeError("onnxruntime is gone")

    ear = listener(Broken())
    ear.start()
    for index in range(8):
        ear.feed(frame(index * 320, np.zeros(320)))
    ear._thread.join(5)
    assert not ear.alive
