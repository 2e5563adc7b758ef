"""Measures processes, in turns, so that both sides see the same machine."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

_Result = TypeVar("_Result")


class BenchError(Exception):
    """What a bench measures did not do what is to be measured."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the one who measures asked for.

    Attributes:
        minutes: how long what lasts may last; 0 leaves it to the bench.
        audio: a folder of recordings to measure with, or None.
    """

    minutes: float = 0.0
    audio: Path | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process and those it waited for took, and what it printed."""

    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int
    output: str


def measure(*arguments: str) -> Usage:
    """Run a Python program (`-m module …`) in a process of its own. Raises `CalledProcessError` if it fails."""
    command = [sys.executable, *arguments]
    began = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        output = process.stdout.read() if process.stdout else ""
        _, status, used = os.wait4(process.pid, 0)  # not wait(): the usage of this child alone
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    return Usage(used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss * 1024, output)


def in_turns(ours: Callable[[], _Result], peer: Callable[[], _Result], pairs: int = 5) -> list[tuple[_Result, _Result]]:
    """Results of ours, peer, ours, peer and so on, after one pair that only warms caches."""
    return [(ours(), peer()) for _ in range(pairs + 1)][1:]
