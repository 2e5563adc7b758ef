"""What the first call of a tool needs beside the tool: loaded while the first user still speaks, not at the start."""

from importlib import import_module

from voiced.tools.coercion import number_words

NEEDED = ("jsonschema", "babel.dates", "babel.lists", "babel.units")
"""A third of a second on a slow machine, and 10 MiB."""


def load(language: str) -> None:
    """Blocks; for a thread. Of several calls the later ones do nothing.

    `language` is what numbers are spelled out in: its words take a tenth of a second on a fast machine, and 4 MiB.
    """
    for name in NEEDED:
        import_module(name)
    number_words(language)
