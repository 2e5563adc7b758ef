"""The thread that listens all day, and sleeps where there is nothing to hear."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from voiced.audio.frames import Frame
from voiced.wakeword.blocks import Block, Cutter
from voiced.wakeword.detector import Detector, Judgement
from voiced.wakeword.engine import STEP, Engine
from voiced.wakeword.gate import Gate
from voiced.wakeword.statistics import Cost

REPLAYED_STEPS = 28
"""Blocks that all state of the engine rests on: 16 embeddings, each of 76 mel frames, and the tail of a block."""
JUDGED_STEPS = 6
"""Blocks before the gate opens whose scores count: 0.5 s."""
LOOK_BACK = REPLAYED_STEPS + JUDGED_STEPS
QUEUE_BLOCKS = 96
"""Blocks that may wait: 5 s, and what an opening gate brings at once."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Waiting:
    block: Block
    wanted: bool
    """Whether its scores may wake anybody."""


class Listener:
    """Scores sound on a thread of its own and calls `heard` from it for everything the detector tells.

    Where the gate is closed or nobody wants to know of wake words (`resting`), nothing is scored and the thread sleeps;
    of what is left out the last 34 blocks are kept, and go first when it is needed again. A block is judged only if the
    28 before it went in without a gap: then its scores are, bit for bit, those of an engine that heard everything.
    So the stream is never reset, and no gap, of whatever kind, can sound like a word.

    `gate` is None where every block is to be scored. `feed` is called from one thread.
    """

    def __init__(
        self, engine: Engine, detector: Detector, heard: Callable[[Judgement], object], gate: Gate | None = None
    ) -> None:
        self._engine = engine
        self._detector = detector
        self._heard = heard
        self._gate = gate
        self._cutter = Cutter()
        self._skipped: deque[_Waiting] = deque(maxlen=LOOK_BACK + 1)
        self._queue: deque[_Waiting] = deque()
        self._ready = threading.Condition()
        self._stopped = self._behind = False
        self._position: int | None = None
        self._unbroken = 0
        self._thread = threading.Thread(target=self._run, name="wakeword", daemon=True)
        self.resting = False
        """Whether nobody wants to know of wake words now; set by who feeds."""
        self.dropped = 0
        """Blocks that were lost because the thread fell behind."""
        self.cost = Cost()

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread still listens."""
        return self._thread.is_alive()

    @property
    def quiet_below(self) -> float:
        """RMS below which the next block lets the thread sleep; 0 where none does. To be read by who feeds."""
        return 0.0 if self._gate is None else self._gate.opens_at

    def feed(self, frame: Frame) -> None:
        """Take a frame; never blocks. Costs 7 µs a block in a silent room."""
        for block in self._cutter.cut(frame):
            is_open = self._gate is None or self._gate.hear(block.samples)
            self._skipped.append(_Waiting(block, wanted=not self.resting))
            if is_open and not self.resting:
                self._wake()

    def stop(self) -> None:
        """End the thread and wait for it."""
        with self._ready:
            self._stopped = True
            self._ready.notify()
        self._thread.join()

    def _wake(self) -> None:
        """Give the thread the latest block and what was left out before it.

        Where more would wait than `QUEUE_BLOCKS`, all but the newest are dropped in one piece: that leaves a stretch of
        which something can be judged, where a block now and then would leave gaps only.
        """
        with self._ready:
            self._queue.extend(self._skipped)
            self._skipped.clear()
            surplus = len(self._queue) - LOOK_BACK if len(self._queue) > QUEUE_BLOCKS else 0
            for _ in range(surplus):
                self._queue.popleft()
            first, self._behind = surplus > 0 and not self._behind, self._behind or surplus > 0
            self._ready.notify()
        self.dropped += surplus
        if first:
            log.warning("the wake word falls behind: the machine is too busy, sound is skipped")

    def _run(self) -> None:
        while True:
            with self._ready:
                while not self._queue and not self._stopped:
                    self._behind = False
                    self._ready.wait()
                if self._stopped:
                    return
                waiting = self._queue.popleft()
            self._step(waiting)

    def _step(self, waiting: _Waiting) -> None:
        block = waiting.block
        if self._position is None:
            self._unbroken = REPLAYED_STEPS  # the engine was primed, the detector ignores the first steps
        elif block.position - STEP != self._position:
            self._unbroken = 0
        self._position = block.position
        self._unbroken += 1
        began = time.perf_counter()
        scores = self._engine.step(block.samples).tolist()
        self.cost.took(time.perf_counter() - began)
        if self._unbroken <= REPLAYED_STEPS or not waiting.wanted:
            self._detector.interrupt()
            return
        found = self._detector.judge(scores, block.position, block.captured_at, self._engine.window)
        if found is not None:
            self._heard(found)
