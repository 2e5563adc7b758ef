"""`voiced wake test`: what the wake words make of recordings."""

import argparse
import json
import math
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from voiced.audio.frames import CAPTURE_RATE
from voiced.audio.recordings import RecordingError, read_recording
from voiced.audio.settings import InputSettings
from voiced.cli.common import EX_CONFIG, EX_OK, EX_UNAVAILABLE, add_config, fail, load_or_explain
from voiced.cli.wake_words import chosen, engine_for
from voiced.wakeword.calibration import peak
from voiced.wakeword.engine import Engine
from voiced.wakeword.models import WakeWordError
from voiced.wakeword.scoring import STEP_SECONDS, Heard, hear
from voiced.wakeword.second_opinion import load_opinions
from voiced.wakeword.settings import WakeWordSettings

_BLOCKS = " ▁▂▃▄▅▆▇█"
_ASCII = " .:-=+*#%@"
_MARGIN = "    "


@dataclass(frozen=True, slots=True)
class Trial:
    """What one word made of one recording.

    Attributes:
        file: the recording.
        seconds: how long it is.
        word: the wake word's name.
        settings: what it is judged by.
        scores: one a step of 80 ms, the silence after the end included.
        heard: what the daemon would have woken to.
        reached: the highest threshold at which the configured number of frames in a row is reached.
        refused: whether the second opinion kept it from being heard at some place.
    """

    file: Path
    seconds: float
    word: str
    settings: WakeWordSettings
    scores: NDArray[np.float32]
    heard: Sequence[Heard]
    reached: float
    refused: bool

    @property
    def peak(self) -> Heard:
        """The highest score, and the end of its step."""
        step = int(self.scores.argmax())
        return Heard((step + 1) * STEP_SECONDS, float(self.scores[step]))

    @property
    def catching(self) -> float | None:
        """The highest threshold, in hundredths, that wakes the speaker here; None where none worth setting does."""
        hundredths = math.floor(self.reached * 100 + 1e-6)
        return min(hundredths, 99) / 100 if hundredths >= 1 else None

    @property
    def silent(self) -> float | None:
        """The lowest threshold, in hundredths, that doesn't; None where none does."""
        hundredths = math.floor(self.reached * 100 + 1e-6) + 1
        return hundredths / 100 if hundredths <= 99 else None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `voiced wake test`."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="WAV files, of any rate")
    parser.add_argument("--word", action="append", default=[], help="this one only; may be given several times")
    parser.add_argument("--negative", action="store_true", help="nobody says the word: which threshold stays silent?")
    parser.add_argument("--json", action="store_true", help="one object a file and word, with every score")
    parser.add_argument("--plot", type=Path, metavar="F.png", help="the scores as a picture")
    add_config(parser)


def execute(options: argparse.Namespace) -> int:
    """Score every file; the status is 1 if a word was missed, or with `--negative` heard, anywhere."""
    settings = load_or_explain(options.config)
    if settings is None:
        return EX_CONFIG
    try:
        words = chosen(settings, options.word)
        engine = engine_for(words)
        trials = []
        for path in options.files:
            of_file = [*_trials(engine, words, path, settings.audio.input)]
            tell(of_file, negative=options.negative, as_json=options.json)
            trials += of_file
        if options.plot is not None:
            from voiced.cli.wake_plot import draw  # noqa: PLC0415 (an extra)

            draw(trials, options.plot)
    except (WakeWordError, RecordingError) as error:
        return fail(EX_UNAVAILABLE, str(error))
    woken = {path: any(trial.heard for trial in trials if trial.file == path) for path in options.files}
    return EX_OK if all(heard != options.negative for heard in woken.values()) else 1


def _trials(
    engine: Engine, words: Mapping[str, WakeWordSettings], path: Path, microphone: InputSettings
) -> Iterator[Trial]:
    samples = read_recording(path, microphone.channel, microphone.channels)
    hearing = hear(engine, samples, words, load_opinions(words))
    for column, name in enumerate(engine.names):
        word, own = words[name], hearing.scores[:, column]
        yield Trial(
            path,
            len(samples) / CAPTURE_RATE,
            name,
            word,
            own,
            hearing.heard[name],
            peak(own, word.frames),
            name in hearing.refused,
        )


def tell(trials: Sequence[Trial], *, negative: bool, as_json: bool, out: TextIO | None = None) -> None:
    """Print what became of one file: for a person two lines a word, for a program an object a word."""
    out = out or sys.stdout
    if not as_json:
        print(f"{trials[0].file}: {trials[0].seconds:.1f} s", file=out)
    for trial in trials:
        if as_json:
            print(json.dumps(_object(trial)), file=out)
            continue
        plain = not out.isatty() or "utf" not in (out.encoding or "").lower()
        columns = shutil.get_terminal_size().columns if out.isatty() else 100
        print(f"  {trial.word}", file=out)
        print(f"{_MARGIN}|{bars(trial.scores, columns - len(_MARGIN) - 3, plain=plain)}|", file=out)
        print(f"{_MARGIN}{'; '.join(_facts(trial, negative=negative))}", file=out)


def bars(scores: NDArray[np.float32], width: int, *, plain: bool) -> str:
    """Scores over time as one line of at most that many characters, each the highest of its stretch.

    With `plain` ten ASCII characters, else eighths of a block.
    """
    levels = _ASCII if plain else _BLOCKS
    edges = np.linspace(0, len(scores), min(max(width, 1), len(scores)) + 1).round().astype(int)
    highest = np.maximum.reduceat(scores, edges[:-1])
    return "".join(levels[math.ceil(round(float(value), 2) * (len(levels) - 1))] for value in highest)


def _facts(trial: Trial, *, negative: bool) -> Iterator[str]:
    yield f"peak {trial.peak.score:.2f} at {trial.peak.at:.2f} s"
    rule = f"threshold {trial.settings.threshold:g}, {trial.settings.frames} in a row"
    if trial.heard:
        yield f"heard at {', '.join(f'{heard.at:.2f} s ({heard.score:.2f})' for heard in trial.heard)} with {rule}"
    else:
        yield f"not heard with {rule}"
    if trial.refused:
        yield "the second opinion refused it: not the whole phrase (second_opinion: false leaves that out)"
    if negative:
        yield "no threshold keeps it silent" if trial.silent is None else f"silent from threshold {trial.silent:.2f} on"
    elif trial.catching is None:
        yield "no threshold catches it"
    else:
        yield f"caught up to threshold {trial.catching:.2f}"


def _object(trial: Trial) -> dict[str, object]:
    return {
        "file": str(trial.file),
        "seconds": round(trial.seconds, 3),
        "word": trial.word,
        "threshold": trial.settings.threshold,
        "frames": trial.settings.frames,
        "refractory_seconds": trial.settings.refractory_seconds,
        "peak": {"at": round(trial.peak.at, 2), "score": round(trial.peak.score, 4)},
        "heard": [{"at": round(heard.at, 2), "score": round(heard.score, 4)} for heard in trial.heard],
        "refused": trial.refused,
        "catching_threshold": trial.catching,
        "silent_threshold": trial.silent,
        "step_seconds": STEP_SECONDS,
        "scores": [round(value, 4) for value in trial.scores.tolist()],
    }
