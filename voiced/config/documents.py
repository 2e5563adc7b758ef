"""YAML files as plain data that remembers where each value stands."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

Path_ = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; line and column count from 1."""

    file: Path
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(slots=True)
class Document:
    """Data and, for each path in it, the place of its key (of its value, in lists)."""

    data: dict[str, Any] = field(default_factory=dict)
    marks: dict[Path_, Mark] = field(default_factory=dict)

    def locate(self, path: Path_) -> Mark | None:
        """The place of a path, or of the nearest thing around it that is in a file."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks.get(path)


class DocumentError(Exception):
    """A file can't be read as YAML."""

    def __init__(self, mark: Mark, problem: str) -> None:
        super().__init__(f"{mark}: {problem}")


try:
    from yaml._yaml import CParser
except ImportError:  # PyYAML was built without libyaml, which is several times as fast
    _Source: Any = yaml.SafeLoader
else:

    class _LibyamlLoader(Composer, CParser, SafeConstructor, Resolver):
        """libyaml reads, Python composes: that has a limit to its recursion."""

        def __init__(self, text: str) -> None:
            CParser.__init__(self, text)
            Composer.__init__(self)
            SafeConstructor.__init__(self)
            Resolver.__init__(self)

    _Source = _LibyamlLoader


class _Loader(_Source):  # type: ignore[misc]  # (one of two)
    """YAML with the booleans, numbers and nulls of YAML 1.2: `on`, `off`, `yes`, `no` and dates are strings."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (PyYAML's class attribute)


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))


def _construct_int(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    text = loader.construct_scalar(node)
    return int(text, 0) if text.lstrip("+-").startswith(("0o", "0x")) else int(text)


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)


def read(path: Path) -> Document:
    """A YAML file whose top is a map (an empty file is an empty one). Raises `DocumentError`, OSError."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError(Mark(path, 1, 1), f"not UTF-8 text (byte {error.start})") from error
    loader: _Loader | None = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return Document()
        if not isinstance(node, yaml.MappingNode):
            _fail(path, node, "a map of keys is expected here (`key: value`)")
        document = Document()
        document.data = _convert(loader, path, node, (), document.marks, frozenset())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Mark(path, mark.line + 1, mark.column + 1) if mark else Mark(path, 1, 1)
        raise DocumentError(place, f"not valid YAML: {_explained(error, text)}") from error
    except yaml.reader.ReaderError as error:
        before = text[: text.find(chr(error.character))].split("\n")
        fault = f"a character that can't be seen (U+{error.character:04X}) stands here; type the line anew"
        raise DocumentError(Mark(path, len(before), len(before[-1]) + 1), f"not valid YAML: {fault}") from error
    except RecursionError as error:
        raise DocumentError(Mark(path, 1, 1), "nested too deeply") from error
    except yaml.YAMLError as error:
        raise DocumentError(Mark(path, 1, 1), f"not valid YAML: {error}") from error
    finally:
        if loader is not None:
            loader.dispose()
    return document


_USUAL_CAUSES = (
    ("mapping values are not allowed", "indent the keys of one map alike; put a value that has `: ` in it in quotes"),
    ("expected ',' or", "close the bracket; put a value that has a bracket or `: ` in it in quotes"),
    ("expected key", "indent the keys of one map alike; a quote within quotes is doubled"),
    ("expected <block end>", "indent the keys of one map alike"),
    ("expected '-' indicator", "indent the items of a list alike, each with `- ` before it"),
    ("expected ':'", "a key is followed by a colon and a space"),
    ("that cannot start any token", "put a value that begins with it in quotes"),
    ("undefined alias", "put a value that begins with * in quotes"),
    ("expected alphabetic or numeric character", "put a value that begins with * or & in quotes"),
    ("another document", "take the line with --- away, or make two files of it"),
    ("unknown escape character", "put the text in single quotes"),
)
"""Words of libyaml's and PyYAML's, and what helps."""


def _explained(error: yaml.MarkedYAMLError, text: str) -> str:
    """What the parser says, and what it usually comes from."""
    problem, context = error.problem or "", error.context or ""
    mark = error.problem_mark
    lines = text.split("\n")
    if mark is not None and mark.line < len(lines) and lines[mark.line][mark.column : mark.column + 1] == "\t":
        return "a tab stands here; indent with spaces"
    if "quoted scalar" in context and "end of stream" in problem and error.context_mark is not None:
        return f"the quote that opens in line {error.context_mark.line + 1} is never closed"
    cause = next((helps for words, helps in _USUAL_CAUSES if words in problem), "")
    return (problem or context) + (f" ({cause})" if cause else "")


def _convert(
    loader: _Loader, path: Path, node: yaml.Node, at: Path_, marks: dict[Path_, Mark], above: frozenset[int]
) -> Any:  # noqa: ANN401 (whatever YAML holds)
    if id(node) in above:
        _fail(path, node, "an alias that contains itself")
    marks.setdefault(at, _mark(path, node))
    match node:
        case yaml.MappingNode():
            _refuse_repeated_keys(path, node)
            loader.flatten_mapping(node)  # puts what `<<` brings first, so that what stands here overrides it
            result: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = _scalar(loader, path, key_node)
                if not isinstance(key, str):
                    _fail(path, key_node, "a key must be text; put it in quotes")
                marks[(*at, key)] = _mark(path, key_node)
                result[key] = _convert(loader, path, value_node, (*at, key), marks, above | {id(node)})
            return result
        case yaml.SequenceNode():
            return [
                _convert(loader, path, item, (*at, index), marks, above | {id(node)})
                for index, item in enumerate(node.value)
            ]
        case _:
            return _scalar(loader, path, node)


def _refuse_repeated_keys(path: Path, node: yaml.MappingNode) -> None:
    seen: set[str] = set()
    for key_node, _ in node.value:
        if isinstance(key_node, yaml.ScalarNode) and key_node.tag != "tag:yaml.org,2002:merge":
            if key_node.value in seen:
                _fail(path, key_node, f"the key {key_node.value!r} stands here a second time")
            seen.add(key_node.value)


def _scalar(loader: _Loader, path: Path, node: yaml.Node) -> str | float | bool | None:
    """A value as JSON knows it."""
    if not isinstance(node, yaml.ScalarNode):
        _fail(path, node, "a list or a map can't stand here")
    try:
        value = loader.construct_object(node)
    except (AttributeError, ValueError, KeyError, OverflowError) as error:
        _fail(path, node, f"{node.value[:40]!r} is not a value that can be read: {error}")
    if value is not None and not isinstance(value, str | int | float | bool):
        _fail(path, node, f"a {type(value).__name__} can't stand here; put it in quotes")
    return value


def _mark(path: Path, node: yaml.Node) -> Mark:
    return Mark(path, node.start_mark.line + 1, node.start_mark.column + 1)


def _fail(path: Path, node: yaml.Node, problem: str) -> NoReturn:
    raise DocumentError(_mark(path, node), problem)


def merge(base: Document, over: Document) -> Document:
    """`over` on `base`: maps merge, everything else is replaced."""
    merged = Document(dict(base.data), dict(base.marks))
    _merge(merged.data, over.data, (), merged.marks, over.marks)
    return merged


def _merge(
    base: dict[str, Any], over: dict[str, Any], at: Path_, marks: dict[Path_, Mark], new: dict[Path_, Mark]
) -> None:
    for key, value in over.items():
        path = (*at, key)
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            base[key] = dict(base[key])
            _merge(base[key], value, path, marks, new)
        else:
            base[key] = value
            for old in [old for old in marks if old[: len(path)] == path]:
                del marks[old]
            marks.update({found: mark for found, mark in new.items() if found[: len(path)] == path})
