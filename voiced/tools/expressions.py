"""Templates that are more than plain text, and bodies with such in them: what Jinja makes of them."""

import math
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import quote

from jinja2 import TemplateError, TemplateSyntaxError, Undefined, meta, nodes
from pydantic import JsonValue

from voiced.tools.sandbox import ExceededError, Sandbox, bounded
from voiced.tools.templates import RenderError, Values, is_plain

_Rendered = TypeVar("_Rendered")


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


def text(source: str, *, url: bool) -> Callable[[Values], str]:
    """A template as a function, which raises `RenderError`; of a URL each value is percent-encoded."""
    environment = _URL if url else _TEXT
    template = _guarded(lambda: environment.from_string(environment.bounds(source)))
    return lambda values: _guarded(lambda: template.render(values))


def json(body: JsonValue) -> Callable[[Values], JsonValue]:
    """A body as a function, which raises `RenderError`."""
    render = _guarded(lambda: _compiled(body))
    return lambda values: _guarded(lambda: render(values))


def variables(source: str) -> frozenset[str]:
    """The names a template takes from outside; raises `ValueError` that says what is wrong with its syntax."""
    try:
        names = meta.find_undeclared_variables(_TEXT.parse(source))
    except TemplateSyntaxError as error:
        raise ValueError(f"not a valid template: {error.message}") from error
    return frozenset(names) - frozenset(_TEXT.globals)


def attributes_of(name: str, source: str) -> frozenset[str]:
    """What a template takes of one of its names."""
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
    return "".join(node.data for node in _TEXT.parse(source).find_all(nodes.TemplateData))


def _compiled(body: JsonValue) -> Callable[[Values], JsonValue]:
    if isinstance(body, list):
        items = [_compiled(item) for item in body]
        return lambda values: [item(values) for item in items]
    if isinstance(body, dict):
        entries = {key: _compiled(item) for key, item in body.items()}
        return lambda values: {key: item(values) for key, item in entries.items()}
    if not isinstance(body, str) or is_plain(body):
        return lambda _: body
    expression = _whole_expression(body)
    if expression is None:
        template = _TEXT.from_string(_TEXT.bounds(body))
        return template.render
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
