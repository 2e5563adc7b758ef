"""Built-ins as tools."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import JsonValue

from voiced.tools.actions.action import Answer
from voiced.tools.arguments import Arguments
from voiced.tools.parameters import ParameterSettings, Scalar
from voiced.tools.templates import Text, Values
from voiced.tools.tool import FunctionDefinition, Tool, json_schema

_REPLY = Text("{{ result.said }}")

Do = Callable[[Mapping[str, Any]], dict[str, JsonValue] | Awaitable[dict[str, JsonValue]]]
"""From checked values to the result with what is said; raises `ActionError`."""


def make(
    name: str,
    description: str,
    do: Do,
    parameters: Mapping[str, ParameterSettings] | None = None,
    phrases: tuple[str, ...] = (),
    words: Mapping[str, Mapping[str, Scalar]] | None = None,
    *,
    locale: str = "en-US",
    discreet: bool = False,
) -> Tool:
    """A tool that answers with the result of a function; its `said` is the spoken reply.

    `words` are what offline may be said for a parameter that takes any text, with the value it stands for; `locale` is
    the language that numbers are spelled out in. What a `discreet` one answers is not in the log of calls.
    """

    async def action(values: Values) -> Answer:
        result = do(values)
        return Answer(result if isinstance(result, dict) else await result)

    given = dict(parameters or {})
    return Tool(
        FunctionDefinition(name, description, json_schema(given)),
        Arguments(given, locale),
        action,
        phrases=phrases,
        words=words or {},
        reply=_REPLY,
        private=frozenset(parameter for parameter, each in given.items() if each.private),
        discreet=discreet,
    )
