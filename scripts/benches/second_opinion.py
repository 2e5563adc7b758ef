"""What the second opinion on "hey jarvis" keeps from waking the speaker, and what it costs.

It is trained on synthesised speech, so only recordings of people tell what it is worth: `--audio` with a bare "jarvis"
in `negative/*jarvis/`, and "hey jarvis" in `real/`. In this file `lost` is what is heard without it and not with it.
"""

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benches.conditions import Room, Stream, blocks, furnish
from benches.figures import Figure
from benches.hearing import Wake, missed, scores_of_stock, wakes
from benches.measuring import Wishes
from benches.recordings import collect
from benches.signals import Samples
from benches.speech import SPELLINGS, VOICES, Spoken, reading, say, trimmed
from voiced.wakeword.detector import Detection, Detector
from voiced.wakeword.engine import STEP, Engine
from voiced.wakeword.heads import WINDOW_SHAPE
from voiced.wakeword.models import find_models
from voiced.wakeword.second_opinion import load_opinion, load_opinions
from voiced.wakeword.settings import WakeWordSettings

WORD = "hey_jarvis"
_STOCK = "openwakeword 0.6.0"
_MOST_WOKEN = 10.0
_MOST_LOST = 2.0
_BABBLED_SECONDS = 300
_OPINIONS = 2000
_BLOCK_MS = 1000 * STEP // 16_000


@dataclass(frozen=True, slots=True)
class _Heard:
    """What wakes the speaker in one stream with the opinion and without it; how many ms it was held back."""

    stream: Stream
    agreed: Sequence[Wake]
    certain: Sequence[Wake]
    held_ms: float

    def lost(self) -> float:
        """Percent of what is heard without the opinion."""
        heard = len(self.stream.places) - missed(self.certain, self.stream)
        gone = sum(
            missed(self.certain, one) < missed(self.agreed, one)
            for one in (Stream(self.stream.samples, [place]) for place in self.stream.places)
        )
        return 100 * gone / max(1, heard)

    def woken(self, found: Sequence[Wake]) -> float:
        """Percent of a stream's phrases."""
        return 100 - 100 * missed(found, self.stream) / len(self.stream.places)


def run(wishes: Wishes) -> Iterator[Figure]:
    """Wakes on the bare "jarvis" and lost wakes, in every room, beside stock in a quiet one; what it costs in time."""
    babble = reading(_BABBLED_SECONDS)
    whole = {"synthesised": _say(SPELLINGS[WORD])}
    bare = {"synthesised": _say(("jarvis", "Jarvis!"))}
    if wishes.audio is not None:
        found = collect(wishes.audio)
        whole["recorded"] = [spoken for spoken in found.positive if spoken.word == WORD]
        bare["recorded"] = [Spoken(WORD, trimmed(samples)) for samples in found.jarvis if len(trimmed(samples))]
    with tempfile.TemporaryDirectory() as scratch:
        for room in Room:
            for kind, phrases in bare.items():
                yield from _bare(f"{kind}, {room}", phrases, room, babble, Path(scratch))
            yield from _whole(whole, room, babble, Path(scratch))
    yield _cost()


def _say(texts: Sequence[str]) -> list[Spoken]:
    said = [Spoken(WORD, say(text, *voice)) for text in texts for voice in VOICES]
    return [spoken for spoken in said if len(spoken.samples)]


def _bare(what: str, phrases: Sequence[Spoken], room: Room, babble: Samples, scratch: Path) -> Iterator[Figure]:
    if not phrases:
        return
    heard = _hear(furnish(room, phrases, babble), scratch)
    metric = f'wakes on {len(phrases)} bare "jarvis", {what}'
    ours = heard.woken(heard.agreed)
    if room is Room.CLEAN:
        models = find_models([WORD])
        stock = heard.woken(wakes(scores_of_stock(models, heard.stream.samples), models, 1))
        yield Figure.alone("second-opinion", metric, "%", [ours], _MOST_WOKEN)
        yield Figure.beside("second-opinion", f"{metric}, beside stock", "%", [(ours, stock)], _STOCK)
    else:
        yield Figure.alone("second-opinion", metric, "%", [ours])
    yield Figure.alone("second-opinion", f"{metric}, without the opinion", "%", [heard.woken(heard.certain)])


def _whole(whole: Mapping[str, Sequence[Spoken]], room: Room, babble: Samples, scratch: Path) -> Iterator[Figure]:
    for kind, phrases in whole.items():
        if not phrases:
            continue
        heard = _hear(furnish(room, phrases, babble), scratch)
        metric = f"of {len(phrases)} phrases, {kind}, {room}"
        yield Figure.alone("second-opinion", f"wakes lost {metric}", "%", [heard.lost()], _MOST_LOST)
        yield Figure.alone("second-opinion", f"held back {metric}: average", "ms", [heard.held_ms])


def _hear(stream: Stream, scratch: Path) -> _Heard:
    """One engine, two detectors."""
    engine = Engine(find_models([WORD]), scratch / "graphs")
    settings = WakeWordSettings()
    doubting = Detector([(WORD, settings)], load_opinions({WORD: settings}))
    trusting = Detector([(WORD, settings)])
    agreed: list[Wake] = []
    certain: list[Wake] = []
    for index, block in enumerate(blocks(stream.samples)):
        scores, position = engine.step(block).tolist(), (index + 1) * STEP
        for detector, found in ((doubting, agreed), (trusting, certain)):
            told = detector.judge(scores, position, 0.0, engine.window)
            if isinstance(told, Detection):
                found.append(Wake(WORD, told.position))
    held = doubting.statistics[WORD].held_blocks * _BLOCK_MS / max(1, len(agreed))
    return _Heard(stream, agreed, certain, held)


def _cost() -> Figure:
    opinion = load_opinion(WORD)
    window = np.random.default_rng(1).normal(0, 5, WINDOW_SHAPE).astype(np.float32)
    took = []
    for _ in range(_OPINIONS):
        began = time.perf_counter()
        opinion.agrees(window)
        took.append((time.perf_counter() - began) * 1e3)
    return Figure.alone("second-opinion", "one opinion", "ms", took)
