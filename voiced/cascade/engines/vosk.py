"""Free speech by Vosk, with a model of the owner's."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.engines.models import EngineError, missing_files, missing_package
from voiced.cascade.loudness import RATE

_FEATURES = "conf/mfcc.conf|conf/fbank.conf"
_FILES = ("am/final.mdl|final.mdl", "conf/model.conf", _FEATURES, "graph/HCLG.fst|graph/HCLr.fst")
_OLD_FILES = ("final.mdl", "mfcc.conf", "HCLG.fst|HCLr.fst")
"""Of older models, which lie flat."""
_IN_TWO = ("Gr.fst", "disambig_tid.int")
"""What stands beside HCLr.fst, where the graph is in two."""
_SPEAKER = ("splice.conf", "online_cmvn.conf", "final.mat", "global_cmvn.stats", "final.dubm")
"""What stands beside ivector/final.ie."""
_WORDS = "words.txt"
"""It has to be there where the graph does not carry the words itself, as that in two does."""
_SILENCE_PHONES = re.compile(rb"^\s*--endpoint\.silence[_-]phones=\s*\d", re.MULTILINE | re.IGNORECASE)
"""What Vosk ends the process without, once it has heard something; old models leave it to Vosk."""
_PIECE = RATE // 5
_SILENCE = np.zeros(RATE, np.int16)
"""Heard by a model that was loaded: parts that don't fit together show there. Their result would end the process."""


def problems(model: Path) -> Iterator[tuple[str, str]]:
    """What would keep it from working: the key of `recognition` that should change, and what to do."""
    if missing := missing_package("vosk", "vosk"):
        yield "engine", missing
    for fault in _faults(model):
        yield "model", fault


def _faults(model: Path) -> Iterator[str]:
    old = (model / "final.mdl").exists() and not (model / "am/final.mdl").exists()
    wanted, graph = (_OLD_FILES, "") if old else (_FILES, "graph/")
    beside = [f"ivector/{name}" for name in _SPEAKER if (model / "ivector/final.ie").exists()]
    if not (model / f"{graph}HCLG.fst").exists():
        beside += [f"{graph}{name}" for name in _IN_TWO]
    yield from missing_files(model, (*wanted, *beside), "a Vosk model")
    # An empty file is one that changes nothing or has no words to Vosk, which then goes on and hears nothing right.
    for name in (*"|".join(wanted).split("|"), f"{graph}{_WORDS}"):
        if (model / name).is_file() and not (model / name).stat().st_size:
            yield f"{model / name} is empty: unpack the model anew"
    path = model / "conf/model.conf"
    if not old and path.is_file() and (said := path.read_bytes()) and not _SILENCE_PHONES.search(said):
        yield f"{path} lacks --endpoint.silence-phones: unpack the model anew"


class Vosk:
    """A model, loaded.

    Raises:
        EngineError: the package is missing, or the folder holds no model.
    """

    name = "vosk"

    def __init__(self, model: Path) -> None:
        for key, fault in problems(model):
            raise EngineError(f"vosk: {key}: {fault}")
        import vosk  # noqa: PLC0415 (heavy, and only where it is asked for)

        vosk.SetLogLevel(-1)
        self._recogniser = vosk.KaldiRecognizer
        try:
            self._model = vosk.Model(str(model))
            self.begin().feed(_SILENCE)
        except Exception as error:  # it raises no other class
            wordless = any(model.rglob("HCLG.fst")) and not any(model.rglob(_WORDS))
            words = f"there is no {_WORDS} in it; " if wordless else ""
            told = f"{words}{error}; Vosk's own line before this one says why"
            raise EngineError(f"vosk: {model} can't be used: unpack the model anew ({told})") from error

    def begin(self) -> "VoskStream":
        """Listen to a stretch of speech."""
        return VoskStream(self._recogniser(self._model, float(RATE)))


class VoskStream:
    """One stretch of speech.

    Args:
        recogniser: a fresh `KaldiRecognizer`.
    """

    def __init__(self, recogniser: Any) -> None:  # noqa: ANN401 (it has no types)
        self._recogniser = recogniser
        self._texts: list[str] = []

    def feed(self, samples: NDArray[np.int16]) -> None:
        """More of it, at 16 kHz."""
        for start in range(0, len(samples), _PIECE):
            if self._recogniser.AcceptWaveform(samples[start : start + _PIECE].tobytes()):  # it found an end by itself
                self._texts.append(_field(self._recogniser.Result(), "text"))

    def text(self) -> str:
        """What was said so far."""
        return _joined([*self._texts, _field(self._recogniser.PartialResult(), "partial")])

    def finish(self) -> str:
        """What was said."""
        return _joined([*self._texts, _field(self._recogniser.FinalResult(), "text")])


def _field(answer: str, name: str) -> str:
    return str(json.loads(answer).get(name, ""))


def _joined(texts: list[str]) -> str:
    return " ".join(text for text in texts if text)
