"""What a bench reports."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self

COLUMNS = ("bench", "metric", "unit", "ours", "peer", "peer_name", "ratio", "goal", "met")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure, of the kind where less is better. Built by `alone` or `beside`.

    Attributes:
        bench: name of the bench.
        metric: what was measured.
        unit: of `ours` and `peer`.
        ours: the speaker's figure.
        peer: the same of something else, in the same run; None without a peer.
        peer_name: what that is.
        ratio: ours/peer, the median over interleaved pairs; None without a peer, or where that is zero.
        goal: the bound that an issue names: on the ratio where there is one, else on `ours`; None where none does.
        met: whether that holds; None without a goal.
    """

    bench: str
    metric: str
    unit: str
    ours: float
    peer: float | None
    peer_name: str | None
    ratio: float | None
    goal: float | None
    met: bool | None

    @classmethod
    def alone(cls, bench: str, metric: str, unit: str, values: Sequence[float], goal: float | None = None) -> Self:
        """The median of values that have no peer."""
        ours = statistics.median(values)
        return cls(bench, metric, unit, ours, None, None, None, goal, None if goal is None else ours <= goal)

    @classmethod
    def beside(
        cls,
        bench: str,
        metric: str,
        unit: str,
        pairs: Sequence[tuple[float, float]],
        peer_name: str,
        goal: float | None = None,
    ) -> Self:
        """Medians over (ours, peer) pairs, of the ratio too: it is taken pair by pair because machines drift."""
        ours, peer = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratios = [one / other for one, other in pairs if other]
        ratio = statistics.median(ratios) if ratios else None
        bounded = ours if ratio is None else ratio
        return cls(bench, metric, unit, ours, peer, peer_name, ratio, goal, None if goal is None else bounded <= goal)

    def json(self) -> str:
        """One line for programs."""
        return json.dumps(asdict(self))

    def cells(self) -> list[str]:
        """For people, in the order of `COLUMNS`."""
        return [_cell(value) for value in asdict(self).values()]


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "NO"
        case float():
            return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
        case _:
            return str(value)
