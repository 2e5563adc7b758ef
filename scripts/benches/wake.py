"""One wake word, against the stock class over the same models."""

import json
from collections.abc import Iterator

from benches.figures import Figure
from benches.measuring import in_turns, measure

_PEER = "openwakeword 0.6.0"
_FIGURES = (
    # what the process prints, metric, unit, units of that, goal
    ("cpu_seconds", "CPU a second of sound", "ms", 1e3, 0.25),
    ("load_seconds", "import and load", "ms", 1e3, 0.25),
    ("resident_bytes", "memory after load", "MiB", 2**-20, 0.40),
)


def run(_minutes: float) -> Iterator[Figure]:
    """Three figures out of interleaved pairs of processes."""
    pairs = in_turns(lambda: _listen("ours"), lambda: _listen("stock"))
    for key, metric, unit, scale, goal in _FIGURES:
        yield Figure.beside(
            "wake", metric, unit, [(ours[key] * scale, stock[key] * scale) for ours, stock in pairs], _PEER, goal
        )


def _listen(engine: str) -> dict[str, float]:
    told: dict[str, float] = json.loads(measure("-m", "benches.ears", engine).output)
    return told
