from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from voiced.tools.registry import FunctionDefinition, Registry, UnknownToolError
from voiced.tools.settings import ToolSettings

Tool = dict[str, Any]
Validate = Callable[[Tool], ToolSettings]


def test_a_definition_is_the_schema_a_model_needs(validate: Validate, set_light: Tool) -> None:
    set_light["parameters"]["level"] = {
        "type": "integer",
        "description": "Percent.",
        "minimum": 1,
        "maximum": 100,
        "default": 50,
    }
    (definition,) = Registry([validate(set_light)]).definitions()
    assert definition == FunctionDefinition(
        name="set_light",
        description="Turn a light on or off.",
        parameters={
            "type": "object",
            "properties": {
                "room": {"type": "string", "enum": ["kitchen", "living room/east", "attic"]},
                "state": {"type": "string", "enum": ["on", "off"]},
                "level": {
                    "type": "integer",
                    "description": "Percent.",
                    "minimum": 1,
                    "maximum": 100,
                    "default": 50,
                },
            },
            "required": ["room", "state"],
            "additionalProperties": False,
        },
    )
    Draft202012Validator.check_schema(definition.parameters)


def test_two_tools_of_one_name_are_refused(validate: Validate, set_light: Tool) -> None:
    with pytest.raises(ValueError, match="two tools are named 'set_light'"):
        Registry([validate(set_light), validate(set_light)])


def test_an_unknown_tool_is_an_error_with_the_nearest(validate: Validate, set_light: Tool) -> None:
    registry = Registry([validate(set_light)])
    assert registry["set_light"].name == "set_light"
    with pytest.raises(UnknownToolError, match="did you mean 'set_light'"):
        registry["set_ligt"]


def test_phrases_are_those_of_the_tools_that_have_any(validate: Validate, set_light: Tool) -> None:
    silent = set_light | {"name": "silent", "phrases": []}
    registry = Registry([validate(set_light), validate(silent)])
    assert registry.phrases() == {"set_light": ("(turn|switch) {state} [the] {room} (light|lamp)",)}
    assert [tool.name for tool in registry] == ["set_light", "silent"]
    assert len(registry) == 2
