"""The timeline as a picture."""

from itertools import pairwise
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import numpy as np
from matplotlib import pyplot as plt

from demonstration.timeline import Timeline

_SHOWN = {"wake": "wake word", "you": "transcript", "call": "tool call", "result": "tool result", "reply": "reply"}


def draw(timeline: Timeline, path: Path) -> None:
    """Phases as bars, the light's real colour as a band, moments as marks; PNG."""
    figure, axis = plt.subplots(figsize=(12, 4.5), layout="constrained")
    names = list(dict.fromkeys(phase for _, phase in timeline.phases))
    ends = [at for at, _ in timeline.phases[1:]] + [max(at for at, _ in timeline.phases) + 0.5]
    for (begin, phase), end in zip(timeline.phases, ends, strict=True):
        axis.barh(names.index(phase), end - begin, left=begin, height=0.6, color="tab:blue", alpha=0.75)
    for row, (kind, label) in enumerate(_SHOWN.items()):
        times = [moment.at for moment in timeline.moments if moment.kind == kind]
        axis.plot(times, np.full(len(times), len(names) + row), "o", color="tab:orange")
        names_row = len(names) + row
        axis.text(-0.01, names_row, label, transform=axis.get_yaxis_transform(), ha="right", va="center")
    _draw_light(axis, timeline, len(names) + len(_SHOWN))
    axis.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    axis.set_xlabel("seconds")
    axis.set_title("A conversation with voiced")
    axis.grid(axis="x", alpha=0.3)
    figure.savefig(path, dpi=100)
    plt.close(figure)


def _draw_light(axis: plt.Axes, timeline: Timeline, row: int) -> None:
    axis.text(-0.01, row, "light", transform=axis.get_yaxis_transform(), ha="right", va="center")
    colours = timeline.colours
    for (begin, *colour), (end, *_) in pairwise(colours):
        if max(colour) > 0:
            axis.barh(row, end - begin, left=begin, height=0.6, color=[level / max(colour) for level in colour])
