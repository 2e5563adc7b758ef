"""How many wake words are missed and how many are heard that nobody said, against the stock class. Takes a while."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benches.conditions import Room, Stream, furnish, quiet
from benches.figures import Figure
from benches.hearing import Wake, missed, scores_of_ours, scores_of_stock, wakes, wakes_of_the_product
from benches.measuring import Wishes
from benches.recordings import collect
from benches.signals import Samples
from benches.speech import SPELLINGS, VOICES, Spoken, reading, say, trimmed, wake_words
from voiced.wakeword.models import find_models

_STOCK = "openwakeword 0.6.0"
_READ_MINUTES = 30.0
_BABBLED_SECONDS = 300


def run(wishes: Wishes) -> Iterator[Figure]:
    """Misses in every room and false wakes, of synthesised speech and of the recordings there are."""
    with tempfile.TemporaryDirectory() as scratch:
        bench = _Bench(Path(scratch))
        prose = reading((wishes.minutes or _READ_MINUTES) * 60)
        babble = prose[: _BABBLED_SECONDS * 16_000]
        yield from bench.misses("synthesised", wake_words(), babble)
        yield from bench.false_wakes("synthesised", prose)
        yield from bench.bare_jarvis("synthesised", [say("jarvis", *voice) for voice in VOICES])
        if wishes.audio is not None:
            found = collect(wishes.audio)
            yield from bench.misses("recorded", found.positive, babble)
            yield from bench.false_wakes("recorded", found.negative)
            if found.jarvis:
                yield from bench.bare_jarvis("recorded", [trimmed(samples) for samples in found.jarvis])


class _Bench:
    """Every stream is scored once by each engine, and judged in every way from that."""

    def __init__(self, scratch: Path) -> None:
        self._models = find_models(list(SPELLINGS))
        self._cache = scratch / "graphs"

    def misses(self, kind: str, clips: Sequence[Spoken], babble: Samples) -> Iterator[Figure]:
        """The share of clips that nobody woke to."""
        for room in Room:
            stream = furnish(room, clips, babble)
            share = 100 / len(clips)
            one, product, stock = (missed(found, stream) * share for found in self._heard(stream))
            what = f"missed of {len(clips)} {kind}, {room}"
            yield _beside(f"{what}: one block", "%", one, stock)
            yield _beside(f"{what}: as installed", "%", product, stock)

    def false_wakes(self, kind: str, speech: Samples) -> Iterator[Figure]:
        """Wakes in speech without a wake word, of all words together."""
        stream = quiet(speech)
        one, product, stock = (len(found) / stream.hours for found in self._heard(stream))
        what = f"false wakes in {stream.hours:.2f} h, {kind}"
        yield _beside(f"{what}: one block", "/h", one, stock)
        yield _beside(f"{what}: as installed", "/h", product, stock)

    def bare_jarvis(self, kind: str, clips: Sequence[Samples]) -> Iterator[Figure]:
        """The name without the "hey", which wakes hey_jarvis half of the time."""
        stream = furnish(Room.CLEAN, [Spoken("hey_jarvis", samples) for samples in clips], clips[0])
        share = 100 / len(clips)
        one, product, stock = ((len(clips) - missed(found, stream)) * share for found in self._heard(stream))
        what = f'bare "jarvis" wakes, {len(clips)} {kind}'
        yield Figure.beside("wake-accuracy", f"{what}: one block", "%", [(one, stock)], _STOCK)
        yield Figure.beside("wake-accuracy", f"{what}: as installed", "%", [(product, stock)], _STOCK)
        yield Figure.alone("wake-accuracy", f"{what}: the goal", "%", [product], 10.0)

    def _heard(self, stream: Stream) -> tuple[list[Wake], list[Wake], list[Wake]]:
        """What the engine hears by one block, what the daemon does, and what the stock class does by one block."""
        ours = scores_of_ours(self._models, self._cache, stream.samples)
        stock = scores_of_stock(self._models, stream.samples)
        return (
            wakes(ours, self._models, 1),
            wakes_of_the_product(self._models, self._cache, stream.samples),
            wakes(stock, self._models, 1),
        )


def _beside(metric: str, unit: str, ours: float, stock: float) -> Figure:
    """Not more than stock; where that has none, none."""
    return Figure.beside("wake-accuracy", metric, unit, [(ours, stock)], _STOCK, 1.0 if stock else 0.0)
