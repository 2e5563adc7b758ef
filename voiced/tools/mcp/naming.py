"""Names of a server's tools that a service takes."""

import re
from collections.abc import Collection

LONGEST = 64
_OTHERS = re.compile(r"[^A-Za-z0-9_-]+")


def name_for(tool: str, label: str, taken: Collection[str]) -> str | None:
    """The tool's own name where it is free, else with the label before it; None where that is taken, too."""
    plain = _OTHERS.sub("_", tool)
    if not plain[:1].isalpha() and not plain.startswith("_"):
        plain = f"{label}_{plain}"
    return next((name for name in (plain[:LONGEST], f"{label}_{plain}"[:LONGEST]) if name not in taken), None)
