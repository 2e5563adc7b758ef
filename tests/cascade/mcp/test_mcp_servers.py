import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.cascade.mcp.servers import remote_server, without_secrets
from voiced.cascade.protocol import ProtocolError

HERE = {"type": "mcp", "server_label": "books", "server_url": "http://127.0.0.1:8000/mcp"}


@pytest.mark.parametrize(
    ("approval", "asked"),
    [
        (None, {"read", "write", "other"}),
        ("always", {"read", "write", "other"}),
        ("never", set()),
        ({"never": ["read"]}, {"write", "other"}),
        ({"always": ["write"]}, {"read", "write", "other"}),
        ({"always": ["read"], "never": ["read", "other"]}, {"read", "write"}),
    ],
)
def test_a_tool_that_no_list_names_has_to_be_approved(approval, asked):
    server = remote_server({**HERE, "require_approval": approval}, "t")
    assert {tool for tool in ("read", "write", "other") if server.asks_for(tool)} == asked


def test_only_allowed_tools_may_be_called():
    assert remote_server(HERE, "t").allows("read")
    server = remote_server({**HERE, "allowed_tools": ["read"]}, "t")
    assert server.allows("read")
    assert not server.allows("write")


@pytest.mark.parametrize(("token", "header"), [("abc", "Bearer abc"), ("Basic abc", "Basic abc")])
def test_a_token_becomes_a_header(token, header):
    server = remote_server({**HERE, "authorization": token, "headers": {"X-A": "b"}}, "t")
    assert server.headers == {"X-A": "b", "Authorization": header}
    assert "abc" not in repr(server)


def test_secrets_are_not_shown():
    tools = [{**HERE, "authorization": "abc", "headers": {"X-A": "b"}}]
    assert without_secrets(tools) == [HERE]


@pytest.mark.parametrize(
    "change",
    [
        {"server_label": ""}, {"server_url": None}, {"server_url": "ftp://x"}, {"server_url": "http://[x"},
        {"server_url": "http://127.0.0.1:99999/mcp"},
        {"headers": ["x"]}, {"headers": {"a b": "c"}}, {"headers": {"a": "b\r\nc"}}, {"authorization": "a\nb"},
        {"authorization": 5}, {"allowed_tools": "read"}, {"allowed_tools": [5]}, {"require_approval": "sometimes"},
        {"require_approval": {"never": "read"}},
    ],
)  # fmt: skip
def test_what_is_no_server_is_refused(change):
    with pytest.raises(ProtocolError):
        remote_server({**HERE, **change}, "t")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("aé:/\n[", max_size=9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["never", "always"]), inner),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(["server_url", "headers", "allowed_tools", "require_approval"]), _json))
def test_nothing_but_a_protocol_error_comes_of_any_value(change):
    with contextlib.suppress(ProtocolError):
        remote_server({**HERE, **change}, "t")
