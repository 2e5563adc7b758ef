import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.assistant.events import RemoteToolsFailed, RemoteToolsListed
from voiced.voicelive.mcp_listing import RETRY_SECONDS, Listings, asking_again


def servers(*labels):
    return [{"type": "mcp", "server_label": label, "server_url": f"https://{label}.example"} for label in labels]


def listing(item_id, label, *tools, error=None):
    """The frame that names a listing."""
    made = {"id": item_id, "type": "mcp_list_tools", "server_label": label, "tools": [{"name": tool} for tool in tools]}
    return {"type": "conversation.item.created", "item": made | ({} if error is None else {"error": error})}


def state(item_id, kind):
    return {"type": f"mcp_list_tools.{kind}", "item_id": item_id}


def told(listings, *frames):
    return [event for frame in frames for event in listings.feed(frame)]


def test_listing_as_in_the_reference_names_the_tools():
    found = told(
        Listings(servers("a")), state("i1", "in_progress"), listing("i1", "a", "find", "add"), state("i1", "completed")
    )
    assert found == [RemoteToolsListed("a", ("find", "add"))]


def test_failure_says_why_where_the_service_does():
    frames = [state("i1", "in_progress"), listing("i1", "a", error={"message": "401"}), state("i1", "failed")]
    assert told(Listings(servers("a")), *frames) == [RemoteToolsFailed("a", "401")]


def test_failure_of_the_only_server_needs_no_name():
    (found,) = told(Listings(servers("a")), state("i1", "in_progress"), state("i1", "failed"))
    assert found.server == "a"
    assert "does not say why" in found.reason


def test_nameless_failure_is_told_once_no_other_server_is_left():
    listings = Listings(servers("a", "b"))
    assert not told(listings, state("i1", "failed"))
    found = told(listings, listing("i2", "b", "find"), state("i2", "completed"))
    assert [event.server for event in found] == ["a", "b"]
    assert isinstance(found[0], RemoteToolsFailed)


def test_name_may_come_after_the_end():
    found = told(Listings(servers("a", "b")), state("i1", "completed"), listing("i1", "a", "find"))
    assert found == [RemoteToolsListed("a", ("find",))]


def test_repeated_frames_tell_nothing_new():
    listings = Listings(servers("a", "b"))
    frames = [listing("i1", "a", "find"), state("i1", "completed")]
    assert told(listings, *frames)
    assert not told(listings, *frames, state("i1", "failed"))


def test_failure_is_tried_again_ever_later_and_not_for_ever():
    listings = Listings(servers("a"))
    assert listings.retry_after("a") is None
    waits = []
    for attempt in range(len(RETRY_SECONDS) + 1):
        told(listings, state(f"i{attempt}", "failed"))
        waits.append(listings.retry_after("a"))
        listings.again("a")
    assert waits == [*RETRY_SECONDS, None]
    told(listings, state("last", "completed"), state("x", "in_progress"))
    assert listings.retry_after("a") is None


def test_asking_again_takes_the_server_out_and_puts_it_back():
    tools = [{"type": "function", "name": "f"}, *servers("a", "b")]
    without, again = (update["session"]["tools"] for update in asking_again(tools, "a"))
    assert without == [tools[0], tools[2]]
    assert again == tools


LABELS = ["a", "b", "c"]
OUTCOMES = st.lists(st.booleans(), min_size=3, max_size=3)


@given(OUTCOMES, st.permutations(range(9)), st.booleans())
def test_in_any_order_of_frames_each_server_is_told_of_once(outcomes, order, repeated):
    frames = []
    for label, good in zip(LABELS, outcomes, strict=True):
        name = listing(f"i_{label}", label, "find")
        frames += [state(f"i_{label}", "in_progress"), name, state(f"i_{label}", "completed" if good else "failed")]
    frames = [frames[index] for index in order]
    found = told(Listings(servers(*LABELS)), *frames, *(frames if repeated else []))
    assert sorted((event.server, isinstance(event, RemoteToolsListed)) for event in found) == sorted(
        zip(LABELS, outcomes, strict=True)
    )


@pytest.mark.parametrize("tools", [None, "x", [], [None]])
def test_session_without_servers_tells_nothing(tools):
    assert not told(Listings(tools), state("i1", "failed"), listing("i2", "a"))
