"""Arguments that a server's own JSON Schema describes."""

import json

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from pydantic import JsonValue
from referencing import Registry
from referencing.exceptions import Unresolvable

from voiced.tools.arguments import ArgumentsError, read_object

SCHEMA_CHARACTERS = 16_384
"""A longer description of arguments would cost a model more than the tool is worth."""
_SHOWN_PROBLEMS = 3
_SHOWN_CHARACTERS = 200


class UnusableSchemaError(ValueError):
    """A schema that no arguments can be checked against; its text says why."""


def usable(schema: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The schema as models and services expect one: of an object; raises `UnusableSchemaError`."""
    if schema.get("type", "object") != "object":
        raise UnusableSchemaError("its arguments are no object")
    if len(json.dumps(schema)) > SCHEMA_CHARACTERS:
        raise UnusableSchemaError(f"its arguments take more than {SCHEMA_CHARACTERS} characters to describe")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise UnusableSchemaError(f"its arguments are not described in JSON Schema: {error.message[:200]}") from None
    defaults: dict[str, JsonValue] = {"type": "object", "properties": {}, "required": []}
    return defaults | schema


class SchemaArguments:
    """Reads arguments as a schema says; values are passed on as they are."""

    def __init__(self, schema: dict[str, JsonValue]) -> None:
        # an empty registry: a reference to another place is not fetched
        self._validator = Draft202012Validator(schema, registry=Registry())

    def read(self, text: str) -> dict[str, JsonValue]:
        """The arguments; raises `ArgumentsError`. Empty text is an empty object."""
        values = read_object(text)
        try:
            problems = [_sentence(error) for error in self._validator.iter_errors(values)]
        except Unresolvable:
            problems = ["They can't be checked, because the server's description of them is incomplete."]
        if problems:
            raise ArgumentsError(" ".join(dict.fromkeys(problems[:_SHOWN_PROBLEMS])))
        return values


def _sentence(error: ValidationError) -> str:
    where = ".".join(map(str, error.path))
    what = error.message if len(error.message) <= _SHOWN_CHARACTERS else error.message[:_SHOWN_CHARACTERS] + "…"
    return f"In {where}: {what}." if where else f"{what}."
