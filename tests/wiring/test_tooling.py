import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from gpiozero import LED

from voiced.assistant import events as on
from voiced.config.schema import VoicedSettings
from voiced.host.control import Request
from voiced.tools.actions.action import Answer
from voiced.tools.calls import call_another
from voiced.tools.ledger_file import entries
from voiced.tools.policy import Policy
from voiced.wiring.tooling import LEDGER, Tooling, described

DOOR = {"name": "door", "description": "A door.", "confirm": True, "http": {"url": "http://door.invalid/"}}


def settings_of(*tools, **more):
    return VoicedSettings.model_validate_json(json.dumps({"tools": tools, **more}))


class House:
    """Tools of a speaker, and what its user is asked."""

    def __init__(self, *tools, **more):
        self.asked = []
        self.tooling = Tooling(settings_of(*tools, **more), self.take)
        self.answer = None

    def take(self, event):
        self.asked.append(event)
        if self.answer is not None:
            self.tooling.answered(event.approval_id, approve=self.answer)


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    return tmp_path


async def test_a_yes_lets_the_tool_act_and_a_no_does_not():
    house = House(DOOR)
    async with house.tooling.wires:
        house.answer = True
        allowed = await house.tooling.in_conversation("c1", "door", "{}", "default")
        house.answer = False
        denied = await house.tooling.in_conversation("c2", "door", "{}", "default")
    assert allowed.error == "door.invalid can't be found on the network."
    assert denied.error == "It was not done: it was not confirmed."
    assert house.asked[0] == on.ApprovalRequested("", "own-c1-1", "this speaker", "door", "{}", "", own=True)


async def test_the_end_of_a_conversation_is_a_no():
    house = House(DOOR)
    async with asyncio.timeout(5), house.tooling.wires, asyncio.TaskGroup() as tasks:
        call = tasks.create_task(house.tooling.in_conversation("c1", "door", "{}", "default"))
        while not house.asked:
            await asyncio.sleep(0)
        house.tooling.withdraw()
    assert call.result().error == "It was not done: it was not confirmed."
    assert not house.tooling.answered("own-c1-1", approve=True), "nobody waits for it any more"


async def test_in_writing_nobody_can_be_asked():
    house = House(DOOR)
    async with house.tooling.wires:
        outcome = await house.tooling.in_writing("door", "{}")
    assert outcome.error == "That needs your yes, and here nobody can be asked."
    assert house.asked == []


def test_an_answer_to_somebody_elses_question_is_left_alone():
    assert not House().tooling.answered("ask_1", approve=True)


async def test_other_tools_and_another_policy_hold_at_once(state):
    house = House(DOOR | {"confirm": False})
    other = settings_of(DOOR | {"name": "gate", "confirm": False}, tool_policy={"dry_run": True, "log": {"days": 0}})
    house.tooling.adopt(other, house.tooling.built(other))
    outcome = await house.tooling.in_writing("gate", "{}")
    assert json.loads(outcome.output)["dry_run"] is True
    assert not (await house.tooling.in_writing("door", "{}")).ok
    house.tooling.ledger.close()
    house.tooling.ledger.write()
    assert entries(state / LEDGER, 10) == []


async def test_pin_that_no_tool_has_any_more_is_put_into_its_safe_state_and_given_back(pins):
    lamp = {"name": "lamp", "description": "A lamp.", "gpio": {"output": 17}}
    fan = {"name": "fan", "description": "A fan.", "gpio": {"output": 27}}
    house = House(lamp, fan)
    async with house.tooling.wires:
        for name in ("lamp", "fan"):
            assert (await house.tooling.in_writing(name, "{}")).ok
        other = settings_of(fan)
        house.tooling.adopt(other, house.tooling.built(other))
        assert [pins.pin(17).state, pins.pin(27).state] == [0, 1]
        LED(17).close()  # anybody may have it


async def test_calls_are_written_down(state):
    house = House(DOOR, tool_policy={"dry_run": True})
    await house.tooling.in_writing("door", "{}")
    house.tooling.ledger.close()
    house.tooling.ledger.write()
    assert [(entry.tool, entry.via) for entry in entries(state / LEDGER, 10)] == [("door", "ask")]


def test_tools_are_described_for_the_command_line():
    room = {"type": "string", "enum": ["kitchen"], "synonyms": {"kitchen": ["Cook Room"]}}
    tool = DOOR | {"parameters": {"room": room}, "phrases": ["open {room}"]}
    (told,) = described(House(tool).tooling.registry)
    assert json.loads(json.dumps(told)) == told
    assert told["phrases"] == ["open {room}"]
    assert told["words"] == {"room": {"cook room": "kitchen"}}


async def test_the_verbs_tell_of_tools_and_call_them():
    verbs = House(DOOR, tool_policy={"dry_run": True}).tooling.errands()
    assert [tool["name"] for tool in (await verbs["tools"]({}))["tools"]] == ["door"]
    answer = await verbs["call"]({"name": "door", "arguments": "{}", "persona": "default"})
    assert (answer["ok"], json.loads(answer["output"])["dry_run"]) == (True, True)
    assert (await verbs["call"]({"name": "gate"}))["ok"] is False
    assert (await verbs["call"]({}))["ok"] is False


async def test_a_persona_that_there_is_not_calls_nothing():
    verbs = House(DOOR | {"confirm": False}, personas={"butler": {}}).tooling.errands()
    answer = await verbs["call"]({"name": "door", "arguments": "{}", "persona": "buttler"})
    assert answer == {"error": "there is no persona 'buttler' (did you mean 'butler'?); known: butler, default"}


@pytest.mark.parametrize(
    ("asks", "answer", "error"),
    [
        (True, {"approve": True}, "door.invalid can't be found on the network."),
        (True, {"approve": "yes"}, "It was not done: it was not confirmed."),
        (True, {}, "It was not done: it was not confirmed."),
        (False, {"approve": True}, "That needs your yes, and here nobody can be asked."),
    ],
)
async def test_who_calls_from_a_terminal_is_asked_there(asks, answer, error):
    asked = []

    async def ask(question):
        asked.append(question)
        return answer

    house = House(DOOR | {"confirm": "Open it?"})
    async with house.tooling.wires:
        request = Request({"name": "door", "arguments": "{}", "persona": "default", "asks": asks}, ask)
        outcome = await house.tooling.errands()["call"](request)
    assert json.loads(outcome["output"])["error"] == error
    assert asked == [{"question": "Open it?", "tool": "door", "arguments": "{}"}] * asks


async def gates_twice(_):
    """Calls a tool that is asked about, two times; the scene itself was not asked about."""
    outcomes = [await call_another("door", "{}") for _ in range(2)]
    return Answer([outcome.error for outcome in outcomes])


async def test_each_question_of_one_call_is_a_question_of_its_own():
    house = House(DOOR)
    house.answer = True
    (door,) = house.tooling.registry
    both = replace(door, definition=replace(door.definition, name="both"), action=gates_twice, policy=Policy())
    house.tooling.registry.replace([door, both])
    async with house.tooling.wires:
        await house.tooling.in_conversation("c1", "both", "{}", "default")
    assert len(house.asked) == 2
    assert len({event.approval_id for event in house.asked}) == 2, "the assistant asks about each id once"


async def test_a_question_that_comes_after_its_conversation_is_a_no_and_nobody_elses():
    house = House(DOOR)
    house.answer = True
    (door,) = house.tooling.registry
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def later(values):
        begun.set()
        await go_on.wait()
        return await gates_twice(values)

    both = replace(door, definition=replace(door.definition, name="both"), action=later, policy=Policy())
    house.tooling.registry.replace([door, both])
    async with house.tooling.wires, asyncio.TaskGroup() as tasks:
        call = tasks.create_task(house.tooling.in_conversation("c1", "both", "{}", "default"))
        await begun.wait()
        house.tooling.withdraw()  # and another conversation begins
        go_on.set()
    assert house.asked == []
    assert "not confirmed" in call.result().output
