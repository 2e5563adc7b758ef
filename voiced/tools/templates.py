"""The templates in tools: Jinja2 in a sandbox, where an unknown name is an error and never an empty string.

A template is its owner's, the values in it are the model's: a value is never read as a template. Beside the values,
every template may name what is around the call: `speaker`, `now` and `secret`, where a `surrounded` block gives them.

Jinja itself is loaded with the first text that needs it: a speaker with none can spare its 2 MB.
"""

import copy
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from pydantic import JsonValue

from voiced.tools.suggestion import suggestion

Values = Mapping[str, object]
"""What a template may name: parameter to value."""
SECRET = "secret"  # noqa: S105 (the name, not a secret)
"""What declared secrets are named by: `secret.NAME`."""
SURROUNDINGS: Mapping[str, frozenset[str] | None] = {
    "speaker": frozenset({"name", "locale", "persona"}),
    "now": None,
    SECRET: None,
}
"""What any template may name beside the parameters, and what each of it has where that is fixed."""

_around: ContextVar[Values] = ContextVar("around")


class RenderError(Exception):
    """A template that could not be rendered with these values; its text says why, without the values."""


@contextmanager
def surrounded(around: Values) -> Iterator[None]:
    """Let the templates that are rendered within the block name this, too; of `SURROUNDINGS`."""
    token = _around.set(around)
    try:
        yield
    finally:
        _around.reset(token)


class Text:
    """A template that renders to text."""

    _url = False

    def __init__(self, source: str) -> None:
        self._source = source
        self._compiled: Callable[[Values], str] | None = None

    def render(self, values: Values) -> str:
        """The text; raises `RenderError`."""
        if is_plain(self._source):
            return self._source
        if self._compiled is None:  # not before: an owner's many tools are not all used on the same day
            from voiced.tools import expressions  # noqa: PLC0415 (it loads Jinja)

            self._compiled = expressions.text(self._source, url=self._url)
        return self._compiled(_known(values))


class Url(Text):
    """A template that renders to a URL: what a value adds is percent-encoded, what the owner wrote is not."""

    _url = True


class Body:
    """JSON whose strings are templates; a string that is one `{{ expression }}` keeps the expression's type."""

    def __init__(self, body: JsonValue) -> None:
        self._body = body
        self._plain = all(is_plain(string) for _, string in strings_in(body, ""))
        self._compiled: Callable[[Values], JsonValue] | None = None

    def render(self, values: Values) -> JsonValue:
        """The JSON value; raises `RenderError`."""
        if self._plain:
            return copy.deepcopy(self._body)
        if self._compiled is None:
            from voiced.tools import expressions  # noqa: PLC0415 (it loads Jinja)

            self._compiled = expressions.json(self._body)
        return self._compiled(_known(values))


def _known(values: Values) -> Values:
    """A parameter of a server in the house may have any name; it goes before what is around the call."""
    return {**_around.get({}), **values}


def is_plain(source: str) -> bool:
    """Whether a template is its own result; Jinja drops a line's end at the end."""
    return "{" not in source and not source.endswith("\n") and "\r" not in source


@lru_cache(maxsize=1024)
def variables(source: str) -> frozenset[str]:
    """The names a template takes from outside; raises `ValueError` that says what is wrong with its syntax."""
    if is_plain(source):
        return frozenset()
    from voiced.tools import expressions  # noqa: PLC0415 (it loads Jinja)

    return expressions.variables(source)


def problems(source: str, known: Collection[str]) -> list[str]:
    """What is wrong with a template that may use the known names and the `SURROUNDINGS`, one sentence each."""
    try:
        used = variables(source)
    except ValueError as error:
        return [str(error)]
    found = [
        f"unknown parameter '{name}'{suggestion(name, [*known, *SURROUNDINGS])}"
        for name in sorted(used - frozenset(known) - frozenset(SURROUNDINGS))
    ]
    for name, attributes in SURROUNDINGS.items():
        if attributes is not None and name not in known:
            found += [
                f"{name} has no '{attribute}'{suggestion(attribute, attributes)}"
                for attribute in sorted(attributes_of(name, source) - attributes)
            ]
    return found


def attributes_of(name: str, source: str) -> frozenset[str]:
    """What a template takes of one of its names: of `{{ secret.token }}` and `{{ secret['token'] }}` it is token."""
    if name not in source:
        return frozenset()
    from voiced.tools import expressions  # noqa: PLC0415 (it loads Jinja)

    return expressions.attributes_of(name, source)


def literal(source: str) -> str:
    """What the owner wrote in a template beside its expressions and statements."""
    if is_plain(source):
        return source
    from voiced.tools import expressions  # noqa: PLC0415 (it loads Jinja)

    return expressions.literal(source)


def strings_in(body: JsonValue, path: str) -> Iterator[tuple[str, str]]:
    """Every string of a JSON value with the path that leads to it, like `json.lamp.state`."""
    if isinstance(body, str):
        yield path, body
    elif isinstance(body, list):
        for index, item in enumerate(body):
            yield from strings_in(item, f"{path}.{index}")
    elif isinstance(body, dict):
        for key, item in body.items():
            yield from strings_in(item, f"{path}.{key}")
