import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.tools.home_assistant.protocol import (
    REMEMBERED,
    Failure,
    Protocol,
    Ready,
    Refused,
    Result,
    Stage,
    Strange,
    Told,
    ToSend,
)


def received(protocol: Protocol, message: Any) -> list[Any]:
    return list(protocol.receive(json.dumps(message)))


@pytest.fixture
def protocol() -> Protocol:
    protocol = Protocol("secret")
    received(protocol, {"type": "auth_ok", "ha_version": "1"})
    return protocol


def test_the_login_is_answered_with_the_token() -> None:
    protocol = Protocol("secret")
    (to_send,) = received(protocol, {"type": "auth_required", "ha_version": "1"})
    assert isinstance(to_send, ToSend)
    assert json.loads(to_send.text) == {"type": "auth", "access_token": "secret"}
    assert received(protocol, {"type": "auth_ok", "ha_version": "2024.3.3"}) == [Ready("2024.3.3")]
    assert protocol.stage is Stage.READY


def test_a_refused_token_is_told() -> None:
    protocol = Protocol("secret")
    assert received(protocol, {"type": "auth_invalid", "message": "Invalid"}) == [Refused("Invalid")]
    assert protocol.stage is Stage.REFUSED


def test_no_command_goes_out_before_the_login() -> None:
    with pytest.raises(RuntimeError, match="authenticating"):
        Protocol("secret").command("ping")


def test_ids_grow_and_answers_find_their_command(protocol: Protocol) -> None:
    first, _ = protocol.command("get_states")
    second, text = protocol.command("call_service", {"domain": "light"})
    assert json.loads(text) == {"id": second, "type": "call_service", "domain": "light"}
    assert second > first
    answer = {"id": second, "type": "result", "success": True, "result": 2}
    assert received(protocol, answer) == [Result(second, 2)]
    refusal = {"id": first, "type": "result", "success": False, "error": {"code": "not_found", "message": "no"}}
    assert received(protocol, refusal) == [Failure(first, "not_found", "no")]
    assert protocol.pending == {}


def test_a_pong_is_an_answer(protocol: Protocol) -> None:
    id_, _ = protocol.command("ping")
    assert received(protocol, {"id": id_, "type": "pong"}) == [Result(id_, None)]


def test_several_messages_come_as_one_list(protocol: Protocol) -> None:
    id_, _ = protocol.command("subscribe_entities")
    ok = {"id": id_, "type": "result", "success": True, "result": None}
    event = {"id": id_, "type": "event", "event": {"a": {}}}
    assert received(protocol, [ok, event]) == [Result(id_, None), Told(id_, {"a": {}})]


def test_events_of_a_refused_subscription_are_strange(protocol: Protocol) -> None:
    id_, _ = protocol.command("subscribe_events")
    received(protocol, {"id": id_, "type": "result", "success": False, "error": {}})
    (found,) = received(protocol, {"id": id_, "type": "event", "event": {}})
    assert isinstance(found, Strange)


def test_an_answer_that_nobody_waits_for_is_told_with_its_command(protocol: Protocol) -> None:
    id_, _ = protocol.command("call_service")
    protocol.give_up(id_)
    assert protocol.pending == {}
    late = {"id": id_, "type": "result", "success": True, "result": None}
    assert received(protocol, late) == [Strange("an answer to call_service that came too late")]
    assert received(protocol, late) == [Strange(f"an answer to nothing: {id_}")]


def test_commands_that_are_never_answered_are_not_remembered_forever(protocol: Protocol) -> None:
    for _ in range(REMEMBERED * 3):
        protocol.give_up(protocol.command("ping")[0])
    assert len(protocol._given_up) == REMEMBERED


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "id", "event", "result", "error", "success", "x"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@given(st.text() | json_values.map(json.dumps), st.booleans())
def test_whatever_is_sent_no_message_breaks_it(text: str, ready: bool) -> None:  # noqa: FBT001 (drawn)
    protocol = Protocol("secret")
    if ready:
        received(protocol, {"type": "auth_ok"})
        protocol.command("subscribe_events")
        protocol.command("ping")
    for each in protocol.receive(text):
        assert isinstance(each, ToSend | Ready | Refused | Result | Failure | Told | Strange)
