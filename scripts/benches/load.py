"""A machine with no core to spare, in which the virtual sound card keeps its pace as a real one does."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOUND_SERVER = "pulseaudio"


@contextmanager
def busy_cores() -> Iterator[None]:
    """Every core busy with a process of the same priority as everything else."""
    command = [sys.executable, "-c", "while True: pass"]
    loops = [subprocess.Popen(command, stdin=subprocess.DEVNULL) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def prefer_sound_server() -> bool:
    """Give this process' sound server real-time priority: it stands for hardware, which no load slows.

    False where that isn't permitted; gaps under load are then partly the server's.
    """
    try:
        for child in _children():
            if (child / "comm").read_text().strip() == SOUND_SERVER:
                for thread in (child / "task").iterdir():
                    os.sched_setscheduler(int(thread.name), os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        return False
    return True


def _children() -> Iterator[Path]:
    for listed in Path("/proc/self/task").glob("*/children"):
        for pid in listed.read_text().split():
            with contextlib.suppress(FileNotFoundError):  # ended meanwhile
                yield Path("/proc", pid)
