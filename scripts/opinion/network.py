"""Trains the second opinion's network: one convolution over time and a sum, by Adam with decoupled weight decay."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voiced.wakeword.heads import WINDOW_SHAPE

KERNEL = 5
"""Embeddings that a channel looks at together: 400 ms."""
CHANNELS = 12
STEPS = 12
"""The oldest embeddings of the window, which is what counts: the newest ones hold "jarvis" anyway."""
EPOCHS = 8
_BATCH = 1024
_RATE = 2e-3
_DECAY = 2.0
_DROPPED = 0.3
_NOISE = 0.9
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Examples:
    """Windows (count, 16, 96), whether each is right, and how much each counts."""

    windows: Floats
    right: NDArray[np.bool_]
    weights: Floats


class Network:
    """The weights under their names in the file, see `voiced.wakeword.second_opinion`."""

    def __init__(self, rng: np.random.Generator, mean: Floats, scale: Floats) -> None:
        self._mean, self._scale = mean, scale
        width = WINDOW_SHAPE[2] * KERNEL
        places = STEPS - KERNEL + 1
        self._weights: dict[str, Floats] = {
            "kernel": rng.normal(0, width**-0.5, (width, CHANNELS)).astype(np.float32),
            "bias": np.zeros(CHANNELS, np.float32),
            "sum": rng.normal(0, (places * CHANNELS) ** -0.5, places * CHANNELS).astype(np.float32),
            "offset": np.zeros(1, np.float32),
        }

    def write(self, path: Path) -> None:
        """Keep the weights in half precision, for embeddings as they are: what centres and scales them is folded in."""
        kernel = self._weights["kernel"] / np.tile(self._scale, KERNEL)[:, None]
        bias = self._weights["bias"] - np.tile(self._mean, KERNEL) @ kernel
        half = np.float16
        np.savez_compressed(
            path,
            kernel=kernel.astype(half),
            bias=bias.astype(half),
            sum=self._weights["sum"].astype(half),
            offset=self._weights["offset"].astype(half),
        )

    def train(self, rng: np.random.Generator, examples: Examples) -> None:
        """Learn, every epoch in another order, with noise and gaps that are never the same."""
        windows = ((examples.windows[:, :STEPS] - self._mean) / self._scale).astype(np.float32)
        means = {name: np.zeros_like(weight) for name, weight in self._weights.items()}
        squares = {name: np.zeros_like(weight) for name, weight in self._weights.items()}
        turns = EPOCHS * (len(windows) // _BATCH)
        for turn in range(turns):
            if turn % (turns // EPOCHS) == 0:
                order = rng.permutation(len(windows))
                at = 0
            chosen = order[at : at + _BATCH]
            at += _BATCH
            noisy = windows[chosen] + _NOISE * rng.standard_normal((len(chosen), *windows.shape[1:]), np.float32)
            kept = (rng.random((len(chosen), STEPS - KERNEL + 1, CHANNELS)) >= _DROPPED) / np.float32(1 - _DROPPED)
            slopes = self._slopes(noisy, kept.astype(np.float32), examples.right[chosen], examples.weights[chosen])
            rate = _RATE / 2 * (1 + np.cos(np.pi * turn / turns))
            for name, slope in slopes.items():
                means[name] += 0.1 * (slope - means[name])
                squares[name] += 0.001 * (slope**2 - squares[name])
                step = means[name] / (1 - 0.9 ** (turn + 1))
                step = step / (np.sqrt(squares[name] / (1 - 0.999 ** (turn + 1))) + 1e-8)
                decay = _DECAY * self._weights[name] if name in ("kernel", "sum") else 0.0
                self._weights[name] = (self._weights[name] - rate * (step + decay)).astype(np.float32)

    def _slopes(self, windows: Floats, kept: Floats, right: NDArray[np.bool_], weights: Floats) -> dict[str, Floats]:
        seen = unfolded(windows, KERNEL)
        hidden = np.maximum(seen @ self._weights["kernel"] + self._weights["bias"], 0)
        flat = (hidden * kept).reshape(len(windows), -1)
        logits = flat @ self._weights["sum"] + self._weights["offset"]
        error = (weights * (1 / (1 + np.exp(-logits)) - right) / len(windows)).astype(np.float32)
        back = (error[:, None] * self._weights["sum"]).reshape(hidden.shape) * kept * (hidden > 0)
        return {
            "kernel": seen.reshape(-1, seen.shape[2]).T @ back.reshape(-1, CHANNELS),
            "bias": back.sum(axis=(0, 1)),
            "sum": flat.T @ error,
            "offset": error.sum(keepdims=True),
        }


def unfolded(windows: Floats, kernel: int) -> Floats:
    """Every stretch of `kernel` embeddings in a row, shape (count, stretches, kernel * 96)."""
    places = windows.shape[1] - kernel + 1
    return np.concatenate([windows[:, shift : shift + places] for shift in range(kernel)], axis=2)
