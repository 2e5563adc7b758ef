"""The tool set as the model is told of it, and as the cascade understands it."""

import logging
from collections.abc import Callable, Iterable, Iterator

from voiced.tools.suggestion import suggestion
from voiced.tools.tool import FunctionDefinition, Tool

_log = logging.getLogger(__name__)


class UnknownToolError(LookupError):
    """There is no tool of this name; the text suggests the nearest."""


class Registry:
    """Tools by name: the owner's, and those of sources that may change theirs at any time.

    Raises `ValueError` where two of the owner's have the same name.
    """

    def __init__(self, tools: Iterable[Tool] = ()) -> None:
        self._own = _by_name(tools)
        self._supplied: dict[str, tuple[Tool, ...]] = {}
        self._tools = dict(self._own)
        self._listeners: list[Callable[[], None]] = []

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    def __len__(self) -> int:
        return len(self._tools)

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    def __getitem__(self, name: str) -> Tool:
        """The tool; raises `UnknownToolError`."""
        try:
            return self._tools[name]
        except KeyError:
            raise UnknownToolError(f"there is no tool '{name[:64]}'{suggestion(name[:64], self._tools)}") from None

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have a change of the set told. A listener that breaks is logged: the tools are in force all the same."""
        self._listeners.append(listener)

    def replace(self, tools: Iterable[Tool]) -> None:
        """Put others in the place of the owner's, all at once; raises `ValueError` as at the beginning."""
        self._own = _by_name(tools)
        self._compose()

    def supply(self, source: str, tools: Iterable[Tool]) -> None:
        """Put others in the place of a source's. A name that is taken is left out, with a warning."""
        self._supplied[source] = tuple(tools)
        self._compose()

    def definitions(self) -> tuple[FunctionDefinition, ...]:
        """Every tool: the owner's in the order of the configuration, then each source's."""
        return tuple(tool.definition for tool in self)

    def phrases(self) -> dict[str, tuple[str, ...]]:
        """Tool name to the hassil templates that call it, of those that have any."""
        return {tool.name: tool.phrases for tool in self if tool.phrases}

    def _compose(self) -> None:
        composed = dict(self._own)
        for source, tools in self._supplied.items():
            for tool in tools:
                if tool.name in composed:
                    _log.warning("the tool %s of %s is left out: its name is taken", tool.name, source)
                else:
                    composed[tool.name] = tool
        self._tools = composed
        for listener in self._listeners:
            try:
                listener()
            except Exception:  # noqa: BLE001 (a defect of ours, which is logged; nobody else may miss the change)
                _log.exception("somebody who follows the tools broke; please report this")


def _by_name(tools: Iterable[Tool]) -> dict[str, Tool]:
    found: dict[str, Tool] = {}
    for tool in tools:
        if tool.name in found:
            raise ValueError(f"two tools are named '{tool.name}'; rename one")
        found[tool.name] = tool
    return found
