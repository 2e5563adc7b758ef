import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from voiced.tools.arguments import Arguments, ArgumentsError
from voiced.tools.parameters import ParameterSettings, json_schema

Given = dict[str, Any]
ROOM = {"enum": ["kitchen", "living room"], "synonyms": {"living room": ["Lounge", "parlour"]}}


def parameters_of(given: dict[str, Given]) -> dict[str, ParameterSettings]:
    return {name: ParameterSettings.model_validate_json(json.dumps(each), strict=True) for name, each in given.items()}


def read(given: dict[str, Given], arguments: Given) -> Given:
    return Arguments(parameters_of(given)).read(json.dumps(arguments))


def test_a_synonym_stands_for_its_value() -> None:
    assert read({"room": ROOM}, {"room": " lounge"}) == {"room": "living room"}
    assert read({"room": ROOM}, {"room": "kitchen"}) == {"room": "kitchen"}


def test_a_model_is_told_of_synonyms_units_and_forms() -> None:
    schema = json_schema(
        parameters_of(
            {
                "room": ROOM | {"description": "Where."},
                "heat": {"type": "number", "unit": "degrees Celsius", "minimum": 5.5},
                "length": {"format": "duration"},
                "at": {"format": "time", "optional": True},
                "rooms": ROOM | {"many": True},
            }
        )
    )
    Draft202012Validator.check_schema(schema)
    assert schema["required"] == ["room", "heat", "length", "rooms"]
    properties: Any = schema["properties"]
    assert properties["room"]["description"] == "Where. 'living room' is also called Lounge, parlour."
    assert properties["heat"] == {"type": "number", "minimum": 5.5, "description": "In degrees Celsius."}
    assert properties["length"] == {
        "type": "integer",
        "format": "duration",
        "description": "Give a whole number of seconds.",
    }
    assert properties["at"]["format"] == "time"
    assert properties["rooms"]["type"] == "array"
    assert properties["rooms"]["items"] == {"type": "string", "enum": ["kitchen", "living room"]}


@pytest.mark.parametrize("arguments", [{}, {"level": None}])
def test_what_may_be_left_out_is_null(arguments: Given) -> None:
    assert read({"level": {"type": "integer", "optional": True}}, arguments) == {"level": None}


def test_a_null_for_a_default_is_the_default() -> None:
    assert read({"level": {"type": "integer", "default": 3}}, {"level": None}) == {"level": 3}


def test_a_null_for_what_is_required_is_refused() -> None:
    with pytest.raises(ArgumentsError, match="The level must be a whole number, not null"):
        read({"level": {"type": "integer"}}, {"level": None})


def test_several_values_are_each_read() -> None:
    many = {"rooms": ROOM | {"many": True}, "levels": {"type": "integer", "many": True, "optional": True}}
    assert read(many, {"rooms": ["Parlour", "kitchen"]}) == {"rooms": ["living room", "kitchen"], "levels": []}
    assert read(many, {"rooms": [], "levels": [1.0, 2]}) == {"rooms": [], "levels": [1, 2]}
    with pytest.raises(ArgumentsError, match="The rooms must be a list, not kitchen"):
        read(many, {"rooms": "kitchen"})
    with pytest.raises(ArgumentsError, match="The rooms can't be attic"):
        read(many, {"rooms": ["attic"]})


def test_what_is_declared_is_coerced_before_it_is_checked() -> None:
    level = {"type": "integer", "minimum": 0, "maximum": 100, "coerce": ["percent", "number_words", "round", "clamp"]}
    for sent, meant in (("50%", 50), ("fifty", 50), (50.4, 50), (250, 100)):
        assert read({"level": level}, {"level": sent}) == {"level": meant}
    assert read({"on": {"type": "boolean", "coerce": "switch"}}, {"on": "off"}) == {"on": False}


def test_a_moment_that_is_none_is_told_with_an_example() -> None:
    with pytest.raises(ArgumentsError, match="The at must be a time of day like 07:30, not noon"):
        read({"at": {"format": "time"}}, {"at": "noon"})
