"""What the first call of a tool needs beside the tool: loaded while the first user still speaks, not at the start."""

from importlib import import_module

NEEDED = ("jsonschema", "babel.dates", "babel.lists", "babel.units")
"""A third of a second on a slow machine, and 10 MiB."""


def load() -> None:
    """Blocks; for a thread. Of several calls the later ones do nothing."""
    for name in NEEDED:
        import_module(name)
