import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from voiced.tools.arguments import ArgumentsError
from voiced.tools.mcp.naming import name_for
from voiced.tools.mcp.schemas import SchemaArguments
from voiced.tools.mcp.settings import LocalMcpServerSettings
from voiced.tools.settings import _NAME


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({}, "give command, for a program on this device, or url"),
        ({"command": ["a"], "url": "http://a/"}, "give command, for a program on this device, or url"),
        ({"url": "nas:8000"}, "an address like"),
        ({"url": "http://me:pw@nas/mcp"}, "holds no password"),
        ({"url": "http://nas/mcp", "headers": {"Authorization": "Bearer x"}}, "give {credential: NAME}"),
        ({"url": "http://nas/mcp", "environment": {"A": "b"}}, "a program's"),
        ({"command": ["a"], "headers": {"A": "b"}}, "for a server at a url"),
        ({"command": ["a"], "environment": {"API_TOKEN": "x"}}, "give {credential: NAME}"),
        ({"command": []}, "at least 1"),
    ],
)
def test_mistake_is_named(given_, message):
    with pytest.raises(ValidationError) as caught:
        LocalMcpServerSettings.model_validate_json(json.dumps({"label": "a", **given_}), strict=True)
    assert message in json.dumps([error["msg"] for error in caught.value.errors()])


@given(st.text(min_size=1), st.sets(st.text(alphabet="ab_", min_size=1, max_size=3)))
def test_every_name_is_one_that_a_service_takes_and_is_free(tool, taken):
    name = name_for(tool, "server", taken)
    assert name is not None
    assert _NAME.fullmatch(name)
    assert name not in taken


def test_name_that_is_taken_twice_is_none():
    assert name_for("a", "b", {"a", "b_a"}) is None


SCALAR = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
JSON = SCALAR | st.lists(SCALAR, max_size=2) | st.dictionaries(st.sampled_from(["n", "m"]), SCALAR)


@given(JSON)
def test_arguments_are_those_of_the_schema_or_refused(value):
    schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}, "required": ["n"]}
    try:
        read = SchemaArguments(schema).read(json.dumps(value))
    except ArgumentsError:
        assert (
            not isinstance(value, dict) or not isinstance(value.get("n"), int) or value["n"] < 1 or value["n"] is True
        )
    else:
        assert read == value
        assert read["n"] >= 1


def test_reference_to_elsewhere_is_not_fetched():
    arguments = SchemaArguments({"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:1/schema"}}})
    with pytest.raises(ArgumentsError, match="incomplete"):
        arguments.read('{"a": 1}')
