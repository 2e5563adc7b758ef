"""The environment names of the Azure samples, for a quick try without a file.

They count only while no file names an endpoint, so what happens to be exported never changes a configured speaker.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from voiced.config.documents import Document, Mark, Path_

ENDPOINT = "AZURE_VOICELIVE_ENDPOINT"
KEY = "AZURE_VOICELIVE_API_KEY"
_PLAIN: dict[str, Path_] = {
    ENDPOINT: ("voice_live", "endpoint"),
    "AZURE_VOICELIVE_MODEL": ("voice_live", "model"),
    "AZURE_VOICELIVE_API_VERSION": ("voice_live", "api_version"),
    "AZURE_VOICELIVE_VOICE": ("personas", "default", "voice"),
    "AZURE_VOICELIVE_INSTRUCTIONS": ("personas", "default", "instructions"),
}


def overlay(document: Document, environment: Mapping[str, str]) -> list[str]:
    """Add what the environment has and the files don't; the names that were used. The key stays in the environment.

    Without a key, Entra's default chain signs in, as the samples do.
    """
    if not environment.get(ENDPOINT) or _present(document.data, _PLAIN[ENDPOINT]):
        return []
    used = [
        name for name, at in _PLAIN.items() if environment.get(name) and _add(document, name, at, environment[name])
    ]
    credential: dict[str, Any] = {"api_key": {"env": KEY}} if environment.get(KEY) else {"entra": "default"}
    if _add(document, KEY, ("voice_live", "credential"), credential) and environment.get(KEY):
        used.append(KEY)
    return used


def _present(data: Any, at: Path_) -> bool:  # noqa: ANN401 (whatever YAML holds)
    for part in at:
        if not isinstance(data, dict) or part not in data:
            return False
        data = data[part]
    return True


def _add(document: Document, name: str, at: Path_, value: object) -> bool:
    """Set a key, and whence it came; False where a file has it, or something else than a map on the way to it."""
    data: Any = document.data
    for part in at[:-1]:
        data = data.setdefault(part, {})
        if not isinstance(data, dict):
            return False
    if at[-1] in data:
        return False
    data[at[-1]] = value
    document.marks[at] = Mark(Path(f"${name}"), 1, 1)
    return True
