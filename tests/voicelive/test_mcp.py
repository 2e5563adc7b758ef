import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.assistant import events as on
from voiced.voicelive.mcp import labels_of, reason, without_secrets
from voiced.voicelive.translation import translate


def item(kind="conversation.item.created", **fields):
    frame = {"type": kind, "item": fields}
    return frame | ({"response_id": "r1", "output_index": 0} if kind.startswith("response.") else {})


CALL = {"id": "c1", "type": "mcp_call", "server_label": "notes", "name": "find", "arguments": ""}


@pytest.mark.parametrize(
    ("frame", "event"),
    [
        (item("response.output_item.added", **CALL), on.RemoteToolCalled("r1", "c1", "notes", "find")),
        (item(**CALL, approval_request_id="a1"), on.RemoteToolCalled("", "c1", "notes", "find", "a1")),
        ({"type": "response.mcp_call.in_progress", "item_id": "c1", "output_index": 0}, on.RemoteToolCalled("", "c1")),
        ({"type": "response.mcp_call.completed", "item_id": "c1"}, on.RemoteToolFinished("c1", ok=True)),
        ({"type": "response.mcp_call.failed", "item_id": "c1"}, on.RemoteToolFinished("c1", ok=False)),
        (item("response.output_item.done", **CALL, output="[]"), on.RemoteToolFinished("c1", ok=True)),
        (item("response.output_item.done", **CALL, error={"type": "http_error", "message": "502"}),
         on.RemoteToolFinished("c1", ok=False, detail="502")),
        (item("response.output_item.done", **CALL, output=None), on.RemoteToolCalled("r1", "c1", "notes", "find")),
        (item(id="a1", type="mcp_approval_request", server_label="notes", name="add", arguments='{"item":"milk"}'),
         on.ApprovalRequested("", "a1", "notes", "add", '{"item":"milk"}')),
        (item(id="a1", type="mcp_approval_request", server_label="notes", name="add"),
         on.ApprovalRequested("", "a1", "notes", "add", "")),
        (item(id="x", type="mcp_approval_response", approval_request_id="a1", approve=True),
         on.ApprovalAnswered("a1", approved=True)),
        (item(id="x", type="mcp_approval_response", approval_request_id="a1", approve="yes"),
         on.ApprovalAnswered("a1", approved=False)),
        (item(id="m", type="message", role="user"), None),
        ({"type": "response.mcp_call_arguments.done", "item_id": "c1", "arguments": "{}"}, None),
        ({"type": "response.created", "response": {"id": "r9", "metadata": {"voiced_purpose": "approval"}}},
         on.ReplyStarted("r9", "approval")),
    ],
)  # fmt: skip
def test_frame_of_the_reference_is_the_event_it_stands_for(frame, event):
    assert translate(frame) == event


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
FIELDS = st.dictionaries(
    st.sampled_from(["id", "type", "server_label", "name", "arguments", "output", "error", "approval_request_id"]),
    VALUES | st.sampled_from(["mcp_call", "mcp_approval_request", "mcp_approval_response", "mcp_list_tools"]),
)


@given(
    st.sampled_from(["conversation.item.created", "response.output_item.done", "response.mcp_call.completed"]),
    FIELDS | VALUES,
    VALUES,
)
def test_damaged_frame_never_raises(kind, content, response):
    translate({"type": kind, "item": content, "item_id": content, "response_id": response})


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("boom", "boom"),
        ({"message": "boom"}, "boom"),
        ({"code": 424}, ""),
        ({"type": "http_error"}, "http_error"),
        (None, ""),
    ],
)
def test_error_of_any_form_is_read(error, said):
    assert reason(error) == said


@pytest.mark.parametrize("kind", ["session.update", "session.updated", "session.created"])
def test_secrets_are_taken_out_of_frames_and_nothing_else_is(kind):
    tool = {"type": "mcp", "server_label": "notes", "authorization": "s3cret", "headers": {"X-Key": "s3cret"}}
    function = {"type": "function", "name": "set_light"}
    frame = {"type": kind, "session": {"voice": "alloy", "tools": [tool, function, "damaged"]}}
    clean = without_secrets(frame)
    assert "s3cret" not in json.dumps(clean)
    assert clean["session"]["tools"][0]["server_label"] == "notes"
    assert clean["session"]["tools"][1:] == [function, "damaged"]
    assert clean["session"]["voice"] == "alloy"
    assert tool["authorization"] == "s3cret", "the frame itself goes out as it is"


@given(VALUES)
def test_any_frame_can_be_cleaned(session):
    frame = {"type": "session.update", "session": session}
    assert without_secrets(frame)["type"] == "session.update"


@given(VALUES)
def test_labels_are_those_of_servers_only(tools):
    assert labels_of(tools) == ()
    assert labels_of([{"type": "mcp", "server_label": "a"}, {"type": "function", "name": "b"}, None]) == ("a",)
