"""What running processes use, from /proc."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one process, in MiB: its share of the pages it uses (`pss`), and all of them (`rss`)."""

    pss: float
    rss: float


def memory(pid: int | str = "self") -> Memory:
    """What a process uses now."""
    found = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        key, _, value = line.partition(":")
        found[key] = int(value.split()[0]) / 1024
    return Memory(found["Pss"], found["Rss"])


def below(root: int) -> Iterator[int]:
    """The processes that a process started, and those that they did."""
    parents = {pid: int(fields[1]) for pid, fields in _all()}
    tree = [root]
    for pid in tree:
        tree += [child for child, parent in parents.items() if parent == pid]
    yield from tree[1:]


def cpu_seconds(root: int) -> float:
    """User and system time so far, of a process and all below it."""
    ticks = {pid: sum(map(int, fields[11:15])) for pid, fields in _all()}  # its own, and of those it waited for
    return sum(ticks.get(pid, 0) for pid in (root, *below(root))) / _TICKS


def verb(pid: int) -> str:
    """What a process of ours is: the verb of `voiced`."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    return words[words.index("voiced") + 1] if "voiced" in words else Path(words[0]).name


def _all() -> Iterator[tuple[int, list[str]]]:
    """Every process with the fields of its `stat` after the name."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # ended meanwhile
            yield int(path.parent.name), path.read_text().rpartition(")")[2].split()
