"""Whether the engine hears at all: each known word's own clip is scored at the start, beside the running stream."""

import logging
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voiced.audio.frames import Samples
from voiced.wakeword.engine import STEP, Engine
from voiced.wakeword.heads import Window
from voiced.wakeword.models import manifest
from voiced.wakeword.settings import WakeWordSettings

log = logging.getLogger(__name__)

HEARD = 0.5
"""The score at which a clip counts as heard, or the word's threshold where that is lower. The clips reach 0.94."""
_CLIPS = Path(__file__).parent / "rehearsals"
_ANY = "hey_jarvis"
"""The clip for the features where no word has its own."""
_BEFORE, _AFTER = 1, 10
"""Steps of silence around a clip: a score rises up to 0.4 s after the word."""
_FIX = "get the models again (voiced wake fetch) and check the installation (voiced doctor)"


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What the engine made of the clips.

    Attributes:
        scores: the highest of each word that has a clip, on that.
        deaf: the words that were not heard; all of them where the features that they share are no good.
        fault: why the speaker can't listen at all, or None.
    """

    scores: Mapping[str, float]
    deaf: tuple[str, ...]
    fault: str | None


def self_test(engine: Engine, words: Mapping[str, WakeWordSettings]) -> SelfTest:
    """Let an engine hear the clips of its words, and say what is wrong. Takes 10 ms of CPU a word.

    A word with a model of the owner's has no clip; the features that it shares with the others are tested.
    """
    silence = np.zeros(STEP, np.int16)
    _, nothing = engine.rehearse(silence)
    known = [name for name, word in words.items() if word.model in manifest().words]
    scores: dict[str, float] = {}
    senseless, reason = False, None
    for name in known or [_ANY]:
        found, window = engine.rehearse(_clip(name))
        senseless = senseless or not _makes_sense(window, nothing)
        if name in known:
            scores[name] = float(found[:, engine.names.index(name)].max())
    untested = [name for name in words if name not in scores]
    if senseless:
        reason = f"the wake word's features tell nothing of sound; {_FIX}"
        log.error("%s", reason)
        return SelfTest(scores, tuple(words), reason)
    deaf = tuple(name for name, score in scores.items() if not score >= min(HEARD, words[name].threshold))
    if len(deaf) == len(words):
        reason = f"deaf to {_list(deaf, scores)}; {_FIX}"
        log.error("%s", reason)
    elif deaf:
        log.warning("deaf to %s, the other wake words work; %s", _list(deaf, scores), _FIX)
    for name, score in scores.items():
        if name not in deaf and score < words[name].threshold:
            log.warning("%s: not even a clear voice reaches the threshold %g", name, words[name].threshold)
    if untested:
        log.info("%s: there is no clip for a model of your own; its features were tested", ", ".join(untested))
    return SelfTest(scores, deaf, reason)


def _clip(name: str) -> Samples:
    with wave.open(str(_CLIPS / f"{name}.wav")) as file:
        said = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    whole = np.zeros((_BEFORE + _AFTER + 1 + len(said) // STEP) * STEP, np.int16)
    whole[_BEFORE * STEP : _BEFORE * STEP + len(said)] = said
    return whole


def _makes_sense(window: Window, nothing: Window) -> bool:
    """Whether embeddings of speech are numbers, change with it, and are not those of silence."""
    return bool(np.isfinite(window).all() and np.ptp(window, axis=1).any() and not np.array_equal(window, nothing))


def _list(words: tuple[str, ...], scores: Mapping[str, float]) -> str:
    return ", ".join(f"{word} ({scores[word]:.2f} for its own clip)" for word in words)
