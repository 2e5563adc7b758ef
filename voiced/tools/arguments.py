"""What a model sent as arguments, checked against the tool's schema before a tool sees it."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from pydantic import JsonValue

from voiced.tools.coercion import coerced
from voiced.tools.moments import FORMS, in_form
from voiced.tools.parameters import ParameterSettings, ParameterType, json_schema
from voiced.tools.suggestion import suggestion

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

ARGUMENTS_CHARACTERS = 16_384
"""Longer arguments are refused unread; nobody says that much."""
_SHOWN_CHARACTERS = 40
_SHOWN_PROBLEMS = 3


class ArgumentsError(Exception):
    """Arguments a tool can't be called with; its text is for the model and speakable."""


class Arguments:
    """Reads the arguments of one tool; `locale` is the language in which numbers are spelled out."""

    def __init__(self, parameters: Mapping[str, ParameterSettings], locale: str = "en-US") -> None:
        self._parameters = dict(parameters)
        self._language = locale.partition("-")[0]
        self._words = {name: parameter.words for name, parameter in self._parameters.items()}

    def read(self, text: str) -> dict[str, JsonValue]:
        """Every parameter's value, defaults filled in; raises `ArgumentsError`. Empty text is an empty object.

        A synonym stands for its value, a null for nothing where that is allowed; beyond that, only what a parameter
        declares with `coerce` is taken for something else than it is.
        """
        values = read_object(text)
        for name, parameter in self._parameters.items():
            if name in values:
                if values[name] is None and not parameter.required:
                    del values[name]
                else:
                    values[name] = self._meant(name, parameter, values[name])
        problems = [problem for error in self._validator.iter_errors(values) for problem in self._sentences(error)]
        if problems:
            raise ArgumentsError(" ".join(dict.fromkeys(problems[:_SHOWN_PROBLEMS])))
        for name, parameter in self._parameters.items():
            if name not in values:
                values[name] = [] if parameter.many else parameter.default
            elif parameter.type is ParameterType.INTEGER:
                values[name] = _whole(values[name])
        return values

    @cached_property
    def _validator(self) -> "Draft202012Validator":
        from jsonschema import Draft202012Validator  # noqa: PLC0415 (4 MiB that a speaker nobody talks to does without)

        return Draft202012Validator(json_schema(self._parameters))

    def _meant(self, name: str, parameter: ParameterSettings, value: JsonValue) -> JsonValue:
        if parameter.many and isinstance(value, list):
            return [self._one(name, parameter, item) for item in value]
        return self._one(name, parameter, value)

    def _one(self, name: str, parameter: ParameterSettings, value: JsonValue) -> JsonValue:
        value = coerced(value, parameter.coerce, self._language, (parameter.minimum, parameter.maximum))
        if isinstance(value, str):
            value = self._words[name].get(value.strip().casefold(), value)
        if parameter.format is not None:
            try:
                return in_form(value, parameter.format)
            except ValueError:
                form = FORMS[parameter.format]
                raise ArgumentsError(f"The {name} must be {form}{self._instead(name, value)}.") from None
        return value

    def _sentences(self, error: "ValidationError") -> Iterator[str]:
        name = error.path[0] if error.path else ""
        # both are of the types that our own schema and a JSON object have
        limit = cast("Any", error.validator_value)
        instance = cast("Any", error.instance)
        match error.validator:
            case "required":
                missing = [required for required in limit if required not in instance]
                if f"'{missing[0]}' " in error.message:  # every missing name is reported; the first speaks for all
                    yield f"The {', '.join(missing)} is missing."
            case "additionalProperties":
                for given in instance:
                    if given not in self._parameters:
                        yield f"There is no parameter {_short(given)}{suggestion(given, self._parameters)}."
            case "enum":
                yield self._none_of(name, instance, limit)
            case "minimum":
                yield f"The {name} must be at least {limit}."
            case "maximum":
                yield f"The {name} must be at most {limit}."
            case "type":
                yield f"The {name} must be {_NOUNS[limit]}{self._instead(name, instance)}."
            case _:
                yield f"The {name} is not allowed."

    def _none_of(self, name: object, value: object, values: Iterable[object]) -> str:
        if self._private(name):
            return f"The {name} is none of those there are."
        return f"The {name} can't be {_short(value)}; it can be {', '.join(map(_short, values))}."

    def _instead(self, name: object, value: object) -> str:
        """What was given, where the log of calls may have it: an error is written down, too."""
        return "" if self._private(name) else f", not {_short(value)}"

    def _private(self, name: object) -> bool:
        parameter = self._parameters.get(str(name))
        return parameter is not None and parameter.private


_NOUNS = {
    ParameterType.STRING: "a text",
    ParameterType.INTEGER: "a whole number",
    ParameterType.NUMBER: "a number",
    ParameterType.BOOLEAN: "true or false",
    "array": "a list",
}


def _whole(value: JsonValue) -> JsonValue:
    """JSON Schema counts 5.0 among the integers, a device may not."""
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) else value


def read_object(text: str) -> dict[str, JsonValue]:
    """A JSON object; raises `ArgumentsError`. Empty text is an empty one."""
    if len(text) > ARGUMENTS_CHARACTERS:
        raise ArgumentsError("The arguments are too long.")
    try:
        values = json.loads(text, parse_constant=_finite, parse_float=_finite) if text.strip() else {}
    except (ValueError, RecursionError):  # the latter from thousands of nested brackets
        raise ArgumentsError("The arguments are not valid JSON.") from None
    if not isinstance(values, dict):
        raise ArgumentsError("The arguments must be a JSON object.")
    return values


def _finite(text: str) -> float:
    """Infinity and NaN are Python's reading of JSON, and no JSON at all when written to a device."""
    if not math.isfinite(number := float(text)):
        raise ValueError(text)
    return number


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
