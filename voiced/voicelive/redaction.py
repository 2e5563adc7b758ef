"""Frames without what a bug report must not hold: secrets, and sound where it is not wanted. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

HIDDEN = "***"
_NAMES = (
    r"authorization|(?:api|access|account|private|shared|subscription)[_-]?key|secret|password|passwd|passphrase|passcode"
    r"|cookie|credential|signature|(?:device|user)[_-]?code|token|(?<![^\W_])(?:auth|jwt|pin|sas)"
)
"""The last are words of their own, for others end in them; nothing counts as a secret that goes on: `total_tokens`."""
_SECRET_KEY = re.compile(rf"(?:{_NAMES}|(?:{_NAMES})(?<!token)(?<!pin)s)$", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_HEADERS = "headers"
_SERVER = "server_url"
"""Of a remote MCP server: keys are in the path, too."""
_FRAGMENT = "arguments.delta"
"""So the types end of frames with pieces of JSON, in which nothing can be found; the whole comes after them."""
_SIGN_IN = "SignInRequested"
_IN_TEXT = (
    (re.compile(r"(\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@\"']+@", re.IGNORECASE), rf"\1{HIDDEN}@"),
    (re.compile(rf"([?&][\w.-]*(?:{_NAMES}|sig|code|key|auth)=)[^&#\s\"'\\]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (
        re.compile(rf"""((?:{_NAMES})\\?["']?\s*[:=]\s*\\?(["']))(?:(?!\\{{0,15}}\2).)+""", re.IGNORECASE | re.DOTALL),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"""((?:authorization|cookie)\s*[:=]\s*)[^"'\\\r\n]+""", re.IGNORECASE), rf"\1{HIDDEN}"),
    (
        re.compile(
            rf"""((?:{_NAMES})\\?["']?\s*[:=]\s*)(?!(?:null|none|true|false)\b)(?:[\[{{].*|[^\s"'\\,;&)\]}}]+)""",
            re.IGNORECASE | re.DOTALL,
        ),
        rf"\1{HIDDEN}",
    ),
)
"""Where secrets are in running text: authorisations, users in addresses, parameters of addresses, JSON and the like.

What is no JSON may be the beginning of some: an object or a list is hidden to the end of the text.
"""
AUDIO_BYTES = "audio_bytes"
"""Stands for sound that was left out: how long it was."""
_SOUND = re.compile(r"[A-Za-z0-9+/]{200,}={0,2}")
"""In base64 it is long, and nothing can be found in it."""


def without_secrets(value: Any) -> Any:  # noqa: ANN401 (whatever JSON holds)
    """A copy in which every secret is `HIDDEN`."""
    if isinstance(value, str):
        return _hide(value)
    if isinstance(value, Mapping):
        shown = {key: _hidden(key, each) for key, each in value.items()}
        if value.get("event") == _SIGN_IN and "code" in value:
            shown["code"] = HIDDEN
        if str(value.get("type")).endswith(_FRAGMENT) and "delta" in value:
            shown["delta"] = HIDDEN
        return shown
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
    words = _CAMEL.sub("_", name)
    tells_nothing = value is None or isinstance(value, bool) or value in ("", [], {})
    if tells_nothing:
        return value
    if _SECRET_KEY.search(words):
        return HIDDEN
    if words.lower().endswith(_HEADERS):
        return dict.fromkeys(value, HIDDEN) if isinstance(value, Mapping) else HIDDEN
    if words.lower() == _SERVER:
        return _host(value)
    return without_secrets(value)


def _host(address: Any) -> str:  # noqa: ANN401 (likewise)
    """An address without its user, path and query."""
    try:
        parts = urlsplit(str(address))
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        return HIDDEN
    if not parts.scheme or not parts.hostname:
        return HIDDEN
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    rest = "" if parts.path in ("", "/") and not parts.query and not parts.fragment else f"/{HIDDEN}"
    return f"{parts.scheme}://{host}{port}{rest}"


def _hide(text: str) -> str:
    if _SOUND.fullmatch(text):
        return text
    if text.lstrip()[:1] in ("{", "[", '"'):
        try:
            inner = json.loads(text)
            shown = without_secrets(inner)
        except ValueError:
            pass  # no JSON, or only the beginning of it
        except RecursionError:  # nested more deeply than anything honest is
            return HIDDEN
        else:
            return text if shown == inner else json.dumps(shown, ensure_ascii=False)
    for pattern, instead in _IN_TEXT:
        text = pattern.sub(instead, text)
    return text
