"""The schema as a commented file and as JSON Schema: the documentation is the fields' own."""

import inspect
import json
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from voiced.config.schema import VoicedSettings
from voiced.settings import SecretReference

WIDTH = 118
_HEAD = """\
## Every key of /etc/voiced/voiced.yaml, with its default. Take the "# " away from what you want to change, and from the
## keys above it. Lines with "##" explain. `voiced check` finds every mistake. A shorter file to begin with is
## config/voiced.yaml in the source, and /usr/share/doc/voiced/examples/voiced.yaml where the package is installed.
"""
_DEEPEST = 3
"""Levels at which what a list or a map is made of is explained."""


def sample(model: type[BaseModel] = VoicedSettings) -> str:
    """A file in which everything is commented out; uncommented, it sets every key to its default."""
    return "\n".join([_HEAD, *_Section(0, explains=False).model(model)]) + "\n"


def json_schema() -> str:
    """JSON Schema (Draft 2020-12) for editors: put `# yaml-language-server: $schema=FILE` on the first line."""
    schema = VoicedSettings.model_json_schema(by_alias=True)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "voiced.yaml"} | schema
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True)
class _Section:
    """Lines at a depth; with `explains` they only describe, for there is nothing there by default."""

    depth: int
    explains: bool

    def model(self, model: type[BaseModel]) -> Iterator[str]:
        """Every key of a model."""
        for name, field in model.model_fields.items():
            if self.depth == 0:
                yield ""
            yield from self._comment(field)
            yield from self._key(field.alias or name, field)

    def _key(self, key: str, field: FieldInfo) -> Iterator[str]:
        if field.is_required():
            yield self._line(f"{key}: …")
            default = None
        else:
            default = field.get_default(call_default_factory=True)
            if isinstance(default, BaseModel):
                yield self._line(f"{key}:")
                yield from _Section(self.depth + 1, self.explains).model(type(default))
                return
            text = yaml.safe_dump({key: _plain(default)}, sort_keys=False, allow_unicode=True, width=10_000)
            yield from map(self._line, text.splitlines())
        inner = _inside(field.annotation)
        if inner is not None and self.depth < _DEEPEST:
            below = _Section(self.depth + 1, explains=True)
            yield below._line(_each(field.annotation))
            yield from _Section(self.depth + 2, explains=True).model(inner)

    def _comment(self, field: FieldInfo) -> Iterator[str]:
        text = " ".join(inspect.cleandoc(field.description or "").split())
        limits = _limits(field)
        for line in textwrap.wrap(f"{text} ({limits})" if limits else text, WIDTH - 2 * self.depth - 3):
            yield f"## {'  ' * self.depth}{line}"

    def _line(self, text: str) -> str:
        return f"{'##' if self.explains else '#'} {'  ' * self.depth}{text}"


def _plain(value: Any) -> Any:  # noqa: ANN401 (any type a setting has)
    if isinstance(value, BaseModel):
        return {field.alias or name: _plain(getattr(value, name)) for name, field in type(value).model_fields.items()}
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _limits(field: FieldInfo) -> str:
    """Choices and bounds, where the type has any; the text need not repeat them."""
    found = []
    choices = [str(choice) for choice in _choices(field.annotation)]
    if choices:
        found.append(" | ".join(choices))
    for limit in field.metadata:
        match limit:
            case annotated_types.Ge(ge=bound):
                found.append(f"at least {bound}")
            case annotated_types.Gt(gt=bound):
                found.append(f"above {bound}")
            case annotated_types.Le(le=bound):
                found.append(f"at most {bound}")
            case annotated_types.Lt(lt=bound):
                found.append(f"below {bound}")
            case _:
                pass
    if field.is_required():
        found.append("required")
    return ", ".join(found)


def _choices(kind: Any) -> Iterator[Any]:  # noqa: ANN401 (types as values)
    if get_origin(kind) is Literal:
        yield from get_args(kind)
    elif isinstance(kind, type) and issubclass(kind, Enum):
        yield from (member.value for member in kind)
    elif get_origin(kind) in (Union, UnionType):
        for each in get_args(kind):
            yield from _choices(each)


def _inside(kind: Any) -> type[BaseModel] | None:  # noqa: ANN401 (likewise)
    """The model in a list, a map or an optional value; where secrets are kept is not explained each time."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return None if kind is SecretReference else kind
    return next((found for inner in get_args(kind) if (found := _inside(inner))), None)


def _each(kind: Any) -> str:  # noqa: ANN401 (likewise)
    origins = {get_origin(kind), *(get_origin(inner) for inner in get_args(kind))}
    if dict in origins:
        return "each, under a name of yours:"
    if origins & {list, tuple}:
        return "each of the list:"
    return "a number, or its keys:" if int in _parts(kind) else "its keys:"


def _parts(kind: Any) -> Iterator[Any]:  # noqa: ANN401 (likewise)
    """What a union is made of, without notes on it."""
    if get_origin(kind) in (Union, UnionType, Annotated):
        for each in get_args(kind):
            yield from _parts(each)
    else:
        yield kind
