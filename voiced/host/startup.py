"""Starting fast and staying small: Python's collector and the C library's heap, around a start."""

import ctypes
import gc


def begin() -> None:
    """Collect no garbage until `finish`: what a start makes is kept, and to look through it again and again is slow."""
    gc.disable()


def finish() -> None:
    """Collect garbage from now on, and only of what is made from now on."""
    gc.freeze()
    gc.enable()


def give_back() -> None:
    """Return what the heap holds and nobody uses to the system: models are read whole before they are loaded.

    Takes some milliseconds, without Python's lock. Does nothing where the C library is not glibc.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
