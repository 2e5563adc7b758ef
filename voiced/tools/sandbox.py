"""Jinja2 for templates that may be wrong: sandboxed, strict about names, and bounded in steps, time and size.

A loop that never ends, a text that doubles itself and a range of a billion are mistakes of an owner, or of a value that
a device answered; the call fails, the speaker goes on.
"""

import re
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextvars import ContextVar
from itertools import islice
from typing import Any, TypeVar, cast

from jinja2 import StrictUndefined, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

STEPS = 10_000
"""Turns of all loops and calls of one rendering."""
CHARACTERS = 65_536
"""What one rendering may write, and the longest text in between."""
SECONDS = 0.5
"""How long one rendering may take. It is done on the event loop, where 10,000 steps take some 10 ms."""
_LARGEST_NUMBER = 10**18
_WIDE = re.compile(r"%[^a-zA-Z%]*(?:\d{4,}|\*)|\{[^{}]*:[^{}]*(?:\d{4,}|\{)")
"""A width that makes a text out of nothing, in either of Python's ways of formatting."""
_FORMATTING = frozenset({"format", "format_map"})
_STEP_CHARACTERS = 2**24
"""What one step may make before its result is held to `CHARACTERS`: some milliseconds, some megabytes."""
_MULTIPLYING = frozenset({"replace", "join", "translate", "wordwrap"})
_INDENTING = frozenset({"indent", "expandtabs"})
"""What may make a text as long as the product of what it is given: of texts, and of a text and a number."""

_Item = TypeVar("_Item")


class ExceededError(Exception):
    """A rendering went beyond a bound; its text says which."""


class _Budget:
    """What is left to one rendering."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._steps = STEPS
        self._characters = CHARACTERS
        self._until = clock() + SECONDS

    def step(self) -> None:
        self._steps -= 1
        if self._steps < 0:
            raise ExceededError(f"the template takes more than {STEPS} steps; does it loop?")
        if self._clock() > self._until:
            raise ExceededError(f"the template takes longer than {SECONDS:g} s; does it loop?")

    def write(self, characters: int) -> None:
        self._characters -= characters
        if self._characters < 0:
            raise ExceededError(f"the template writes more than {CHARACTERS} characters")


_budget: ContextVar[_Budget | None] = ContextVar("budget", default=None)

_Result = TypeVar("_Result")


def bounded(render: Callable[[], _Result], clock: Callable[[], float] = time.monotonic) -> _Result:
    """What `render` gives; raises `ExceededError` once it goes beyond a bound."""
    token = _budget.set(_Budget(clock))
    try:
        result = render()
    finally:
        _budget.reset(token)
    return sized(result)


class Sandbox(ImmutableSandboxedEnvironment):
    """An environment whose templates are rendered within `bounded`; `finalize` is what each written value becomes."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, finalize: Callable[[object], object]) -> None:
        super().__init__(undefined=StrictUndefined, finalize=lambda value: _written(finalize(value)))
        del self.globals["lipsum"]
        self.filters[_STEPS_OF] = _steps_of
        self.filters[_SIZED] = sized
        for name in ("batch", "center", "indent", "join", "replace", "slice", "truncate", "wordwrap"):
            self.filters[name] = _guarded(name, self.filters[name])
        self.filters["format"] = _formatted

    def bounds(self, source: str) -> nodes.Template:
        """The template's syntax tree with its loops and joins counted; raises `TemplateSyntaxError`."""
        tree: nodes.Template = _Counting().visit(self.parse(source))
        return tree

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 (as Jinja has it)
        """An operator that can make much out of little."""
        match operator:
            case "*":
                _refuse_many(left, right)
                _refuse_many(right, left)
            case "**" if isinstance(left, int) and isinstance(right, int):
                if left.bit_length() * max(right, 0) > _LARGEST_NUMBER.bit_length():
                    raise ExceededError("the template computes with a number that is too large")
            case "%" if isinstance(left, str):
                _refuse_wide(left)
        return sized(super().call_binop(context, operator, left, right))

    def call(self, context: Any, obj: Any, /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (as Jinja has it)
        """Any call in a template is a step, and makes no huge text."""
        _step()
        method = getattr(obj, "__wrapped__", obj)  # the sandbox wraps a text's `format`
        text = getattr(method, "__self__", None)
        if isinstance(text, str):
            name = getattr(method, "__name__", "")
            args = tuple(map(_listed, args))
            if name in _FORMATTING:
                _refuse_wide(text)
            else:
                _refuse_padding((*args, *kwargs.values()))
                _refuse_growth(name, (text, *args, *kwargs.values()))
        return sized(super().call(context, obj, *args, **kwargs))


_STEPS_OF = "_steps_of"
_SIZED = "_sized"


class _Counting(NodeTransformer):
    """Puts counting filters around what loops go over, and around joined texts."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802 (named by the node)
        self.generic_visit(node)
        node.iter = _filtered(cast("nodes.Expr", node.iter), _STEPS_OF)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802 (named by the node)
        self.generic_visit(node)
        return _filtered(node, _SIZED)


def _filtered(node: nodes.Expr, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _steps_of(items: Iterable[_Item]) -> Iterator[_Item]:
    for item in items:
        _step()
        yield item


def _step() -> None:
    budget = _budget.get()
    if budget is not None:
        budget.step()


def _written(value: object) -> object:
    """Count a value that is written, whether into the result or into a variable."""
    budget = _budget.get()
    if budget is not None:
        budget.write(len(sized(str(value))))
    return value


def sized(value: _Item) -> _Item:
    """The value itself; raises `ExceededError` where it is too large."""
    if isinstance(value, str) and len(value) > CHARACTERS:
        raise ExceededError(f"the template makes a text of more than {CHARACTERS} characters")
    if isinstance(value, list | tuple) and len(value) > STEPS:
        raise ExceededError(f"the template makes a list of more than {STEPS} items")
    if isinstance(value, int) and abs(value) > _LARGEST_NUMBER:
        raise ExceededError("the template computes with a number that is too large")
    return value


def _guarded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that is asked for nothing huge, and whose result is held to a size."""

    def guarded(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (as Jinja has it)
        args = tuple(map(_listed, args))
        _refuse_padding((*args, *kwargs.values()))
        _refuse_growth(name, (*args, *kwargs.values()))
        return sized(function(*args, **kwargs))

    mark = "jinja_pass_arg"  # how Jinja knows what a filter wants to be given first
    if hasattr(function, mark):
        setattr(guarded, mark, getattr(function, mark))
    return guarded


def _formatted(text: str, *args: object) -> str:
    """The filter `format`."""
    _refuse_wide(text)
    return sized(text % args)


def _refuse_many(many: object, times: object) -> None:
    if isinstance(many, str | list | tuple) and isinstance(times, int) and len(many) * max(times, 0) > CHARACTERS:
        raise ExceededError(f"the template makes a text of more than {CHARACTERS} characters")


def _refuse_padding(arguments: Iterable[object]) -> None:
    if any(isinstance(argument, int) and abs(argument) > CHARACTERS for argument in arguments):
        raise ExceededError(f"the template makes a text of more than {CHARACTERS} characters")


def _refuse_growth(name: str, arguments: Iterable[object]) -> None:
    if name not in _MULTIPLYING | _INDENTING:
        return
    first, second, *_ = *sorted((_size(each, numbers=name in _INDENTING) for each in arguments), reverse=True), 0, 0
    if first * max(second, 1) > _STEP_CHARACTERS:
        raise ExceededError(f"the template makes a text of more than {CHARACTERS} characters")


def _size(value: object, *, numbers: bool) -> int:
    """How much a text may grow by what it is combined with."""
    match value:
        case str():
            return len(value)
        case list() | tuple():
            return max(len(value), sum(len(each) for each in value if isinstance(each, str)))
        case dict():
            return max((len(each) for each in value.values() if isinstance(each, str)), default=0)
        case int() if numbers:
            return abs(value)
    return 0


def _listed(value: object) -> object:
    """The items of what gives them one by one, as far as a list may go: else nobody knows how long they are."""
    return sized(list(islice(value, STEPS + 1))) if isinstance(value, Generator) else value


def _refuse_wide(text: str) -> None:
    if _WIDE.search(text):
        raise ExceededError("the template formats a text wider than 999 characters")
