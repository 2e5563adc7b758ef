"""How a further library is added to this installation of the speaker, which may be Debian's package or pip's."""

import re
import shlex
from pathlib import Path

MARKER = Path(__file__).resolve().parent.parent / "voiced-local.pth"
"""Beside the code in Debian's package: it names the folder of what an owner adds, which an upgrade leaves alone."""


def command(what: str) -> str:
    """The command, to be pasted, that adds an extra of ours (`vosk`) or a package by its name to this installation."""
    extra = _extra(what)
    try:
        folder = MARKER.read_text().strip()
    except OSError:
        return f"pip install 'voiced[{what}]'" if extra else f"pip install {what}"
    # the package brings no pip, and one of Debian's own would refuse to add to the system's libraries
    libraries = shlex.join(extra or [what])
    return f"sudo apt install python3-pip && sudo pip install --target {shlex.quote(folder)} {libraries}"


def _extra(name: str) -> list[str]:
    """What an extra of ours consists of, in pip's words; nothing where there is no such extra."""
    from importlib import metadata  # noqa: PLC0415 (only for who lacks something)

    try:
        wanted = [line.partition(";") for line in metadata.requires("voiced") or ()]
    except metadata.PackageNotFoundError:  # run from its source, without an installation
        return []
    of_it = re.compile(rf"""\bextra\s*==\s*["']{re.escape(name)}["']""")
    return [library.strip() for library, _, condition in wanted if of_it.search(condition)]
