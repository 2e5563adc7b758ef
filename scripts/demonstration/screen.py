"""The timeline on a terminal, live."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from demonstration.timeline import Moment, Timeline

_STYLES = {
    "phase": ("•", "cyan"),
    "wake": ("◉", "bold yellow"),
    "you": ("❯", "bold white"),
    "call": ("→", "magenta"),
    "result": ("←", "magenta"),
    "reply": ("❮", "bold green"),
    "failure": ("✗", "bold red"),
}


class Screen:
    """Shows moments as they come: a live panel on a terminal, plain lines elsewhere."""

    def __init__(self, timeline: Timeline, console: Console) -> None:
        self._timeline = timeline
        self._console = console
        self._live = Live(console=console, refresh_per_second=15, transient=True, get_renderable=self._status)

    def __enter__(self) -> Self:
        self._console.print(Text("voiced", "bold"), Text("a conversation on this machine", "dim"))
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, moment: Moment) -> None:
        """Print a line."""
        mark, style = _STYLES[moment.kind]
        self._console.print(
            Text.assemble((f"{moment.at:7.2f} s ", "dim"), self._light(), f" {mark} ", (moment.text, style))
        )

    def close(self, checks: Sequence[tuple[str, bool]], files: Sequence[str]) -> None:
        """Print the table of latencies, what was checked and which files were written."""
        table = Table(title="latency", title_justify="left", title_style="bold")
        table.add_column("from … to")
        table.add_column("ms", justify="right")
        for what, milliseconds in self._timeline.latencies():
            table.add_row(what, f"{milliseconds:.0f}")
        verdict = Text("\n").join(
            Text(f"{'✓' if good else '✗'} {what}", "green" if good else "bold red") for what, good in checks
        )
        self._console.print(Group(table, verdict, Text("\n".join(files), "dim")))

    def _status(self) -> Panel:
        return Panel(
            Text.assemble("light ", self._light(), "  phase ", (self._timeline.phase.replace("_", " "), "bold"))
        )

    def _light(self) -> Text:
        red, green, blue = self._timeline.colours[-1][1:] if self._timeline.colours else (0.0, 0.0, 0.0)
        if max(red, green, blue) == 0:
            return Text("○", "grey37")
        scale = 255 / max(red, green, blue)  # a terminal can't show dim and bright, only the hue
        return Text("●", f"rgb({red * scale:.0f},{green * scale:.0f},{blue * scale:.0f})")
