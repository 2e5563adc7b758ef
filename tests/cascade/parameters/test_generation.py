import pytest

from voiced.cascade.parameters.generation import (
    interim,
    max_tokens,
    metadata,
    modalities,
    temperature,
    tool_choice,
    tools,
)
from voiced.cascade.protocol import ProtocolError

FUNCTION = {"type": "function", "name": "a"}


@pytest.mark.parametrize(
    ("check", "given"),
    [
        (modalities, ["audio"]),
        (modalities, []),
        (modalities, ["text", ["audio"]]),
        (temperature, 2),
        (temperature, True),
        (max_tokens, 0),
        (max_tokens, 1.5),
        (max_tokens, "many"),
        (metadata, {"a": 1}),
        (metadata, {str(number): "x" for number in range(17)}),
        (tool_choice, "sometimes"),
        (tools, {}),
        (tools, [{"type": "magic"}]),
        (tools, [FUNCTION, FUNCTION]),
    ],
)
def test_a_value_out_of_bounds_is_refused(check, given):
    with pytest.raises(ProtocolError) as refused:
        check(given, "session.x", "voiced")
    assert refused.value.code == "invalid_value"


@pytest.mark.parametrize(
    ("check", "given"),
    [
        (modalities, ["text", "audio"]),
        (temperature, 0.6),
        (max_tokens, 4096),
        (max_tokens, "inf"),
        (metadata, {"a": "b"}),
        (tool_choice, {"type": "function", "name": "a"}),
        (tools, [FUNCTION, {"type": "mcp", "server_label": "b", "server_url": "http://127.0.0.1/mcp"}]),
    ],
)
def test_a_value_within_bounds_is_taken_as_it_is(check, given):
    assert check(given, "session.x", "voiced") == given


def test_more_servers_than_are_asked_at_once_are_refused():
    servers = [{"type": "mcp", "server_label": str(n), "server_url": "http://127.0.0.1/mcp"} for n in range(33)]
    assert tools(servers[:32], "session.tools", "voiced") == servers[:32]
    with pytest.raises(ProtocolError) as refused:
        tools(servers, "session.tools", "voiced")
    assert refused.value.param == "session.tools[32]"


def test_a_tool_needs_a_name():
    with pytest.raises(ProtocolError) as refused:
        tools([FUNCTION, {"type": "function"}], "session.tools", "voiced")
    assert (refused.value.param, refused.value.code) == ("session.tools[1]", "missing_required_parameter")


def test_interim_responses_need_a_cascaded_model():
    given = {"type": "static_interim_response"}
    assert interim(given, "session.interim_response", "voiced") == given
    with pytest.raises(ProtocolError):
        interim(given, "session.interim_response", "gpt-realtime")
