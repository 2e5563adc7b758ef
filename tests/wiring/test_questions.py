import asyncio
import json

import pytest

from voiced.voicelive.connection import Target
from voiced.voicelive.credentials import KeyCredential
from voiced.voicelive.tap import Direction
from voiced.wiring.questions import ASKING, ROUNDS, Answer, QuestionError, Questions
from voiced.wiring.services import Service

REQUEST = {
    "modalities": ["text", "audio"],
    "turn_detection": {"type": "server_vad"},
    "interim_response": {"type": "static"},
    "tools": [{"type": "function", "name": "set_light"}, {"type": "mcp", "server_label": "files"}],
}


class Asker:
    """Questions to a service that the test writes, and to a fallback if there is one."""

    def __init__(self, *urls, reply_seconds=5.0, question_seconds=60.0):
        self.services = [
            Service(
                url,
                Target(url, "gpt-realtime", "2026-07-15", 5.0),
                KeyCredential(lambda: "key"),
                lambda _: dict(REQUEST),
            )
            for url in urls
        ]
        self.tools = []
        self.limit_at = None
        self.questions = Questions(self.aside, self.run_tool, reply_seconds, question_seconds)

    async def aside(self, hold, limited):
        replies = []

        def look(direction, frame):
            if direction is Direction.RECEIVED and frame.get("type") == "response.done":
                replies.append(frame)
                if len(replies) == self.limit_at:
                    limited("3000 tokens a conversation")

        for service in self.services:
            failure = await hold(service, look)
            if failure is None:
                return None
        return failure

    async def run_tool(self, name, arguments):
        self.tools.append((name, arguments))
        return json.dumps({"ok": True, "reply": f"{arguments} done"})

    async def ask(self, text="What time is it?", *, aloud=False):
        async with asyncio.timeout(10):
            return await self.questions.ask(text, aloud=aloud)


@pytest.fixture
def asker(service):
    return Asker(service.url)


async def begin(service, socket):
    """Accept the session; the question, once an answer is asked for."""
    update = await service.expect(socket, "session.update")
    await service.send(socket, type="session.updated")
    item = (await service.expect(socket, "conversation.item.create"))["item"]
    await service.expect(socket, "response.create")
    return update["session"], item


async def reply(service, socket, number, text=None, *, calls=(), status="completed", sound=b""):
    await service.send(socket, type="response.created", response={"id": f"r{number}"})
    for call_id, name in calls:
        for _ in range(2):
            await service.send(
                socket,
                type="response.function_call_arguments.done",
                response_id=f"r{number}",
                call_id=call_id,
                name=name,
                arguments=call_id,
            )
    if sound:
        await service.send(socket, type="response.audio.delta", response_id=f"r{number}", item_id="m", delta=sound)
    if text is not None:
        await service.send(socket, type="response.text.done", response_id=f"r{number}", text=text)
    await service.send(socket, type="response.done", response={"id": f"r{number}", "status": status})


async def test_answer_is_what_the_model_wrote_without_an_ear_or_remote_tools(service, asker):
    asked = []

    async def script(socket):
        asked.extend(await begin(service, socket))
        await reply(service, socket, 1, "It is noon.")
        await socket.receive()

    service.script = script
    assert await asker.ask() == Answer("It is noon.", b"")
    session, item = asked
    assert session["modalities"] == ["text"]
    assert session["turn_detection"] is None
    assert "interim_response" not in session
    assert [tool["name"] for tool in session["tools"]] == ["set_light"]
    assert item["content"] == [{"type": "input_text", "text": "What time is it?"}]


async def test_tools_are_run_once_each_and_answered_by_one_request(service, asker):
    outputs = []

    async def script(socket):
        await begin(service, socket)
        await reply(service, socket, 1, calls=[("a", "set_light"), ("b", "set_light"), ("c", "end_conversation")])
        items = [await service.expect(socket, "conversation.item.create") for _ in range(3)]
        outputs.extend(event["item"]["call_id"] for event in items)
        await service.expect(socket, "response.create")
        await reply(service, socket, 2, "Done.")
        await socket.receive()

    service.script = script
    assert (await asker.ask()).text == "Done."
    assert sorted(outputs) == ["a", "b", "c"]
    assert sorted(asker.tools) == [("set_light", "a"), ("set_light", "b")], "hanging up is nobody's tool"
    assert sum(event["type"] == "response.create" for event in service.received) == 2


async def test_answer_that_is_to_be_heard_comes_with_its_sound(service, asker):
    sessions = []

    async def script(socket):
        sessions.append((await begin(service, socket))[0])
        await reply(service, socket, 1, "Noon.", sound="AQACAA==")
        await socket.receive()

    service.script = script
    assert await asker.ask(aloud=True) == Answer("Noon.", b"\1\0\2\0")
    assert sessions[0]["modalities"] == ["text", "audio"]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"status": "failed"}, "the answer is failed: no reason given"),
        ({"status": "incomplete", "text": "It"}, "the answer is incomplete"),
        ({"text": " "}, "without a word"),
    ],
)
async def test_answer_that_is_none_is_told(service, asker, given, problem):
    async def script(socket):
        await begin(service, socket)
        await reply(service, socket, 1, **given)
        await socket.receive()

    service.script = script
    with pytest.raises(QuestionError, match=problem):
        await asker.ask()


async def test_complaint_in_place_of_an_answer_is_told(service, asker):
    async def script(socket):
        await begin(service, socket)
        await service.send(socket, type="error", error={"code": "rate_limit_exceeded", "message": "too many tokens"})
        await socket.receive()

    service.script = script
    with pytest.raises(QuestionError, match="too many tokens"):
        await asker.ask()


async def test_model_that_says_nothing_is_given_up(service):
    async def script(socket):
        await begin(service, socket)
        await socket.receive()

    service.script = script
    with pytest.raises(QuestionError, match=r"no answer for 0.05 s"):
        await Asker(service.url, reply_seconds=0.05).ask()


def circling(service):
    """A model that calls a tool in each reply."""

    async def script(socket):
        await begin(service, socket)
        number = 0
        while True:
            number += 1
            await reply(service, socket, number, calls=[(f"c{number}", "set_light")])
            await service.expect(socket, "response.create")

    return script


@pytest.mark.parametrize(("limit_at", "rounds", "problem"), [(3, 3, "budget"), (None, ROUNDS, "again and again")])
async def test_model_that_calls_tools_without_end_is_stopped(service, asker, limit_at, rounds, problem):
    service.script = circling(service)
    asker.limit_at = limit_at
    with pytest.raises(QuestionError, match=problem):
        await asker.ask()
    assert sum(event["type"] == "response.create" for event in service.received) == rounds
    assert len(asker.tools) == rounds, "a tool that was called is let finish"


async def test_answer_that_reaches_the_limit_is_paid_for_and_given(service, asker):
    async def script(socket):
        await begin(service, socket)
        await reply(service, socket, 1, "Noon.")
        await socket.receive()

    service.script = script
    asker.limit_at = 1
    assert (await asker.ask()).text == "Noon."


async def test_question_has_a_longest_time_whatever_goes_on(service):
    async def script(socket):
        await begin(service, socket)
        await service.send(socket, type="response.created", response={"id": "r"})
        while True:  # the service is never silent
            await service.send(socket, type="response.text.done", response_id="r", text="and")
            await asyncio.sleep(0.001)

    service.script = script
    with pytest.raises(QuestionError, match=r"no answer within 1 s"):
        await Asker(service.url, question_seconds=1).ask()  # an opened session, too, on a busy machine


async def test_service_that_cannot_be_had_is_told():
    with pytest.raises(QuestionError, match=r"refused|reach|connect"):
        await Asker("http://127.0.0.1:9").ask()


async def test_fallback_answers_what_the_service_was_never_asked(service):
    async def script(socket):
        await begin(service, socket)
        await reply(service, socket, 1, "It is noon.")
        await socket.receive()

    service.script = script
    assert (await Asker("http://127.0.0.1:9", service.url).ask()).text == "It is noon."


async def test_question_that_the_service_was_asked_is_not_asked_again_elsewhere(service, voice_live):
    async def script(socket):
        await begin(service, socket)
        await socket.close(code=1011)

    service.script = script
    async with voice_live.serve(voice_live.service()) as other:
        with pytest.raises(QuestionError):
            await Asker(service.url, other.url).ask()
        assert other.received == []


async def test_more_questions_than_may_be_asked_at_a_time_are_refused(service, asker):
    release = asyncio.Event()

    async def script(socket):
        await begin(service, socket)
        await release.wait()
        await reply(service, socket, 1, "Noon.")
        await socket.receive()

    service.script = script
    asking = [asyncio.create_task(asker.ask()) for _ in range(ASKING)]
    await asyncio.sleep(0)
    with pytest.raises(QuestionError, match="under way already"):
        await asker.ask()
    release.set()
    assert [answer.text for answer in await asyncio.gather(*asking)] == ["Noon."] * ASKING
