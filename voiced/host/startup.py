"""Starting fast and staying small: Python's collector and the C library's heap, around a start."""

import contextlib
import ctypes
import gc
import linecache
import threading
from importlib import import_module

_ARENA_MAX = -8
"""`M_ARENA_MAX` in glibc's malloc.h."""


def begin() -> None:
    """Collect no garbage until `finish`: what a start makes is kept, and to look through it again and again is slow.

    From now on all threads share one heap: one for each holds some that nobody uses.
    """
    gc.disable()
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_ARENA_MAX, 1)


def ahead(module: str) -> None:
    """Import a module that imports nothing of ours, on a thread: sounddevice waits for ldconfig and for ALSA.

    Who imports it meanwhile waits for that. Where it fails, it fails again for who needs it, and is told there.
    """

    def load() -> None:
        with contextlib.suppress(ImportError, OSError):
            import_module(module)

    threading.Thread(target=load, name=f"import {module}", daemon=True).start()


def finish() -> None:
    """Collect garbage once, and from now on only of what is made from now on."""
    linecache.clearcache()  # pydantic read the source of every settings class, for its docstrings
    gc.collect()  # what the imports left would stay for ever
    gc.freeze()
    gc.enable()


def give_back() -> None:
    """Return what the heap holds and nobody uses to the system: models are read whole before they are loaded.

    Takes some milliseconds, without Python's lock. Does nothing where the C library is not glibc.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
