from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from voiced.tools.building import build
from voiced.tools.registry import Registry, UnknownToolError
from voiced.tools.settings import ToolSettings
from voiced.tools.tool import FunctionDefinition
from voiced.tools.wires import Wires

Tool = dict[str, Any]
Validate = Callable[[Tool], ToolSettings]


def registry_of(*tools: ToolSettings) -> Registry:
    return Registry(build(tools, Wires(lambda _: "")))


def test_a_definition_is_the_schema_a_model_needs(validate: Validate, set_light: Tool) -> None:
    set_light["parameters"]["level"] = {
        "type": "integer",
        "description": "Percent.",
        "minimum": 1,
        "maximum": 100,
        "default": 50,
    }
    (definition,) = registry_of(validate(set_light)).definitions()
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
        registry_of(validate(set_light), validate(set_light))


def test_an_unknown_tool_is_an_error_with_the_nearest(validate: Validate, set_light: Tool) -> None:
    registry = registry_of(validate(set_light))
    assert registry["set_light"].name == "set_light"
    assert "set_light" in registry
    assert "set_ligt" not in registry
    with pytest.raises(UnknownToolError, match="did you mean 'set_light'"):
        registry["set_ligt"]


def test_phrases_are_those_of_the_tools_that_have_any(validate: Validate, set_light: Tool) -> None:
    silent = set_light | {"name": "silent", "phrases": []}
    registry = registry_of(validate(set_light), validate(silent))
    assert registry.phrases() == {"set_light": ("(turn|switch) {state} [the] {room} (light|lamp)",)}
    assert [tool.name for tool in registry] == ["set_light", "silent"]
    assert len(registry) == 2


def test_tools_of_a_source_come_after_the_owners_and_are_replaced_as_a_whole(
    validate: Validate, set_light: Tool
) -> None:
    registry = registry_of(validate(set_light))
    changes: list[int] = []
    registry.on_change(lambda: changes.append(len(registry)))
    other, another = (registry_of(validate(set_light | {"name": name})) for name in ("other", "another"))
    registry.supply("house", other)
    registry.supply("house", another)
    assert [tool.name for tool in registry] == ["set_light", "another"]
    assert changes == [2, 2]


def test_a_source_s_tool_with_a_taken_name_is_left_out_with_a_warning(
    validate: Validate, set_light: Tool, caplog: pytest.LogCaptureFixture
) -> None:
    registry = registry_of(validate(set_light))
    own = registry["set_light"]
    registry.supply("house", registry_of(validate(set_light)))
    assert registry["set_light"] is own
    assert "the tool set_light of house is left out" in caplog.text


def test_a_replaced_set_keeps_what_sources_supply(validate: Validate, set_light: Tool) -> None:
    registry = registry_of(validate(set_light))
    registry.supply("house", registry_of(validate(set_light | {"name": "other"})))
    registry.replace(registry_of(validate(set_light | {"name": "mine"})))
    assert [tool.name for tool in registry] == ["mine", "other"]
