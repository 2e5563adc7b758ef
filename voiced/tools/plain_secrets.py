"""Secrets that an owner wrote into a tool itself, where backups, `voiced check` and bug reports would show them."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, urlsplit

_WORDS = (
    *("authorization", "cookie", "password", "passwd", "passphrase"),
    *("token", "secret", "apikey", "accesskey", "privatekey"),
)
_JOINTS = re.compile(r"[\W_]+")
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_SCHEME = re.compile(r"\s*(?:basic|bearer|token|digest)?\s*", re.IGNORECASE)
FIX = "a secret isn't written here: keep it in a file or a credential, declare that as `secrets: {NAME: {file: PATH}}`"


def problems(templates: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Each template that looks like holding a secret, beginning with its key."""
    for key, source in templates:
        name = key.rpartition(".")[2]
        if is_secret(name) and _literal(source):
            yield f"{key}: {FIX} and write {{{{ secret.NAME }}}}"
        elif "://" in source:
            yield from (f"{key}: {what}" for what in _in_address(source))


def is_secret(name: str) -> bool:
    """Whether a key, header or field of this name holds a secret."""
    plain = _JOINTS.sub("", name).lower()
    return plain.endswith(_WORDS)


def _literal(source: str) -> str:
    """What is left of a template without its expressions and the scheme of an Authorization header."""
    return _SCHEME.sub("", _TEMPLATE.sub("", source), count=1).strip()


def _in_address(source: str) -> Iterator[str]:
    try:
        address = urlsplit(_TEMPLATE.sub("", source))
        password = address.password
    except ValueError:
        return  # which is told as no address
    if password:
        yield f"{FIX} and write http://USER:{{{{ secret.NAME }}}}@HOST/"
    for name, value in parse_qsl(address.query):
        if is_secret(name) and value:
            yield f"{FIX} and write ?{name}={{{{ secret.NAME }}}}"
