"""`voiced wake calibrate`: a threshold for a voice and a room, from a few samples of both."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from voiced.audio.devices import DeviceError
from voiced.audio.recordings import RecordingError, read_recording
from voiced.audio.settings import InputSettings
from voiced.cli.common import EX_CONFIG, EX_OK, EX_UNAVAILABLE, add_config, fail, load_or_explain
from voiced.cli.wake_ear import Ear, loudness
from voiced.cli.wake_words import chosen, engine_for
from voiced.config.schema import VoicedSettings
from voiced.wakeword.calibration import Counted, Expectation, Recommendation, peak, recommend
from voiced.wakeword.detector import IGNORED_STEPS
from voiced.wakeword.engine import Engine
from voiced.wakeword.models import WakeWordError, word_name
from voiced.wakeword.scoring import STEP_SECONDS, TAIL_STEPS, score
from voiced.wakeword.settings import WakeWordSettings

EX_USAGE = 64
SAMPLE_SECONDS = 4.0
SETTLE_STEPS = 10
"""Listened to after a word was heard, until its score has fallen again."""
AUDIBLE = 2.5
"""How much louder than the room a block must be, that somebody spoke."""
ATTEMPTS = 3
TELL_SECONDS = 15.0
_Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Material:
    """The `peak` of every sample, and the scores of the room."""

    samples: Sequence[float]
    room: _Scores


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `voiced wake calibrate`."""
    parser.add_argument("--word", help="which one (default: the first configured)")
    parser.add_argument("--samples", type=_positive(int), default=5, metavar="N", help="how often you say it")
    parser.add_argument(
        "--minutes", type=_positive(float, zero=True), default=2.0, metavar="M", help="of the room; 0 leaves it out"
    )
    parser.add_argument(
        "--positive", nargs="+", type=Path, default=[], metavar="FILE", help="recordings of the word, one each"
    )
    parser.add_argument(
        "--room", nargs="+", type=Path, default=[], metavar="FILE", help="recordings of the room without the word"
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    add_config(parser)


def _positive(kind: Callable[[str], float], *, zero: bool = False) -> Callable[[str], float]:
    def parse(text: str) -> float:
        value = kind(text)
        if not (0 <= value < 10_000 and (zero or value)):
            raise argparse.ArgumentTypeError(f"{text} is not a number above zero")
        return value

    return parse


def execute(options: argparse.Namespace) -> int:
    """Listen, or read the files, and recommend; writes nothing."""
    settings = load_or_explain(options.config)
    if settings is None:
        return EX_CONFIG
    if options.room and not options.positive:
        return fail(EX_USAGE, "--room needs --positive beside it: recordings of the word")
    words = chosen(settings, [] if options.word is None else [options.word])
    name, word = next(iter(words.items()))
    tell: Callable[[str], object] = (lambda text: print(text, file=sys.stderr)) if options.json else print
    try:
        engine = engine_for({name: word})
        if options.positive:
            material = _from_files(engine, word, options.positive, options.room)
        else:
            material = _from_microphone(engine, word, settings.audio.input, options, tell)
    except (DeviceError, RecordingError, WakeWordError) as error:
        return fail(EX_UNAVAILABLE, str(error))
    found = recommend(material.samples, material.room, word)
    if options.json:
        minutes = len(material.room) * STEP_SECONDS / 60
        print(json.dumps({"word": name, "samples": material.samples, "room_minutes": minutes, **asdict(found)}))
    else:
        print("\n".join(_report(name, word, material, found)))
        print(_to_paste(settings, word, found.best.threshold), end="")
    return EX_OK


def _from_files(engine: Engine, word: WakeWordSettings, samples: Sequence[Path], room: Sequence[Path]) -> _Material:
    rooms = [score(engine, read_recording(path))[:-TAIL_STEPS, 0] for path in room]
    return _Material(
        [peak(score(engine, read_recording(path))[:, 0], word.frames) for path in samples],
        np.concatenate([np.zeros(0, np.float32), *rooms]),
    )


def _from_microphone(
    engine: Engine,
    word: WakeWordSettings,
    microphone: InputSettings,
    options: argparse.Namespace,
    tell: Callable[[str], object],
) -> _Material:
    with Ear.listening(microphone) as ear:
        session = _Session(engine, ear, word, tell)
        samples = [session.sample(number, options.samples) for number in range(1, options.samples + 1)]
        return _Material(samples, session.room(options.minutes * 60))


class _Session:
    """What is asked of a person at the microphone. The engine hears all of it, without a gap, as the daemon's does."""

    def __init__(self, engine: Engine, ear: Ear, word: WakeWordSettings, tell: Callable[[str], object]) -> None:
        self._engine = engine
        self._ear = ear
        self._word = word
        self._tell = tell
        tell("a moment of silence, please")
        self._quiet = float(np.median([level for _, level in self._listen(IGNORED_STEPS)]))

    def sample(self, number: int, of: int) -> float:
        """The word, said once: its `peak`. Raises `DeviceError` where nobody speaks."""
        phrase = word_name(self._word.model).replace("_", " ")
        for _ in range(ATTEMPTS):
            self._tell(f'{number} of {of}: say "{phrase}" now')
            scores, loudest = self._said()
            if loudest > AUDIBLE * max(self._quiet, 1.0):
                reached = peak(np.array(scores, np.float32), self._word.frames)
                self._tell(f"  scored {reached:.2f}")
                return reached
            self._tell("  nobody was heard to speak; once more")
        raise DeviceError(
            "nobody was heard to speak: watch the microphone's level with `voiced devices --meter`, and speak up"
        )

    def room(self, seconds: float) -> _Scores:
        """Scores of the room as it is."""
        if not seconds:
            return np.zeros(0, np.float32)
        self._tell(f"now {seconds / 60:g} minutes of the room as it usually is; don't say the wake word")
        scores: list[float] = []
        told = 0.0
        for value, _ in self._listen(round(seconds / STEP_SECONDS)):
            scores.append(value)
            passed = len(scores) * STEP_SECONDS
            if passed >= told + TELL_SECONDS:
                told = passed
                self._tell(f"  {passed:.0f} of {seconds:.0f} s, highest score {max(scores):.2f}")
        return np.array(scores, np.float32)

    def _said(self) -> tuple[list[float], float]:
        """Scores until the word was heard or the time is over, and how loud it was at most."""
        scores: list[float] = []
        loudest = 0.0
        for value, level in self._listen(round(SAMPLE_SECONDS / STEP_SECONDS)):
            scores.append(value)
            loudest = max(loudest, level)
            if peak(np.array(scores, np.float32), self._word.frames) >= self._word.threshold:
                break
        scores += [value for value, _ in self._listen(SETTLE_STEPS)]
        return scores, loudest

    def _listen(self, steps: int) -> Iterator[tuple[float, float]]:
        for _ in range(steps):
            block = self._ear.block()
            yield float(self._engine.step(block)[0]), loudness(block)


def _report(name: str, word: WakeWordSettings, material: _Material, found: Recommendation) -> Iterator[str]:
    peaks = " ".join(f"{sample:.2f}" for sample in material.samples)
    yield f"{name}, caught up to threshold ({word.frames} in a row): {peaks}"
    minutes = len(material.room) * STEP_SECONDS / 60
    if minutes:
        yield f"{minutes:.1f} minutes of the room reached {found.loudest:.2f}"
    yield from _expected("recommended", found.best, minutes)
    if found.present.threshold == found.best.threshold:
        yield "which is what is configured"
    else:
        yield from _expected("configured", found.present, minutes)
    if minutes and not found.separable:
        yield "no threshold does both here: come closer to the microphone, make the room quieter, or take another word"
    elif found.weakest < WakeWordSettings().threshold:
        yield "weak: speak up, come closer, or look at the microphone's level (`voiced devices --meter`)"
    yield "to use it, in /etc/voiced/voiced.yaml:"


def _expected(which: str, expectation: Expectation, minutes: float) -> Iterator[str]:
    yield f"{which} threshold {expectation.threshold:.2f}"
    missed = expectation.missed
    yield f"  missed wakes: {missed.times} of the samples, {missed.rate:.0%}; {_bound(f'{missed.at_most:.0%}')}"
    if expectation.false_wakes is None:
        yield "  false wakes: not measured, without sound of the room"
    else:
        yield f"  false wakes: {_an_hour(expectation.false_wakes, minutes)}"


def _an_hour(false: Counted, minutes: float) -> str:
    bound = _bound(f"{false.at_most:.{0 if false.at_most >= 10 else 1}f} an hour")
    return f"{false.times} in {minutes:.1f} minutes, {false.rate:.1f} an hour; {bound}"


def _bound(what: str) -> str:
    return f"at most {what}, with 95 % confidence"


def _to_paste(settings: VoicedSettings, calibrated: WakeWordSettings, threshold: float) -> str:
    """The whole list of wake words: a list in conf.d replaces the one before it."""
    words = list(settings.wake_words)
    if calibrated not in words:
        words.append(calibrated)
    entries = [{"model": word.model} | word.model_dump(mode="json", exclude_defaults=True) for word in words]
    entries[words.index(calibrated)]["threshold"] = threshold
    text: str = yaml.safe_dump({"wake_words": entries}, sort_keys=False, allow_unicode=True)
    return text
