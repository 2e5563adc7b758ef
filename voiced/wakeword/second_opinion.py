"""Whether the whole phrase was said: a second look at what a wake word's network believes it heard.

openWakeWord's hey_jarvis scores a bare "jarvis" as high as the phrase. A small network of our own, over the very
embeddings that are there anyway, looks at the older part of them for what comes before. It costs microseconds, and only
where the first network is certain. It learnt from synthesised speech (`scripts/train-second-opinion`); where its "yes"
begins was set by measuring people (`scripts/bench second-opinion`).
"""

import io
import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voiced.wakeword.heads import WINDOW_SHAPE, Window
from voiced.wakeword.settings import WakeWordSettings

log = logging.getLogger(__name__)

THRESHOLDS = {"hey_jarvis": -2.5}
"""The words that an opinion was trained and measured for, and the evidence from which it agrees."""
_FOLDER = Path(__file__).parent / "opinions"
_WIDTH = WINDOW_SHAPE[2]


class OpinionError(Exception):
    """The weights of an opinion are missing or damaged; the message says which."""


class SecondOpinion:
    """One convolution over the older embeddings, and a weighted sum of what it finds. Raises `OpinionError`.

    `weights` holds `kernel` (stretch * 96, channels), `bias` (channels,), `sum` (places * channels,) and `offset` (1,):
    a stretch of embeddings gives the channels, at every place from the oldest on; `threshold` is the sum it takes.
    """

    def __init__(self, weights: Mapping[str, NDArray[np.floating]], threshold: float) -> None:
        try:
            self._kernel, self._bias, self._sum, self._offset = (
                weights[name].astype(np.float32) for name in ("kernel", "bias", "sum", "offset")
            )
        except KeyError as error:
            raise OpinionError(f"there is no {error} among its weights") from error
        rows, channels = self._kernel.shape if self._kernel.ndim == 2 else (0, 0)
        places = len(self._sum) // channels if self._sum.ndim == 1 and channels else 0
        self._length = rows + (places - 1) * _WIDTH
        if (
            not rows
            or rows % _WIDTH
            or self._bias.shape != (channels,)
            or self._sum.shape != (places * channels,)
            or self._offset.shape != (1,)
            or not places
            or self._length > WINDOW_SHAPE[1] * _WIDTH
        ):
            raise OpinionError("its weights are of another shape")
        if not all(np.isfinite(part).all() for part in (self._kernel, self._bias, self._sum, self._offset)):
            raise OpinionError("its weights are no numbers")
        self._threshold = threshold

    def agrees(self, window: Window) -> bool:
        """Whether the whole phrase is in a window of embeddings, of `WINDOW_SHAPE`, as the certain block left it."""
        return self.evidence(window) >= self._threshold

    def evidence(self, window: Window) -> float:
        """What speaks for the whole phrase; the greater the more."""
        older = np.ascontiguousarray(window, np.float32).reshape(-1)[: self._length]
        stretches = np.lib.stride_tricks.sliding_window_view(older, len(self._kernel))[::_WIDTH]
        found = np.maximum(stretches @ self._kernel + self._bias, 0.0)
        return float(found.reshape(-1) @ self._sum + self._offset[0])


def load_opinion(word: str) -> SecondOpinion:
    """The opinion of a word of `THRESHOLDS`. Raises `OpinionError`."""
    path = _FOLDER / f"{word}.npz"
    try:
        file = np.load(io.BytesIO(path.read_bytes()), allow_pickle=False)
        weights = dict(file)
    except Exception as error:  # numpy lets out whatever zip, zlib and Python's own tokenizer make of a damaged file
        raise OpinionError(f"{path} can't be read: {error}") from error
    return SecondOpinion(weights, THRESHOLDS[word])


def load_opinions(words: Mapping[str, WakeWordSettings]) -> dict[str, SecondOpinion]:
    """The opinions there are for some wake words by name, where the owner wants them; a bad one is left out and told.

    Only for the known models: one of the owner's that is called the same was not measured.
    """
    opinions = {}
    for name, word in words.items():
        if not word.second_opinion or word.model not in THRESHOLDS:
            continue
        try:
            opinions[name] = load_opinion(word.model)
        except OpinionError as error:
            log.warning(
                "%s works without its second opinion, so the end of the phrase alone may wake the speaker: %s; "
                "install voiced again",
                name,
                error,
            )
    return opinions
