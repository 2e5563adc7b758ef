"""What an answer says, as JSON where it is JSON, and which part of it is the result."""

import json
from functools import lru_cache
from typing import Annotated

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult
from pydantic import AfterValidator, JsonValue

from voiced.tools.actions.action import ActionError


def _compilable(expression: str | None) -> str | None:
    if expression is not None:
        try:
            _compiled(expression)
        except JMESPathError as error:
            first = str(error).partition("\n")[0].rstrip(":")
            raise ValueError(f"not a JMESPath expression: {first}") from None
    return expression


Picked = Annotated[str | None, AfterValidator(_compilable)]
"""A JMESPath expression, or None for the whole answer."""


def pick(expression: str | None, answer: JsonValue, whose: str) -> JsonValue:
    """The part of an answer; raises `ActionError` where it is not there, which JMESPath calls null."""
    if expression is None:
        return answer
    try:
        found: JsonValue = _compiled(expression).search(answer)
    except JMESPathError as error:  # a function that was given a value of another type
        raise ActionError(f"The answer of {whose} is not what was expected.", str(error)) from error
    if found is None:
        raise ActionError(f"The answer of {whose} does not hold what was asked for.", f"no {expression} in it")
    return found


def json_or_text(text: str) -> JsonValue:
    """JSON where it is JSON, whatever it is said to be: small devices get that wrong. Nothing is null."""
    try:
        parsed: JsonValue = json.loads(text, parse_constant=_no_constant) if text.strip() else None
    except (ValueError, RecursionError):
        return text
    return parsed


def _no_constant(name: str) -> float:
    raise ValueError(name)


@lru_cache(maxsize=256)
def _compiled(expression: str) -> ParsedResult:
    return jmespath.compile(expression)
