"""The control channel's errands, as a test of a client gives them."""

import asyncio
import json

import pytest
from azure.ai.voicelive.models import FunctionCallOutputItem

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_said_text_is_spoken_word_for_word(rigged):
    async with rigged.client() as connection:
        await rigged.until(connection, "session.created")
        assert await rigged.order("say", text="The kettle boils.") == {"ok": True}
        (item,) = (await rigged.until(connection, "response.done"))[-1]["response"]["output"]
        assert item["content"][0]["transcript"] == "The kettle boils."


async def test_called_tool_is_the_clients_to_run_and_its_output_is_taken(rigged):
    arguments = {"room": "kitchen", "levels": [1, None, {"deep": True}]}
    async with rigged.client() as connection:
        await rigged.until(connection, "session.created")
        await connection.session.update(
            session={"tools": [{"type": "function", "name": "set_light", "parameters": {}}]}
        )
        await rigged.order("call", name="set_light", arguments=arguments)
        found = await rigged.until(connection, "response.done")
        pieces = [each["delta"] for each in found if each["type"] == "response.function_call_arguments.delta"]
        assert len(pieces) > 1
        assert json.loads("".join(pieces)) == arguments
        call = next(each for each in found if each["type"] == "response.function_call_arguments.done")
        await connection.conversation.item.create(item=FunctionCallOutputItem(call_id=call["call_id"], output="{}"))
        assert (await rigged.until(connection, "conversation.item.created"))[-1]["item"]["output"] == "{}"


async def test_scripted_replies_are_given_in_order_whatever_is_asked(rigged):
    calls = [{"name": "set_light", "arguments": {"room": "a"}}, {"name": "set_light", "arguments": {"room": "b"}}]
    await rigged.order("script", replies=[{"say": "First."}, {"calls": calls}])
    async with rigged.client() as connection:
        tools = [{"type": "function", "name": "set_light", "parameters": {}}]
        await connection.session.update(session={"tools": tools, "modalities": ["text"]})
        await connection.response.create()
        (item,) = (await rigged.until(connection, "response.done"))[-1]["response"]["output"]
        assert item["content"][0]["text"] == "First."
        await connection.response.create()
        output = (await rigged.until(connection, "response.done"))[-1]["response"]["output"]
        assert [json.loads(item["arguments"])["room"] for item in output] == ["a", "b"]


async def test_fault_strikes_the_session_that_is_named(rigged):
    async with rigged.client() as first, rigged.client() as second:
        for connection in (first, second):
            await rigged.until(connection, "session.created")
        older, newer = (await rigged.order("sessions"))["sessions"][-2:]  # those of tests before may be ending still
        await rigged.order("drop", session=older, code=4000)
        while not first._connection.closed:
            await first._connection.receive()
        assert first._connection.close_code == 4000
        await rigged.order("say", text="Still here.", session=newer)
        await rigged.until(second, "response.done")


async def test_random_faults_are_told(rigged):
    told = await rigged.order("random", count=3)
    assert len(told["faults"]) == len(rigged.rig.plan.faults) == 3
    json.dumps(told)


@pytest.mark.parametrize(
    ("verb", "fields", "why"),
    [
        ("faults", {}, "a list"),
        ("faults", {"faults": [{"kind": "sulk"}]}, "sulk"),
        ("strike", {"fault": {"kind": "refuse", "status": 500}}, "handshake"),
        ("strike", {"fault": {"kind": "reset"}, "session": "sess_x"}, "no session"),
        ("strike", {"fault": {"kind": "reset"}, "session": 5}, "an id"),
        ("random", {"count": 0}, "count"),
        ("say", {}, "text"),
        ("say", {"text": "Hello."}, "no session"),
        ("call", {"name": "x", "arguments": {}}, "no session"),
        ("script", {"replies": [{"say": "x"}], "session": "sess_x"}, "no session"),
        ("script", {"replies": [{"calls": [{"name": "x"}]}]}, "arguments"),
        ("script", {"replies": [{"sing": "la"}]}, "say"),
        ("script", {"replies": [{"calls": []}]}, "calls"),
        ("script", {}, "a list"),
    ],
)
async def test_order_that_makes_no_sense_is_explained(rigged, verb, fields, why):
    while rigged.rig.sessions:
        await asyncio.sleep(0.01)
    answer = await rigged.order(verb, **fields)
    assert why in answer["error"]
    assert not rigged.rig.plan.faults
