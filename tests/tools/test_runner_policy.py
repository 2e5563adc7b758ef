import asyncio
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from voiced.messages import Message
from voiced.tools.actions.action import Action, ActionError, Answer
from voiced.tools.building import build
from voiced.tools.calls import Call, Caller, Question, Via
from voiced.tools.policy import QuietHours
from voiced.tools.registry import Registry
from voiced.tools.runner import CUT_SHORT, NOT_DONE, Runner, Speaker
from voiced.tools.settings import ToolSettings
from voiced.tools.templates import Text, Values
from voiced.tools.tool import Tool
from voiced.tools.wires import Wires

Given = dict[str, Any]
Validate = Callable[[Given], ToolSettings]
NIGHT = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Garage:
    """A door that counts how often it moved, and says what it was told."""

    def __init__(self) -> None:
        self.moved = 0
        self.inside = 0
        self.most_inside = 0
        self.released = asyncio.Event()
        self.released.set()
        self.answer: Any = "moved"

    async def __call__(self, values: Values) -> Answer:
        self.moved += 1
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            await self.released.wait()
        finally:
            self.inside -= 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return Answer(self.answer)


@pytest.fixture
def garage() -> Garage:
    return Garage()


@pytest.fixture
def make(validate: Validate, garage: Garage) -> Callable[..., Runner]:
    """A runner of one tool that has the garage door for its action."""

    def runner(
        tool: Given, *, action: Action | None = None, record: Callable[[Call], None] = lambda _: None, **more: Any
    ) -> Runner:
        given = {"name": "door", "description": "A door.", "http": {"url": "http://door.local/"}} | tool
        wires = Wires(lambda reference: {"pin": "1234", "token": "Bearer t0ken"}[reference.credential or ""])
        tools = [with_action(made, action or garage) for made in build([validate(given)], wires)]
        clock = more.pop("clock", lambda: 0.0)
        now = more.pop("now", NOON)
        return Runner(Registry(tools), record=record, clock=clock, now=lambda: now, **more)

    return runner


def with_action(tool: Tool, action: Action) -> Tool:
    return Tool(
        tool.definition, tool.arguments, action, tool.policy,
        words=tool.words, reply=tool.reply, secrets=tool.secrets, private=tool.private,
    )  # fmt: skip


def answering(asked: list[Question], *, yes: bool = True) -> Caller:
    async def approve(question: Question) -> bool:
        asked.append(question)
        return yes

    return Caller(approve=approve)


ROOM = {"parameters": {"room": {"type": "string"}, "pin": {"type": "string", "private": True, "optional": True}}}


async def test_a_confirmed_call_is_done_and_the_question_states_what_will_happen(
    make: Callable[..., Runner], garage: Garage
) -> None:
    asked: list[Question] = []
    runner = make(ROOM | {"confirm": True})
    outcome = await runner.call("door", '{"room": "hall", "pin": "99"}', answering(asked))
    assert outcome.ok
    assert garage.moved == 1
    assert asked == [Question("door", '{"room": "hall"}', "")]


async def test_a_question_of_the_owners_is_asked_word_for_word(make: Callable[..., Runner]) -> None:
    asked: list[Question] = []
    await make(ROOM | {"confirm": "Open the {{ room }} door?"}).call("door", '{"room": "hall"}', answering(asked))
    assert asked[0].words == "Open the hall door?"


async def test_a_call_that_is_not_confirmed_is_not_done(make: Callable[..., Runner], garage: Garage) -> None:
    outcome = await make({"confirm": True}).call("door", "", answering([], yes=False))
    assert outcome.error == "It was not done: it was not confirmed."
    assert garage.moved == 0


async def test_where_nobody_can_be_asked_it_is_not_done(make: Callable[..., Runner], garage: Garage) -> None:
    outcome = await make({"confirm": True}).call("door", "")
    assert outcome.error == "That needs your yes, and here nobody can be asked."
    assert garage.moved == 0


async def test_arguments_that_do_not_fit_are_told_before_anybody_is_asked(make: Callable[..., Runner]) -> None:
    asked: list[Question] = []
    await make(ROOM | {"confirm": True}).call("door", "{}", answering(asked))
    assert asked == []


async def test_only_its_personas_may_use_a_tool(make: Callable[..., Runner], garage: Garage) -> None:
    runner = make({"personas": ["chef"]})
    assert (await runner.call("door", "", Caller("child"))).error == "I can't do that here: it is not for this persona."
    assert (await runner.call("door", "", Caller("chef"))).ok
    assert garage.moved == 1


async def test_more_calls_a_minute_than_allowed_are_refused_until_it_is_over(
    make: Callable[..., Runner], garage: Garage
) -> None:
    time = [0.0]
    runner = make({"rate_limit": 2}, clock=lambda: time[0])
    outcomes = [await runner.call("door", "") for _ in range(3)]
    assert [outcome.ok for outcome in outcomes] == [True, True, False]
    assert outcomes[2].error == "That was done 2 times within a minute, which is its limit; try again in 60 seconds."
    time[0] = 60.0
    assert (await runner.call("door", "")).ok


@pytest.mark.parametrize("own", ["own", ""])
async def test_quiet_hours_refuse_or_ask(make: Callable[..., Runner], garage: Garage, own: str) -> None:
    hours = {"from": "22:00", "to": "07:00"}
    everybody = QuietHours(NIGHT.time().replace(hour=22, minute=0), NIGHT.time().replace(hour=7, minute=0))
    refusing = make({"quiet_hours": hours} if own else {}, now=NIGHT, quiet_hours=None if own else everybody)
    assert (await refusing.call("door", "")).error == "I don't do that between 22:00 and 07:00."
    asking = make({"quiet_hours": hours | {"then": "confirm"}}, now=NIGHT, quiet_hours=everybody)
    asked: list[Question] = []
    assert (await asking.call("door", "", answering(asked))).ok
    assert len(asked) == 1
    assert (await make({"quiet_hours": hours}, now=NOON).call("door", "")).ok
    assert garage.moved == 2


@pytest.mark.parametrize("own", ["own", ""])
async def test_a_dry_run_answers_and_does_nothing(make: Callable[..., Runner], garage: Garage, own: str) -> None:
    outcome = await make({"dry_run": bool(own), "reply": "Done."}, dry_run=not own).call("door", "")
    assert json.loads(outcome.output) == {"ok": True, "dry_run": True, "result": NOT_DONE, "reply": NOT_DONE}
    assert garage.moved == 0


async def test_no_more_calls_run_at_a_time_than_allowed(make: Callable[..., Runner], garage: Garage) -> None:
    runner = make({"concurrency": 2})
    garage.released.clear()
    async with asyncio.TaskGroup() as group:
        calls = [group.create_task(runner.call("door", "")) for _ in range(6)]
        while garage.moved < 2:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        garage.released.set()
    assert all(call.result().ok for call in calls)
    assert (garage.moved, garage.most_inside) == (6, 2)


async def test_a_call_that_waits_too_long_for_its_turn_says_so(make: Callable[..., Runner], garage: Garage) -> None:
    runner = make({"concurrency": 1, "timeout_seconds": 0.05})
    garage.released.clear()
    assert (await runner.call("door", "")).error == "The device did not answer within 0.05 seconds."
    turns = runner._gates["door"].turns
    assert turns is not None
    async with turns:  # as another call would have it, whose own limit must not end in the same moment
        outcome = await runner.call("door", "")
    assert outcome.error == "It is busy with other calls since 0.05 seconds."
    assert garage.moved == 1


async def test_every_call_is_recorded_once_with_who_what_and_what_became_of_it(make: Callable[..., Runner]) -> None:
    calls: list[Call] = []
    ticks = iter([float(tick) for tick in range(20)])
    runner = make(ROOM, record=calls.append, clock=lambda: next(ticks))
    await runner.call("door", '{"room": "hall", "pin": "4711"}', Caller("chef", Via.CLI))
    await runner.call("door", '{"pin": "4711"}')
    await runner.call("dor", "{}")
    assert [(call.tool, call.caller.persona, call.caller.via, call.outcome.ok) for call in calls] == [
        ("door", "chef", Via.CLI, True),
        ("door", "default", Via.WAKE, False),
        ("dor", "default", Via.WAKE, False),
    ]
    assert json.loads(calls[0].arguments) == {"room": "hall", "pin": "***"}
    assert "4711" not in "".join(call.arguments for call in calls)
    assert calls[0].at == NOON.timestamp()


SECRET = {"secrets": {"pin": {"credential": "pin"}, "token": {"credential": "token"}}}


@pytest.mark.parametrize(
    "answer",
    [
        "your pin is 1234",
        {"pin 1234": [1234, {"a": "x1234y"}]},
        ActionError("1234 is wrong.", "1234"),
        ValueError("1234"),
    ],
)
async def test_a_secret_in_an_answer_or_an_error_reaches_nobody(
    make: Callable[..., Runner], garage: Garage, caplog: pytest.LogCaptureFixture, answer: Any
) -> None:
    template, calls, sent = Text("{{ secret.pin }} {{ secret['token'] }}"), [], []
    garage.answer = answer

    async def action(values: Values) -> Answer:
        sent.append(template.render(values))
        return await garage(values)

    runner = make(SECRET | {"reply": "It says {{ result }}."}, action=action, record=calls.append)
    outcome = await runner.call("door", "")
    assert sent == ["1234 Bearer t0ken"]
    assert "***" in outcome.output or not outcome.ok
    assert "1234" not in outcome.output + (outcome.error or "") + caplog.text + str(calls)


async def test_a_secret_that_can_not_be_read_is_named(make: Callable[..., Runner], caplog: Any) -> None:
    template = Text("{{ secret.door }}")

    async def action(values: Values) -> Answer:
        return Answer(template.render(values))

    runner = make({"secrets": {"door": {"credential": "absent"}}}, action=action)
    assert (await runner.call("door", "")).error == "The secret door can't be read."


async def test_templates_know_the_speaker_and_the_time(make: Callable[..., Runner]) -> None:
    template = Text("{{ speaker.name }} {{ speaker.locale }} {{ speaker.persona }} {{ now.strftime('%H:%M') }}")

    async def action(values: Values) -> Answer:
        return Answer(template.render(values))

    runner = make({"reply": "{{ speaker.name }}: {{ result }}"}, action=action, speaker=Speaker("Kitchen", "de-DE"))
    outcome = await runner.call("door", "", Caller("chef"))
    assert json.loads(outcome.output)["reply"] == "Kitchen: Kitchen de-DE chef 12:00"


async def test_an_action_is_given_its_parameters_and_nothing_else(make: Callable[..., Runner]) -> None:
    given: list[Iterable[str]] = []

    async def action(values: Values) -> Answer:
        given.append(dict(values))
        return Answer(None)

    await make(ROOM | SECRET, action=action).call("door", '{"room": "hall"}')
    assert given == [{"room": "hall", "pin": None}]


async def test_a_changed_policy_for_all_holds_at_once(make: Callable[..., Runner], garage: Garage) -> None:
    runner = make({})
    runner.hold_to(dry_run=True, quiet_hours=None)
    await runner.call("door", "")
    runner.hold_to(dry_run=False, quiet_hours=None)
    await runner.call("door", "")
    assert garage.moved == 1


async def test_a_secret_that_a_scene_hands_on_is_in_no_log_and_no_answer(
    validate: Validate, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    keypad = {
        "name": "keypad",
        "description": "Types a code.",
        "parameters": {"code": {"type": "string"}, "row": {"type": "integer", "optional": True}},
        "http": {"url": "http://door.local/{{ code }}"},
    }
    steps = [
        {"call": "keypad", "with": {"code": "{{ secret.pin }}"}},
        {"call": "keypad", "with": {"code": "1", "row": "{{ secret.pin }}"}},
    ]
    scene = {
        "name": "leave",
        "description": "Locks up.",
        "secrets": {"pin": {"credential": "pin"}},
        "scene": {"steps": steps},
    }
    recorded: list[Call] = []

    async def echo(values: Values) -> Answer:
        return Answer(f"typed {values['code']}")

    first, second = build([validate(keypad), validate(scene)], Wires(lambda _: "s3cret-pin"))
    runner = Runner(Registry([with_action(first, echo), second]), record=recorded.append)
    outcome = await runner.call("leave", "{}")
    assert [call.tool for call in recorded] == ["keypad", "keypad", "leave"]
    assert "s3cret-pin" not in f"{recorded} {outcome} {caplog.text}"


async def test_a_private_value_that_is_refused_is_not_in_the_log(
    make: Callable[..., Runner], caplog: pytest.LogCaptureFixture
) -> None:
    recorded: list[Call] = []
    pin = {"type": "string", "enum": ["1111", "2222"], "private": True}
    runner = make({"parameters": {"pin": pin, "row": {"type": "integer", "private": True}}}, record=recorded.append)
    outcome = await runner.call("door", '{"pin": "4711", "row": "4712"}')
    assert not outcome.ok
    assert "47" not in caplog.text
    assert "47" not in repr(recorded)


async def test_a_call_that_is_cut_short_is_written_down(make: Callable[..., Runner], garage: Garage) -> None:
    recorded: list[Call] = []
    garage.released.clear()
    calling = asyncio.create_task(make({}, record=recorded.append).call("door", "{}"))
    while not garage.moved:
        await asyncio.sleep(0)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    (call,) = recorded
    assert (call.tool, call.outcome.ok) == ("door", False)
    assert call.outcome.error == CUT_SHORT


async def test_a_reload_with_another_width_forgives_no_calls(validate: Validate, garage: Garage) -> None:
    def made(width: int) -> Tool:
        given = {"name": "door", "description": "A door.", "http": {"url": "http://door.local/"}}
        more = {"rate_limit": 1, "concurrency": width}
        return with_action(*build([validate(given | more)], Wires(lambda _: "")), garage)

    registry = Registry([made(1)])
    runner = Runner(registry, clock=lambda: 0.0)
    assert (await runner.call("door", "{}")).ok
    registry.replace([made(2)])
    assert not (await runner.call("door", "{}")).ok
    assert garage.moved == 1


async def test_the_journal_knows_which_tool_failed_and_explains_it(
    make: Callable[..., Runner], caplog: pytest.LogCaptureFixture
) -> None:
    await make({"parameters": {"room": {"type": "string"}}}).call("door", "{}")
    (record,) = caplog.records
    assert record.__dict__["VOICED_TOOL"] == "door"
    assert record.__dict__["MESSAGE_ID"] == Message.TOOL_FAILED.value


async def test_half_a_character_of_a_device_reaches_nobody(make: Callable[..., Runner], garage: Garage) -> None:
    garage.answer = {"name": "\ud83d", "list": ["\udc00"]}
    outcome = await make({"reply": "It says {{ result.name }}."}).call("door", "{}")
    outcome.output.encode()
    assert json.loads(outcome.output)["result"] == {"name": "?", "list": ["?"]}
    garage.answer = ActionError("It says \ud83d.")
    failed = await make({}).call("door", "{}")
    f"{failed.output}{failed.error}".encode()
    assert failed.error == "It says ?."


async def test_a_private_value_that_comes_back_is_told_and_not_written_down(
    make: Callable[..., Runner], garage: Garage, caplog: pytest.LogCaptureFixture
) -> None:
    recorded: list[Call] = []
    runner = make(ROOM | {"reply": "{{ pin }} it is."}, record=recorded.append)
    garage.answer = {"typed": 'the "späte" 99'}
    arguments = json.dumps({"room": "hall", "pin": 'the "späte" 99'})
    assert json.loads((await runner.call("door", arguments)).output)["result"] == garage.answer
    garage.answer = ActionError('No the "späte" 99 here.', 'the "späte" 99')
    assert "99" in str((await runner.call("door", arguments)).error)
    assert len(recorded) == 2
    assert "99" not in f"{recorded} {caplog.text}"
