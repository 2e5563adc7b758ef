"""Secrets of a call: had when they are needed, and kept from the model, the log and every error."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import quote, quote_plus

from pydantic import JsonValue
from yarl import URL

from voiced.settings import SecretReference
from voiced.tools.templates import RenderError

MASK = "***"
_SCHEMES = ("Bearer ", "Basic ", "Token ", "token ")

Resolve = Callable[[SecretReference], str]
"""The secret kept at a place; what it raises names the place and never the secret, for it is logged."""


class SecretUnreadableError(RenderError):
    """A declared secret can't be had; its text says why, for the log."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"the secret {name} can't be read: {why}")
        self.name = name


class Kept:
    """The secrets that one call has used; `forms` are those of whoever makes the call."""

    def __init__(self, forms: Iterable[str] = ()) -> None:
        self._forms = set(forms)

    def within(self) -> "Kept":
        """For a call that this one makes: a scene may hand its secrets on."""
        return Kept(self._forms)

    def note(self, secret: str) -> None:
        """Keep it, in each form that it is sent in."""
        bare = next((secret.removeprefix(scheme) for scheme in _SCHEMES if secret.startswith(scheme)), secret)
        for form in (secret, bare):
            quoted = quote(form, safe="")
            self._forms |= {form, quoted, quote_plus(form)}
            self._forms |= {json.dumps(form, ensure_ascii=ascii_)[1:-1] for ascii_ in (True, False)}
            if form:  # the library that sends addresses quotes them its own way, in their paths and queries
                sent = URL(f"http://lamp/{quoted}?{quoted}")
                self._forms |= {sent.raw_path[1:], sent.raw_query_string}
        self._forms.discard("")

    def masked(self, text: str) -> str:
        """The text without them."""
        for form in sorted(self._forms, key=len, reverse=True):
            text = text.replace(form, MASK)
        return text

    def without(self, value: JsonValue) -> JsonValue:
        """A JSON value without them, in keys and numbers, too."""
        if not self._forms:
            return value
        match value:
            case str():
                return self.masked(value)
            case list():
                return [self.without(item) for item in value]
            case dict():
                return {self.masked(key): self.without(item) for key, item in value.items()}
            case int() | float() if not isinstance(value, bool) and str(value) in self._forms:
                return MASK
        return value


_kept: ContextVar[Kept | None] = ContextVar("kept", default=None)


@contextmanager
def keeping() -> Iterator[Kept]:
    """Note every secret that is resolved within the block."""
    outer = _kept.get()
    kept = Kept() if outer is None else outer.within()
    token = _kept.set(kept)
    try:
        yield kept
    finally:
        _kept.reset(token)


def note(secrets: Iterable[str]) -> None:
    """Keep what a connection was made with from the call that uses it; nothing outside a `keeping` block."""
    kept = _kept.get()
    if kept is not None:
        for secret in secrets:
            kept.note(secret)


def noting(resolve: Resolve) -> Resolve:
    """The same, noting what it gives."""

    def resolve_and_note(reference: SecretReference) -> str:
        secret = resolve(reference)
        kept = _kept.get()
        if kept is not None and isinstance(secret, str):
            kept.note(secret)
        return secret

    return resolve_and_note


class Secrets:
    """What templates know as `secret`: a tool's declared secrets, each read when it is named."""

    def __init__(self, references: Mapping[str, SecretReference], resolve: Resolve) -> None:
        self._references = references
        self._resolve = resolve

    def __getitem__(self, name: str) -> str:
        reference = self._references[name]
        try:
            return self._resolve(reference)
        except Exception as error:
            # where secrets are kept is not this module's business, nor are the errors of those places
            raise SecretUnreadableError(name, str(error)) from error
