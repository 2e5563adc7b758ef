"""What an engine can't work without: its package, and the files of its model."""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from voiced import installing


class EngineError(RuntimeError):
    """An engine can't work here; the message names the fix."""


def missing_package(module: str, extra: str) -> str | None:
    """What to do where a package is not installed; None where it is."""
    return None if find_spec(module) else f"its package is not installed: {installing.command(extra)}"


def missing_files(folder: Path, wanted: Sequence[str], what: str) -> Iterator[str]:
    """What is wrong with a model's folder; `wanted` are patterns, of each group parted by | one has to be there."""
    if not folder.is_dir():
        yield f"{folder} is no folder: give the one that {what} was unpacked to"
        return
    for group in wanted:
        if not any(list(folder.glob(pattern)) for pattern in group.split("|")):
            yield f"{folder} is not {what}: there is no {group.replace('|', ' or ')} in it"
            return
