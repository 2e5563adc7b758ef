"""The wake word's cost and quickness, against openWakeWord's own class and others over the same models."""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from benches.conditions import RATE, quiet
from benches.figures import Figure
from benches.hearing import Wake, scores_of_ours, scores_of_stock, wakes, wakes_of_the_product
from benches.measuring import Wishes, measure
from benches.signals import Samples
from benches.speech import SPELLINGS, VOICES, say
from voiced.wakeword.engine import STEP
from voiced.wakeword.models import find_models

_STOCK = "openwakeword 0.6.0"
_ROUNDS = 4
_SECONDS = 40
_ROOM_SECONDS = 300
WORDS = tuple(SPELLINGS)
"""The words that the stock class has as .onnx, the heaviest head first."""
NUMBERS = (1, 2, 4, 8)
PHASES = 16
_CASE_SECONDS = 6.0
_PHRASE_AT = 3.0
_LATEST_SECONDS = 1.5
"""After the phrase's end; a wake later than that is none of it."""
_Told = Mapping[str, float]
_Rounds = Sequence[Mapping[str, _Told]]
_IN_NOISE = ("ours", "stock", "thread", "pyopen")


def run(_wishes: Wishes) -> Iterator[Figure]:
    """Cost out of interleaved rounds of processes on one core, then how late a wake is at every phase of the blocks."""
    with tempfile.TemporaryDirectory() as scratch:
        folders = _folders(Path(scratch))
        rounds = [_round(folders[1]) for _ in range(_ROUNDS + 1)][1:]  # the first warms caches and builds graphs
        yield from _costs(rounds)
        yield from _growth(folders)
        yield from _latencies(Path(scratch))


def _folders(scratch: Path) -> dict[int, Path]:
    """A folder of heads for each number of words; more than there are by taking them again, under other names."""
    found = find_models(list(WORDS)).heads
    folders = {}
    for number in NUMBERS:
        folders[number] = scratch / str(number)
        folders[number].mkdir()
        for index, word in enumerate(islice(cycle(WORDS), number)):
            (folders[number] / f"{index}_{word}.onnx").symlink_to(found[word].resolve())
    return folders


def _round(folder: Path) -> dict[str, _Told]:
    """Every engine once, in turns. Of `gated` and `hissing` the sound is a silent room's."""
    told = {engine: _listen(engine, folder, "noise", _SECONDS) for engine in _IN_NOISE}
    told["gated"] = _listen("gated", folder, "silence", _ROOM_SECONDS)
    told["hissing"] = _listen("stock", folder, "silence", _SECONDS)
    return told


def _listen(engine: str, folder: Path, sound: str, seconds: int) -> _Told:
    told: dict[str, float] = json.loads(measure("-m", "benches.ears", engine, str(folder), sound, str(seconds)).output)
    return told


def _costs(rounds: _Rounds) -> Iterator[Figure]:
    for one, other, peer, key, metric, unit, scale, goal in (
        ("ours", "stock", _STOCK, "cpu_seconds", "CPU a second of sound", "ms", 1e3, 0.25),
        ("thread", "stock", _STOCK, "cpu_seconds", "the same in the daemon's thread", "ms", 1e3, 0.25),
        ("ours", "pyopen", "pyopen-wakeword", "cpu_seconds", "CPU a second of sound", "ms", 1e3, 0.10),
        ("gated", "hissing", _STOCK, "cpu_seconds", "CPU in a silent room", "ms", 1e3, 0.02),
        ("ours", "stock", _STOCK, "load_seconds", "import and load", "ms", 1e3, 0.25),
        ("ours", "stock", _STOCK, "resident_bytes", "memory after load", "MiB", 2**-20, 0.40),
    ):
        pairs = [(told[one][key] * scale, told[other][key] * scale) for told in rounds]
        yield Figure.beside("wake", metric, unit, pairs, peer, goal)


def _growth(folders: Mapping[int, Path]) -> Iterator[Figure]:
    """Cost beside the lean window form, with more words, and of one more: each pair in one process, in turns."""

    def pairs(told: Mapping[str, Sequence[float]], number: int, peer: str) -> list[tuple[float, float]]:
        both = zip(told[f"ours {number}"], told[f"{peer} {number}"], strict=True)
        return [(one * 1e3, other * 1e3) for one, other in both]

    beside_lean = pairs(_grow("ours,window", folders[1]), 1, "window")
    yield Figure.beside("wake", "CPU a second of sound", "ms", beside_lean, "lean window form", 0.40)
    told = _grow("ours,stock", *folders.values())
    beside = {number: pairs(told, number, "stock") for number in NUMBERS}
    for number in NUMBERS:
        yield Figure.beside("wake", f"CPU with {number} word(s)", "ms", beside[number], _STOCK)
    fewest, most = NUMBERS[0], NUMBERS[-1]
    added = [
        ((ours_many - ours_one) / (most - fewest), (stock_many - stock_one) / (most - fewest))
        for (ours_one, stock_one), (ours_many, stock_many) in zip(beside[fewest], beside[most], strict=True)
    ]
    yield Figure.beside("wake", "CPU of each further word", "ms", added, _STOCK, 0.8)


def _grow(engines: str, *folders: Path) -> Mapping[str, Sequence[float]]:
    told: dict[str, list[float]] = json.loads(measure("-m", "benches.growth", engines, *map(str, folders)).output)
    return told


def _latencies(scratch: Path) -> Iterator[Figure]:
    """How long after the end of "hey jarvis" each hears it, in every voice, at every phase of the blocks."""
    models = find_models(["hey_jarvis"])
    samples, ends = _phrases()
    cache = scratch / "graphs"
    stock = _delays(wakes(scores_of_stock(models, samples), models, 1), ends)
    yield from _beside("one block", _delays(wakes(scores_of_ours(models, cache, samples), models, 1), ends), stock, 0.0)
    yield from _beside(
        "two blocks, as installed", _delays(wakes_of_the_product(models, cache, samples), ends), stock, 80.0
    )


def _phrases() -> tuple[Samples, list[int]]:
    """The phrase in every voice at every phase, and the samples at which it ends."""
    parts, ends = [], []
    whole = round(_CASE_SECONDS * RATE / STEP) * STEP
    for program, voice in VOICES:
        phrase = say("hey jarvis", program, voice)
        for phase in range(PHASES):
            case = np.zeros(whole, np.int16)
            begin = round(_PHRASE_AT * RATE / STEP) * STEP + phase * STEP // PHASES
            case[begin : begin + len(phrase)] = phrase
            ends.append(len(parts) * whole + begin + len(phrase))
            parts.append(case)
    return quiet(np.concatenate(parts)).samples, ends


def _delays(found: Sequence[Wake], ends: Sequence[int]) -> list[float | None]:
    """Milliseconds from each phrase's end to its wake; None where there was none."""
    delays: list[float | None] = []
    for end in ends:
        first = end - round((_PHRASE_AT - 1) * RATE)
        near = [wake.position for wake in found if first < wake.position <= end + _LATEST_SECONDS * RATE]
        delays.append((near[0] - end) * 1000 / RATE if near else None)
    return delays


def _beside(rule: str, ours: Sequence[float | None], stock: Sequence[float | None], goal: float) -> Iterator[Figure]:
    both = [(one, other) for one, other in zip(ours, stock, strict=True) if one is not None and other is not None]
    later = sorted(one - other for one, other in both)
    yield Figure.beside("wake", f"end of phrase to wake, {rule}", "ms", both, _STOCK)
    yield Figure.alone("wake", f"later than stock, {rule}: median", "ms", later, goal)
    yield Figure.alone("wake", f"later than stock, {rule}: 95 %", "ms", [later[int(0.95 * (len(later) - 1))]], goal)
    yield Figure.alone("wake", f"later than stock, {rule}: latest", "ms", later[-1:])
    misses = [(sum(one is None for one in ours), sum(other is None for other in stock))]
    yield Figure.beside("wake", f"phrases not heard of {len(ours)}, {rule}", "", misses, _STOCK)
