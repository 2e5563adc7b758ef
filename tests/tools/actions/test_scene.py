import json

import pytest
from pydantic import ValidationError

from voiced.tools.actions.scene import Scene
from voiced.tools.actions.scene_settings import SceneAction
from voiced.tools.calls import Caller, Question, ToolOutcome, calling
from voiced.tools.scenes import problems

WORD = {"word": {"type": "string"}}


def echo(make, name="echo", **more):
    return make(name, WORD, command={"argv": ["echo", "{{ word }}"]}, **more)


def broken(make, name="broken"):
    return make(name, command={"argv": ["false"]})


async def test_steps_are_done_in_order_and_know_earlier_results(make, calling):
    steps = [
        {"call": "echo", "with": {"word": '{"dark": true}'}, "as": "sky"},
        {"call": "echo", "with": {"word": "{{ word }} lamp"}, "when": "{{ sky.dark }}", "as": "lamp"},
        {"call": "echo", "with": {"word": "never"}, "when": "{{ not sky.dark }}"},
        {"call": "echo", "with": {"word": "{{ lamp }}!"}, "as": "last"},
    ]
    scene = make("evening", WORD, scene={"steps": steps}, reply="{{ result.done | length }} things are done.")
    async with calling(echo(make), scene) as call:
        outcome = await call("evening", word="tall")
    answer = json.loads(outcome.output)
    assert answer["result"] == {"done": ["echo", "echo", "echo"], "skipped": 1}
    assert answer["reply"] == "3 things are done."


async def test_what_failed_is_told_with_how_much_was_done(make, calling):
    steps = [{"call": "echo", "with": {"word": "a"}}, {"call": "broken"}, {"call": "echo", "with": {"word": "b"}}]
    go_on = make("go_on", scene={"steps": steps})
    stop = make("stop", scene={"steps": steps, "on_failure": "stop"})
    nothing = make("nothing", scene={"steps": [{"call": "broken"}]})
    async with calling(echo(make), broken(make), go_on, stop, nothing) as call:
        assert (await call("go_on")).error == "Only 2 of 3 steps were done. broken: false failed with status 1."
        assert (await call("stop")).error == "Only 1 of 3 steps were done. broken: false failed with status 1."
        assert (await call("nothing")).error == "Nothing of it was done. broken: false failed with status 1."


async def test_condition_must_be_true_or_false(make, calling):
    scene = make("s", scene={"steps": [{"call": "broken", "when": "{{ 'off' }}"}]})
    async with calling(broken(make), scene) as call:
        assert "must give true or false" in (await call("s")).error


async def test_scene_that_was_confirmed_asks_once(make, calling):
    asked = []

    async def approve(question: Question) -> bool:
        asked.append(question.tool)
        return True

    scene = make("leave", confirm="Shall I lock up?", scene={"steps": [{"call": "lock", "with": {"word": "x"}}] * 2})
    async with calling(echo(make, "lock", confirm=True), scene) as call:
        assert (await call("leave", Caller(approve=approve))).ok
        assert asked == ["leave"]
        assert not (await call("leave")).ok
        assert not (await call("lock", word="x")).ok


async def test_persona_of_the_caller_holds_for_every_step(make, calling):
    scene = make("s", scene={"steps": [{"call": "echo", "with": {"word": "a"}}]})
    async with calling(echo(make, personas=["parent"]), scene) as call:
        assert (await call("s", Caller("parent"))).ok
        assert "not for this persona" in (await call("s", Caller("child"))).error


async def test_pauses_take_their_time():
    told = []

    async def sleep(seconds):
        told.append(seconds)

    async def call_on(name, arguments):
        told.append((name, arguments))
        return ToolOutcome(ok=True, output="{}", seconds=0)

    steps = [{"call": "a"}, {"wait_seconds": 2.5}, {"call": "b", "with": {"x": [1, "{{ 1 + 1 }}"]}}]
    scene = Scene(SceneAction.model_validate({"steps": steps}), sleep)
    with calling(call_on):
        await scene({})
    assert told == [("a", "{}"), 2.5, ("b", '{"x": [1, 2]}')]


def test_what_does_not_go_together_is_found(make):
    tools = [
        echo(make),
        make("a", scene={"steps": [{"call": "b"}, {"call": "ehco"}]}),
        make("b", scene={"steps": [{"call": "c"}]}),
        make("c", scene={"steps": [{"call": "a"}]}),
        make("self", scene={"steps": [{"call": "self"}]}),
        make("wrong", scene={"steps": [{"call": "echo", "with": {"wrod": "x"}}, {"call": "volume"}]}),
        make("slow", scene={"steps": [{"wait_seconds": 5}, {"wait_seconds": 5}]}),
        echo(make, "garage", confirm=True),
        make("leave", scene={"steps": [{"call": "garage", "with": {"word": "x"}}]}),
    ]
    found = {".".join(map(str, path)): what for path, what in problems(tools, {"volume"})}
    assert found["tools.1.scene.steps.0.call"] == "it would never end: a calls b calls c calls a"
    assert found["tools.1.scene.steps.1.call"] == "there is no tool 'ehco' (did you mean 'echo'?)"
    assert found["tools.2.scene.steps.0.call"] == "it would never end: b calls c calls a calls b"
    assert found["tools.4.scene.steps.0.call"] == "it would never end: self calls self"
    assert found["tools.5.scene.steps.0.with"] == "echo needs word"
    assert found["tools.6.scene"].startswith("it pauses for 10 seconds, and ends after 8 seconds")
    assert "`confirm: true`" in found["tools.8.scene.steps.0.call"]
    assert len(found) == 8  # c's way back, too; the built-in is known
    assert "tools.1.scene.steps.1.call" not in [".".join(map(str, path)) for path, _ in problems(tools, None)]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([], "at least 1"),
        ([{"when": "{{ true }}"}], "either call or wait_seconds"),
        ([{"wait_seconds": 1, "with": {"a": 1}}], "only a call has"),
        ([{"call": "a", "when": "{{ later }}"}, {"call": "b", "as": "later"}], "unknown parameter 'later'"),
        ([{"call": "a", "as": "word"}], "means something else already"),
        ([{"call": "a", "with": {"x": {"y": ["{{ wrod }}"]}}}], "steps.0.with.x.y.0: unknown parameter 'wrod'"),
    ],
)
def test_mistake_in_a_step_is_named(make, steps, message):
    with pytest.raises(ValidationError) as caught:
        make(parameters=WORD, scene={"steps": steps})
    assert message in json.dumps([error["msg"] for error in caught.value.errors()])
