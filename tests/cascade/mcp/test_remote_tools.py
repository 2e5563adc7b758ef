"""A session's MCP servers as its client sees them (reference/voice-live.md §5.4), the servers played by the client."""

import json

import pytest

from voiced.cascade.intents.meanings import Call
from voiced.cascade.outputs import Ask, CallRemoteTool, ListRemoteTools, Wait

BOOKS = {
    "type": "mcp", "server_label": "books", "server_url": "http://127.0.0.1:8000/mcp", "require_approval": "never",
    "authorization": "secret-token",
}  # fmt: skip
CALLED = [
    "response.created", "response.output_item.added", "conversation.item.created",
    "response.mcp_call_arguments.delta", "response.mcp_call_arguments.done",
]  # fmt: skip
RAN = ["response.mcp_call.in_progress", "response.mcp_call.completed", "response.output_item.done"]
ASKED = [
    "response.created", "response.output_item.added", "conversation.item.created", "response.output_item.done",
    "response.done",
]  # fmt: skip


@pytest.fixture
def reader(new_client):
    """A client whose server lets itself be called without a question."""
    return with_server(new_client())


def with_server(client, **changes):
    client.send("session.update", session={"tools": [{**BOOKS, **changes}]})
    return client


def write(client, text):
    content = [{"type": "input_text", "text": text}]
    client.send("conversation.item.create", item={"type": "message", "role": "user", "content": content})
    return client.send("response.create")


def approve(client, request_id, *, allowed):
    item = {"type": "mcp_approval_response", "approval_request_id": request_id, "approve": allowed}
    return client.send("conversation.item.create", item=item)


def test_a_servers_tools_are_listed_after_the_update(new_client):
    client = new_client()
    frames = client.send("session.update", session={"tools": [BOOKS]})
    assert client.types(frames) == [
        "session.updated", "mcp_list_tools.in_progress", "conversation.item.created", "mcp_list_tools.completed",
    ]  # fmt: skip
    item = frames[2]["item"]
    assert (item["type"], item["server_label"]) == ("mcp_list_tools", "books")
    assert [tool["name"] for tool in item["tools"]] == ["find_book", "set_shelf", "secret"]
    assert {frames[1]["item_id"], frames[3]["item_id"]} == {item["id"]}
    assert "secret-token" not in json.dumps(frames)


def test_each_server_is_listed_once_until_it_changes(reader):
    other = {**BOOKS, "server_label": "films"}
    frames = reader.send("session.update", session={"tools": [BOOKS, other]})
    assert reader.types(frames).count("mcp_list_tools.in_progress") == 1
    assert "mcp_list_tools.in_progress" not in reader.types(reader.send("session.update", session={"temperature": 1}))
    frames = reader.send("session.update", session={"tools": [BOOKS, {**other, "allowed_tools": ["secret"]}]})
    assert [tool["name"] for tool in frames[2]["item"]["tools"]] == ["secret"]


def test_a_server_that_gives_no_tools_is_told_of(new_client):
    client = with_server(new_client(hold=(ListRemoteTools,)))
    (wanted,) = client.held
    before = len(client.sent)
    client.perform(client.session.remote_tools_listed(wanted.item_id, [], "books: refused"))
    created, failed = client.sent[before:]
    assert created["item"]["error"]["message"] == "books: refused"
    assert (failed["type"], failed["item_id"]) == ("mcp_list_tools.failed", wanted.item_id)


def test_a_list_that_comes_too_late_is_forgotten(new_client):
    client = with_server(new_client(hold=(ListRemoteTools,)))
    client.send("session.update", session={"tools": []})
    before = len(client.sent)
    client.release()
    assert client.sent[before:] == []


def test_a_spoken_tool_is_called_and_the_result_spoken_when_asked_for(reader):
    reader.hears = "use the set shelf tool with seven"
    frames = reader.say()
    turn = [*reader.TURN, reader.TRANSCRIBED, "conversation.item.created"]
    assert reader.course(frames) == [*turn, *CALLED, "response.done", *RAN]
    done = reader.last("response.output_item.done")["item"]
    assert (done["type"], done["server_label"], done["name"]) == ("mcp_call", "books", "set_shelf")
    assert json.loads(done["arguments"]) == {"shelf": 7}
    assert done["output"] == 'set_shelf took {"shelf": 7}.'
    ids = {frame["response_id"] for frame in frames if "mcp_call" in frame["type"]}
    assert ids == {reader.last("response.done")["response"]["id"]}
    assert reader.course(reader.send("response.create")) == list(reader.SPOKEN)
    assert reader.last("response.audio_transcript.done")["transcript"] == 'set_shelf took {"shelf": 7}.'


def test_a_written_tool_may_have_any_arguments(reader):
    write(reader, 'use find_book {"title": "Emma", "pages": {"from": 1}}')
    assert json.loads(reader.last("response.mcp_call_arguments.done")["arguments"]) == {
        "title": "Emma", "pages": {"from": 1},
    }  # fmt: skip


@pytest.mark.parametrize("text", ["use find_book {x", "use nothing", "use find_book [1]"])
def test_what_is_no_call_is_not_understood(reader, text):
    write(reader, text)
    assert reader.last("response.audio_transcript.done")["transcript"] == "Sorry, I did not understand that."


def test_a_tool_that_failed_says_so(new_client):
    client = with_server(new_client(hold=(CallRemoteTool,)))
    write(client, "use find_book")
    (call,) = client.held
    client.perform(client.session.remote_tool_called(call.item_id, None, "the shelf is empty."))
    failed, done = client.sent[-2:]
    assert failed["type"] == "response.mcp_call.failed"
    assert done["item"]["error"]["message"] == "the shelf is empty."
    client.held = []
    client.send("response.create")
    assert client.last("response.audio_transcript.done")["transcript"] == "Sorry, the shelf is empty."


def test_a_slow_tool_leaves_the_session_free(new_client):
    client = with_server(new_client(hold=(CallRemoteTool,)))
    write(client, "use find_book")
    assert client.types()[-2:] == ["response.done", "response.mcp_call.in_progress"]
    client.send("response.create")
    assert client.last("response.audio_transcript.done")["transcript"] == "I am still working on that."
    client.release()
    assert client.types()[-2:] == ["response.mcp_call.completed", "response.output_item.done"]


def test_a_response_may_wait_for_its_call(new_client):
    client = with_server(new_client(hold=(CallRemoteTool,), calls_first=True))
    write(client, "use find_book")
    assert client.types()[-1] == "response.mcp_call.in_progress"
    assert client.send("response.create")[0]["error"]["code"] == "conversation_already_has_active_response"
    client.release()
    assert client.types()[-3:] == [*RAN[1:], "response.done"]
    assert client.last("response.done")["response"]["output"][0]["output"] == "find_book took {}."


def test_a_cancelled_response_does_not_end_twice(new_client):
    client = with_server(new_client(hold=(CallRemoteTool,), calls_first=True))
    write(client, "use find_book")
    client.send("response.cancel")
    client.release()
    assert client.types().count("response.done") == 1
    assert client.types()[-1] == "response.output_item.done"


def test_only_so_many_calls_run_at_once(new_client):
    client = with_server(new_client(hold=(CallRemoteTool,)))
    for _ in range(9):
        write(client, "use find_book")
    assert len(client.held) == 8
    assert client.last("response.output_item.done")["item"]["error"]["message"] == "too many calls are under way"


def test_by_default_a_call_has_to_be_approved(new_client):
    client = with_server(new_client(), require_approval=None)
    assert client.types(write(client, 'use find_book {"a": 1}')) == ASKED
    request = client.last("response.output_item.done")["item"]
    assert (request["type"], request["name"], request["arguments"]) == ("mcp_approval_request", "find_book", '{"a": 1}')
    frames = approve(client, request["id"], allowed=True)
    assert client.course(frames) == ["conversation.item.created", *CALLED, "response.done", *RAN]
    assert frames[0]["item"]["approve"] is True
    assert client.last("response.output_item.done")["item"]["approval_request_id"] == request["id"]


def test_an_approved_call_waits_for_the_response_under_way(new_client):
    client = with_server(new_client(), require_approval="always")
    write(client, "use find_book")
    request = client.last("response.output_item.done")["item"]["id"]
    client.hold = (Wait,)
    client.send("response.create")
    assert client.types(approve(client, request, allowed=True)) == ["conversation.item.created"]
    client.release()
    assert client.types()[-3:] == RAN


def test_a_denied_call_is_not_made(new_client):
    client = with_server(new_client(), require_approval="always")
    write(client, "use find_book")
    request = client.last("response.output_item.done")["item"]["id"]
    assert client.types(approve(client, request, allowed=False)) == ["conversation.item.created"]
    client.send("response.create")
    assert client.last("response.audio_transcript.done")["transcript"] == "Sorry, you did not allow that."
    (error,) = approve(client, request, allowed=True)
    assert error["error"]["param"] == "item.approval_request_id"


def test_an_unknown_approval_is_an_error(reader):
    (error,) = approve(reader, "mcpr_x", allowed=True)
    assert (error["error"]["code"], error["error"]["param"]) == ("item_not_found", "item.approval_request_id")
    (error,) = reader.send("conversation.item.create", item={"type": "mcp_approval_response"})
    assert error["error"]["code"] == "missing_required_parameter"


@pytest.mark.parametrize("choice", ["none", {"type": "function", "name": "other"}])
def test_the_tool_choice_holds_for_remote_tools_too(reader, choice):
    reader.send("session.update", session={"tool_choice": choice})
    write(reader, "use find_book")
    assert "response.mcp_call.in_progress" not in reader.types()


def test_the_stage_behind_is_told_of_remote_tools_and_their_results(new_client):
    client = with_server(new_client(hold=(Ask,), chats=True))
    write(client, "burn that book")
    functions = [function["name"] for function in client.held[0].asked.tools]
    assert functions == ["books__find_book", "books__set_shelf", "books__secret"]
    call = (Call("books__set_shelf", {"shelf": 2}),)
    client.perform(client.session.replied(client.held.pop().response_id, call))
    client.send("response.create")
    *_, called, result = client.held[0].asked.messages
    assert called["tool_calls"][0]["function"] == {"name": "books__set_shelf", "arguments": '{"shelf": 2}'}
    assert result == {
        "role": "tool", "tool_call_id": called["tool_calls"][0]["id"], "content": 'set_shelf took {"shelf": 2}.',
    }  # fmt: skip
