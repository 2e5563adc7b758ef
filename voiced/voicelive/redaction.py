"""Frames without what a bug report must not hold: secrets, and sound where it is not wanted. Pure."""

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "***"
_NAMES = r"authorization|api[_-]?key|access[_-]?key|token|secret|password|passwd|cookie|credential|signature"
_SECRET_KEY = re.compile(rf"(?:^|[_-]|\b)(?:{_NAMES})$", re.IGNORECASE)
_HEADERS = "headers"
_IN_TEXT = (
    (re.compile(r"(\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@\"']+@", re.IGNORECASE), rf"\1{HIDDEN}@"),
    (re.compile(rf"([?&][\w.-]*(?:{_NAMES}|sig|code|key|auth)=)[^&#\s\"'\\]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (
        re.compile(rf"""((?:\b|[_-])(?:{_NAMES})\\?["']?\s*[:=]\s*\\?["'])[^"'\\]+""", re.IGNORECASE),
        rf"\1{HIDDEN}",
    ),
)
"""Where secrets are in running text: authorisations, users in addresses, parameters of addresses, JSON and the like."""
AUDIO_BYTES = "audio_bytes"
"""Stands for sound that was left out: how long it was."""
_SOUND = re.compile(r"[A-Za-z0-9+/]{200,}={0,2}")
"""In base64 it is long, and nothing can be found in it."""


def without_secrets(value: Any) -> Any:  # noqa: ANN401 (whatever JSON holds)
    """A copy in which every secret is `HIDDEN`."""
    if isinstance(value, str):
        return _hide(value)
    if isinstance(value, Mapping):
        return {key: _hidden(key, each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(each) for each in value]
    return value


def without_sound(frame: Any) -> Any:  # noqa: ANN401 (likewise)
    """A copy in which sound in base64 is empty, and its length stands beside it."""
    if isinstance(frame, list | tuple):
        return [without_sound(each) for each in frame]
    if not isinstance(frame, Mapping):
        return frame
    key = "delta" if frame.get("type") == "response.audio.delta" else "audio"
    sound = frame.get(key)
    rest = {
        name: each if name == key and isinstance(sound, str) else without_sound(each) for name, each in frame.items()
    }
    if isinstance(sound, str):
        rest |= {key: "", AUDIO_BYTES: len(sound.rstrip("=")) * 3 // 4}
    return rest


def _hidden(key: object, value: Any) -> Any:  # noqa: ANN401 (likewise)
    name = str(key)
    if isinstance(value, str) and value and _SECRET_KEY.search(name):
        return HIDDEN
    if isinstance(value, Mapping) and name.lower().endswith(_HEADERS):
        return dict.fromkeys(value, HIDDEN)
    return without_secrets(value)


def _hide(text: str) -> str:
    if _SOUND.fullmatch(text):
        return text
    for pattern, instead in _IN_TEXT:
        text = pattern.sub(instead, text)
    return text
