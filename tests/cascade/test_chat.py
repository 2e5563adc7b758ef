import json

import pytest
from aiohttp import web

from voiced.cascade.chat import NO_ANSWER, UNREACHABLE, Chat
from voiced.cascade.chat_messages import messages
from voiced.cascade.intents.meanings import Call, Plain
from voiced.cascade.replies import Asked
from voiced.cascade.settings import ChatSettings

ASKED = Asked(
    [{"role": "user", "content": "tell me a joke"}],
    [{"type": "function", "name": "set_light", "parameters": {"type": "object"}}],
)


def delta(**fields):
    return f"data: {json.dumps({'choices': [{'index': 0, 'delta': fields}]})}\n\n"


def called(index, **function):
    return delta(tool_calls=[{"index": index, "function": function}])


@pytest.fixture
async def model():
    """A server that streams what it was told to, and keeps what it was asked."""
    running = []

    async def start(*events, status=200):
        asked = []

        async def complete(request):
            asked.append((request.headers.get("Authorization"), await request.json()))
            response = web.StreamResponse(status=status, headers={"Content-Type": "text/event-stream"})
            await response.prepare(request)
            for event in events:
                await response.write(event.encode())
            return response

        application = web.Application()
        application.router.add_post("/v1/chat/completions", complete)
        runner = web.AppRunner(application)
        await runner.setup()
        running.append(runner)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        settings = ChatSettings(url=f"http://127.0.0.1:{runner.addresses[0][1]}/v1/", model="small")
        return Chat(settings, "secret"), asked

    yield start
    for runner in running:
        await runner.cleanup()


async def test_a_streamed_answer_becomes_a_sentence(model):
    chat, asked = await model(": busy\n\n", delta(content="Knock, "), delta(content="knock."), "data: [DONE]\n\n")
    assert await chat.reply(ASKED) == Plain("Knock, knock.")
    authorization, body = asked[0]
    assert (authorization, body["model"], body["stream"]) == ("Bearer secret", "small", True)
    assert body["messages"] == ASKED.messages
    assert body["tools"] == [{"type": "function", "function": {"name": "set_light", "parameters": {"type": "object"}}}]


async def test_streamed_calls_become_calls_in_order(model):
    events = [
        called(1, name="stop", arguments=""),
        called(0, name="set_light", arguments='{"room": '),
        called(0, arguments='"kitchen"}'),
    ]
    chat, _ = await model(delta(content="Sure."), *events)
    assert await chat.reply(ASKED) == (Call("set_light", {"room": "kitchen"}), Call("stop", {}))


async def test_an_empty_answer_is_told(model):
    chat, _ = await model("data: [DONE]\n\n")
    assert await chat.reply(ASKED) == Plain(NO_ANSWER)


async def test_an_answer_nested_without_end_is_none(model):
    chat, _ = await model(f"data: {'[' * 50_000}\n\n")
    assert await chat.reply(ASKED) == Plain(UNREACHABLE)


@pytest.mark.parametrize(
    ("events", "status"),
    [
        (["no such model"], 404),
        (["data: {broken\n\n"], 200),
        (["data: []\n\n"], 200),
        (['data: {"choices": [7]}\n\n'], 200),
        (['data: {"error": {"message": "out of memory"}}\n\n'], 200),
        ([called(0, name="set_light", arguments='["kitchen"]')], 200),
        ([called(0, name="set_light", arguments='{"room')], 200),
        ([delta(content="a" * 9000)], 200),
    ],
)
async def test_a_server_that_fails_is_told_of_and_logged(model, caplog, events, status):
    chat, _ = await model(*events, status=status)
    assert await chat.reply(ASKED) == Plain(UNREACHABLE)
    assert "cascade.reply.chat" in caplog.text


async def test_a_server_that_is_not_there_is_told_of(unused_tcp_port):
    chat = Chat(ChatSettings(url=f"http://127.0.0.1:{unused_tcp_port}/v1", model="small"))
    assert await chat.reply(ASKED) == Plain(UNREACHABLE)


def test_a_conversation_is_told_with_its_calls():
    items = [
        {"id": "1", "type": "message", "role": "user", "content": [{"type": "input_audio", "transcript": None}]},
        {"id": "2", "type": "function_call", "call_id": "c", "name": "dim", "arguments": "{}"},
        {"id": "3", "type": "function_call_output", "call_id": "c", "output": "done"},
        {"id": "4", "type": "function_call_output", "call_id": "forgotten", "output": "?"},
        {"id": "5", "type": "message", "role": "assistant", "content": [{"type": "audio", "transcript": "Done."}]},
        {"id": "6", "type": "message", "role": "user", "content": []},
    ]
    told = messages("Be brief.", items, {"1": "dim it"})
    call = {"id": "c", "type": "function", "function": {"name": "dim", "arguments": "{}"}}
    assert told == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "dim it"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "done"},
        {"role": "assistant", "content": "Done."},
    ]
