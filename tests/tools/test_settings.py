import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from voiced.tools.settings import ToolSettings

Tool = dict[str, Any]
Validate = Callable[[Tool], ToolSettings]

EXAMPLE = Path(__file__).parents[2] / "config" / "tools.d" / "example-lamp.yaml"
POST = {"method": "POST", "url": "http://lamp.local/"}


def test_the_designs_example_is_accepted(validate: Validate, set_light: Tool) -> None:
    tool = validate(set_light)
    assert tool.http is not None
    assert tool.http.body == {"state": "{{ state }}"}
    assert tool.timeout_seconds == 8
    assert tool.action is tool.http


def test_the_shipped_example_is_accepted(validate: Validate) -> None:
    tools = yaml.safe_load(re.sub(r"\b(on|off)\b", r'"\1"', EXAMPLE.read_text()))["tools"]  # YAML 1.2, as we read it
    assert [validate(tool).name for tool in tools] == ["set_lamp"]


@pytest.mark.parametrize(
    ("change", "where", "message"),
    [
        ({"name": "2fast"}, ("name",), "the service refuses '2fast'"),
        ({"name": "x" * 65}, ("name",), "1 to 64"),
        ({"descripton": "?"}, ("descripton",), "not permitted"),
        ({"http": None}, (), "exactly one action"),
        ({"timeout_seconds": 0}, ("timeout_seconds",), "greater than 0"),
        ({"phrases": ["turn {stat} {room}"]}, ("phrases",), "{stat} is no parameter (did you mean 'state'?)"),
        ({"phrases": ["turn ({state} {room}"]}, ("phrases",), "not a sentence template"),
        ({"phrases": [" "]}, ("phrases",), "not a sentence template"),
        ({"phrases": ["{} {state} {room}"]}, ("phrases",), "not a sentence template"),
        ({"phrases": ["turn <verb> {state} {room}"]}, ("phrases",), "<verb> is a rule"),
        ({"phrases": ["turn {state} the light"]}, ("phrases",), "never says {room}, which has no default"),
        ({"reply": "{{ rom }}"}, ("reply",), "unknown parameter 'rom' (did you mean 'room'?)"),
        ({"reply": "{{ room"}, ("reply",), "not a valid template"),
        ({"reply": "{{ room | shout }}"}, ("reply",), "No filter named 'shout'"),
        ({"http": {"url": "http://a/{{ rom }}"}}, ("http",), "url: unknown parameter 'rom' (did you mean 'room'?)"),
        ({"http": {**POST, "json": {"a": ["{{ x1 }}"]}}}, ("http",), "json.a.0: unknown parameter 'x1'"),
        ({"http": {**POST, "form": {"a": "{{ stat }}"}}}, ("http",), "form.a: unknown parameter 'stat'"),
        ({"http": {**POST, "headers": {"X-A": "{{ stat }}"}}}, ("http",), "headers.X-A: unknown parameter 'stat'"),
        ({"http": {**POST, "json": 1, "form": {}}}, ("http",), "json or form, not both"),
        ({"http": {"url": "http://a", "json": {}}}, ("http",), "did you mean method: POST?"),
        ({"http": {"url": "ftp://a"}}, ("http",), "must begin with http://"),
        ({"http": {"url": "http://"}}, ("http",), "and a host"),
        ({"http": {"url": "http://a", "body": {}}}, ("http", "body"), "not permitted"),
        ({"http": {"url": "http://a", "method": "FETCH"}}, ("http", "method"), "there are GET, POST"),
        ({"http": {"url": "http://a", "headers": {"A": {"evn": "X"}}}}, ("http", "headers", "A", "secret", "evn"), ""),
    ],
)
def test_a_mistake_in_a_tool_is_named_with_its_key(
    validate: Validate, set_light: Tool, change: Tool, where: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        validate(set_light | change)
    first = caught.value.errors()[0]
    assert first["loc"] == where
    assert message in first["msg"]


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        ({"type": "string", "enum": ["on", True]}, "enum.1: true is not of type string; put it in quotes"),
        ({"type": "string", "enum": []}, "at least 1 item"),
        ({"type": "string", "enum": ["a", "a"]}, "twice"),
        ({"type": "integer", "enum": [True]}, "enum.0: true is not of type integer"),
        ({"type": "integer", "default": "5"}, "default: '5' is not of type integer"),
        ({"type": "integer", "minimum": 1, "default": 0}, "outside minimum and maximum"),
        ({"type": "integer", "maximum": 1, "default": 2}, "outside minimum and maximum"),
        ({"type": "integer", "minimum": 2, "maximum": 1}, "minimum 2 is above maximum 1"),
        ({"type": "boolean", "maximum": 1}, "maximum: only a number has one"),
        ({"type": "string", "enum": ["a"], "default": "b"}, "default: 'b' is not in the enum"),
        ({"type": "text"}, "'string', 'integer'"),
    ],
)
def test_a_mistake_in_a_parameter_is_named(validate: Validate, set_light: Tool, parameter: Tool, message: str) -> None:
    set_light["parameters"]["extra"] = parameter
    with pytest.raises(ValidationError) as caught:
        validate(set_light)
    first = caught.value.errors()[0]
    assert first["loc"][:2] == ("parameters", "extra")
    assert message in first["msg"]


def test_a_parameter_that_a_reply_would_confuse_with_the_answer_is_refused(validate: Validate, set_light: Tool) -> None:
    set_light["parameters"]["result"] = {"default": ""}
    with pytest.raises(ValidationError, match="choose another name"):
        validate(set_light)


def test_every_mistake_is_reported_at_once(validate: Validate, set_light: Tool) -> None:
    set_light |= {"name": "", "reply": "{{ a }} {{ b }}", "phrases": ["{c"], "http": {"url": "http://x/{{ d }}"}}
    with pytest.raises(ValidationError) as caught:
        validate(set_light)
    text = str(caught.value)
    assert {error["loc"][0] for error in caught.value.errors()} == {"name", "reply", "phrases", "http"}
    assert all(f"'{name}'" in text for name in ("a", "b", "d"))


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://{{ room }}.local/", None),
        ("http://{{ free }}.local/", "'free' is in the host, so it needs an enum"),
        ("http://lamp.local:{{ free }}/", "'free' is in the host"),
        ("http://lamp.local/{{ free }}", None),
        ("http://lamp.local?{{ free }}", None),
        ("http://{% if free %}a{% endif %}.local/", "'free' is in the host"),
        ("http://{% if free %}/{% endif %}.local/", "no {% %} around the host"),
        ("{{ free }}", "must begin with"),
    ],
)
def test_only_listed_values_can_choose_the_host(
    validate: Validate, set_light: Tool, url: str, problem: str | None
) -> None:
    set_light["parameters"]["free"] = {"default": ""}
    set_light["http"] = {"url": url}
    if problem is None:
        validate(set_light)
    else:
        with pytest.raises(ValidationError, match=re.escape(problem)):
            validate(set_light)
