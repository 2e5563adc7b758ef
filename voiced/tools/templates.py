"""The templates in tools: Jinja2 in a sandbox, where an unknown name is an error and never an empty string.

A template is its owner's, the values in it are the model's: a value is never read as a template. Beside the values,
every template may name what is around the call: `speaker`, `now` and `secret`, where a `surrounded` block gives them.
"""

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import TypeVar
from urllib.parse import quote

from jinja2 import Template, TemplateError, TemplateSyntaxError, Undefined, meta, nodes
from pydantic import JsonValue

from voiced.tools.sandbox import ExceededError, Sandbox, bounded
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

_Rendered = TypeVar("_Rendered")


class RenderError(Exception):
    """A template that could not be rendered with these values; its text says why, without the values."""


def _written(value: object) -> object:
    """As a device reads it: `true`, not Python's `True`; nothing for null."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else value


def _encoded(value: object) -> str:
    return quote(str(_written(value)), safe="")


_TEXT = Sandbox(_written)
_URL = Sandbox(_encoded)
# every value is encoded once already, so an owner's `| urlencode` must not do it a second time
_URL.filters["urlencode"] = str
_NATIVE = Sandbox(lambda value: value)


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

    def __init__(self, source: str) -> None:
        self._source = source
        self._compiled: Template | None = None

    @staticmethod
    def _environment() -> Sandbox:
        return _TEXT

    def render(self, values: Values) -> str:
        """The text; raises `RenderError`."""
        if _is_plain(self._source):
            return self._source
        return _guarded(lambda: self._template().render(_known(values)))

    def _template(self) -> Template:
        """Compiled when it is first needed: an owner's many tools are not all used on the same day."""
        if self._compiled is None:
            environment = self._environment()
            self._compiled = environment.from_string(environment.bounds(self._source))
        return self._compiled


class Url(Text):
    """A template that renders to a URL: what a value adds is percent-encoded, what the owner wrote is not."""

    @staticmethod
    def _environment() -> Sandbox:
        return _URL


class Body:
    """JSON whose strings are templates; a string that is one `{{ expression }}` keeps the expression's type."""

    def __init__(self, body: JsonValue) -> None:
        self._body = body
        self._compiled: Callable[[Values], JsonValue] | None = None

    def render(self, values: Values) -> JsonValue:
        """The JSON value; raises `RenderError`."""
        if self._compiled is None:
            self._compiled = _compiled(self._body)
        render = self._compiled
        return _guarded(lambda: render(_known(values)))


def _known(values: Values) -> Values:
    """A parameter of a server in the house may have any name; it goes before what is around the call."""
    return {**_around.get({}), **values}


def _is_plain(source: str) -> bool:
    """Whether a template is its own result; Jinja drops a line's end at the end."""
    return "{" not in source and not source.endswith("\n") and "\r" not in source


@lru_cache(maxsize=1024)
def variables(source: str) -> frozenset[str]:
    """The names a template takes from outside; raises `ValueError` that says what is wrong with its syntax."""
    if _is_plain(source):
        return frozenset()
    try:
        names = meta.find_undeclared_variables(_TEXT.parse(source))
    except TemplateSyntaxError as error:
        raise ValueError(f"not a valid template: {error.message}") from error
    return frozenset(names) - frozenset(_TEXT.globals)


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
    found = set()
    for node in _TEXT.parse(source).find_all((nodes.Getattr, nodes.Getitem)):
        match node:
            case nodes.Getattr(node=nodes.Name(name=whose), attr=attribute) if whose == name:
                found.add(attribute)
            case nodes.Getitem(node=nodes.Name(name=whose), arg=nodes.Const(value=attribute)) if whose == name:
                found.add(str(attribute))
    return frozenset(found)


def literal(source: str) -> str:
    """What the owner wrote in a template beside its expressions and statements."""
    if _is_plain(source):
        return source
    return "".join(node.data for node in _TEXT.parse(source).find_all(nodes.TemplateData))


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


def _compiled(body: JsonValue) -> Callable[[Values], JsonValue]:
    if isinstance(body, list):
        items = [_compiled(item) for item in body]
        return lambda values: [item(values) for item in items]
    if isinstance(body, dict):
        entries = {key: _compiled(item) for key, item in body.items()}
        return lambda values: {key: item(values) for key, item in entries.items()}
    if not isinstance(body, str) or _is_plain(body):
        return lambda _: body
    expression = _whole_expression(body)
    if expression is None:
        return Text(body).render
    evaluate = _NATIVE.compile_expression(expression, undefined_to_none=False)
    return lambda values: _json(evaluate(values))


def _whole_expression(source: str) -> str | None:
    """The expression of a template that is nothing else. Jinja's own native types would also make 5 of the text '5'."""
    match _TEXT.parse(source).body:
        case [nodes.Output(nodes=[node])] if not isinstance(node, nodes.TemplateData):
            text = source.strip()
            if text.startswith("{{") and text.endswith("}}"):  # no comment beside it
                inner = text[2:-2]
                # the signs of whitespace control stand right at the braces
                return inner[inner[0] in "+-" : len(inner) - (inner[-1] in "+-")]
    return None


def _json(value: object) -> JsonValue:
    """The value itself where JSON has its type, else `RenderError` (a function, an endless number)."""
    if isinstance(value, Undefined):
        str(value)  # raises with the name
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _json(item) for key, item in value.items()}
    raise RenderError(f"the template gives a {type(value).__name__}, which JSON can't hold")


def _guarded(render: Callable[[], _Rendered]) -> _Rendered:
    try:
        return bounded(render)
    except RenderError:
        raise
    except ExceededError as error:
        raise RenderError(str(error)) from error
    except TemplateError as error:
        raise RenderError(error.message or type(error).__name__) from error
    except Exception as error:
        # an expression may raise anything (division by zero, a text for a number) and quote a value in it
        raise RenderError(f"the template failed with {type(error).__name__}") from error
