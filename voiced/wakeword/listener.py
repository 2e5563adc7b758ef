"""The thread that listens all day."""

import logging
import threading
from collections import deque
from collections.abc import Callable

import numpy as np

from voiced.audio.frames import Frame, Samples
from voiced.wakeword.detector import Detection, Detector, Suspicion
from voiced.wakeword.engine import STEP, Engine

REPLAYED_STEPS = 28
"""Blocks that all state of the engine rests on: 16 embeddings, each of 76 mel frames, and the tail of a block."""

log = logging.getLogger(__name__)

QUEUE_FRAMES = 250
"""Frames that may wait: 5 s. When full the oldest is dropped, counted, and said once."""


class Listener:
    """Scores frames on a thread of its own and calls `heard` from it for each detection and suspicion.

    The stream is never reset. While it rests nothing is scored; afterwards the last seconds are replayed without being
    judged, which leaves the engine in the very state that listening all along would have.
    """

    def __init__(self, engine: Engine, detector: Detector, heard: Callable[[Detection | Suspicion], object]) -> None:
        self._engine = engine
        self._detector = detector
        self._heard = heard
        self._frames: deque[Frame] = deque(maxlen=QUEUE_FRAMES)
        self._ready = threading.Condition()
        self._stopped = False
        self._block = np.zeros(STEP, np.int16)
        self._filled = 0
        self._skipped: deque[Samples] = deque(maxlen=REPLAYED_STEPS)
        self.resting = False
        """Whether nobody wants to know of wake words now; set by the caller, from any thread."""
        self._thread = threading.Thread(target=self._run, name="wakeword", daemon=True)
        self.dropped = 0

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread still listens."""
        return self._thread.is_alive()

    def feed(self, frame: Frame) -> None:
        """Queue a frame; never blocks."""
        with self._ready:
            if len(self._frames) == QUEUE_FRAMES:
                if not self.dropped:
                    log.warning("the wake word falls behind: the machine is too busy, sound is skipped")
                self.dropped += 1
            self._frames.append(frame)
            self._ready.notify()

    def stop(self) -> None:
        """End the thread and wait for it."""
        with self._ready:
            self._stopped = True
            self._ready.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._ready:
                while not self._frames and not self._stopped:
                    self._ready.wait()
                if self._stopped:
                    return
                frame = self._frames.popleft()
            self._listen(frame)

    def _listen(self, frame: Frame) -> None:
        samples = frame.samples
        taken = 0
        while taken < len(samples):
            part = samples[taken : taken + STEP - self._filled]
            self._block[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            taken += len(part)
            if self._filled == STEP:
                self._filled = 0
                self._judge(frame, frame.position + taken)

    def _judge(self, frame: Frame, position: int) -> None:
        if self.resting:
            self._skipped.append(self._block.copy())
            return
        while self._skipped:
            self._engine.step(self._skipped.popleft())
        scores = self._engine.step(self._block)
        found = self._detector.judge(scores.tolist(), position, frame.captured_at)
        if found is not None:
            self._heard(found)
