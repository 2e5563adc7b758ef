"""Scores over time as a picture, where matplotlib is there."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from voiced import installing
from voiced.audio.recordings import RecordingError
from voiced.cli.wake_recordings import Trial
from voiced.wakeword.scoring import STEP_SECONDS


def draw(trials: Sequence[Trial], path: Path) -> None:
    """A PNG with a row for each recording and a line for each word. Raises `RecordingError` where it can't be made."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 (the demo's extra)
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as error:
        raise RecordingError(f"a picture needs matplotlib: {installing.command('demo')}") from error
    files = list(dict.fromkeys(trial.file for trial in trials))
    figure = Figure(figsize=(10, 1 + 2 * len(files)), layout="constrained")
    FigureCanvasAgg(figure)
    rows = np.atleast_1d(figure.subplots(len(files), 1))
    for axis, file in zip(rows, files, strict=True):
        for trial in (trial for trial in trials if trial.file == file):
            times = (np.arange(len(trial.scores)) + 1) * STEP_SECONDS
            (line,) = axis.plot(times, trial.scores, label=trial.word)
            axis.axhline(trial.settings.threshold, color=line.get_color(), linestyle=":", linewidth=1)
            axis.plot([heard.at for heard in trial.heard], [heard.score for heard in trial.heard], "kv")
        axis.set(title=file.name, ylabel="score", ylim=(0, 1.05))
        axis.legend(loc="upper left")
        axis.grid(alpha=0.3)
    rows[-1].set_xlabel("seconds; a triangle is a wake, a dotted line a threshold")
    try:
        figure.savefig(path, format="png", dpi=100)
    except OSError as error:
        raise RecordingError(f"{path} can't be written: {error.strerror}") from error
