import asyncio
import json
from contextlib import aclosing

import pytest
from aiohttp import web

from voiced.cascade.chat import BROKEN_OFF, NO_ANSWER, TOO_SLOW, UNREACHABLE, Chat
from voiced.cascade.chat_messages import UNDER_WAY, messages
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


class Endpoint:
    """A server that streams what it was told to, and keeps what it was asked.

    An asyncio event is waited for, and so are seconds; a function is called with the request.
    """

    def __init__(self, events, status, content_type):
        self.events = events
        self.status = status
        self.content_type = content_type
        self.asked = []
        self.left = asyncio.Event()

    async def complete(self, request):
        self.asked.append((request.headers.get("Authorization"), await request.json()))
        response = web.StreamResponse(status=self.status, headers={"Content-Type": self.content_type})
        await response.prepare(request)
        try:
            for event in self.events:
                if isinstance(event, asyncio.Event):
                    await event.wait()
                elif isinstance(event, float):
                    await asyncio.sleep(event)
                elif callable(event):
                    event(request)
                else:
                    await response.write(event.encode())
        finally:
            if request.transport is None or request.transport.is_closing():
                self.left.set()
        return response


@pytest.fixture
async def model():
    running = []

    async def start(*events, status=200, content_type="text/event-stream", **settings):
        endpoint = Endpoint(events, status, content_type)
        application = web.Application()
        application.router.add_post("/v1/chat/completions", endpoint.complete)
        runner = web.AppRunner(application, handler_cancellation=True)
        await runner.setup()
        running.append(runner)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1/"
        return Chat(ChatSettings(url=url, model="small", **settings), "secret"), endpoint

    yield start
    for runner in running:
        await runner.cleanup()


async def answers(chat):
    return [answer async for answer in chat.reply(ASKED)]


async def test_a_streamed_answer_becomes_a_sentence(model):
    chat, endpoint = await model(": busy\n\n", delta(content="Knock, "), delta(content="knock."), "data: [DONE]\n\n")
    assert await answers(chat) == [Plain("Knock, knock.")]
    authorization, body = endpoint.asked[0]
    assert (authorization, body["model"], body["stream"]) == ("Bearer secret", "small", True)
    assert body["messages"] == ASKED.messages
    assert body["tools"] == [{"type": "function", "function": {"name": "set_light", "parameters": {"type": "object"}}}]


async def test_streamed_calls_become_calls_in_their_order(model):
    events = [
        called(1, name="stop", arguments=""),
        called(0, name="set_light", arguments='{"room": '),
        called(0, arguments='"kitchen"}'),
    ]
    chat, _ = await model(delta(content="Sure."), *events)
    assert await answers(chat) == [(Call("stop", {}), Call("set_light", {"room": "kitchen"}))]


@pytest.mark.parametrize("pieces", [
    ["<think>\nHm. A joke? ", "No. </think>\n\nKnock, ", "knock."],
    ["\n", "<th", "ink>Hm. </thi", "nk>", " Knock, knock."],
    ["<think></think>Knock, knock."],
    ["<think>", *["I wonder. "] * 2000, "</think>Knock, knock."],
])  # fmt: skip
async def test_thoughts_before_an_answer_are_not_told(model, pieces):
    chat, _ = await model(*(delta(content=piece) for piece in pieces))
    assert await answers(chat) == [Plain("Knock, knock.")]


@pytest.mark.parametrize(
    ("text", "told"), [("<think>Hm. Well", NO_ANSWER), ("<", "<"), ("<thin air>", "<thin air>"), ("", NO_ANSWER)]
)
async def test_thoughts_alone_are_no_answer_and_what_is_none_is_told(model, text, told):
    chat, _ = await model(delta(content=text))
    assert await answers(chat) == [Plain(told)]


async def test_an_empty_answer_is_told(model):
    chat, _ = await model("data: [DONE]\n\n")
    assert await answers(chat) == [Plain(NO_ANSWER)]


async def test_an_answer_nested_without_end_is_none(model):
    chat, _ = await model(f"data: {'[' * 50_000}\n\n")
    assert await answers(chat) == [Plain(UNREACHABLE)]


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
    assert await answers(chat) == [Plain(UNREACHABLE)]
    assert "cascade.reply.chat" in caplog.text


async def test_a_server_that_is_not_there_is_told_of(unused_tcp_port):
    chat = Chat(ChatSettings(url=f"http://127.0.0.1:{unused_tcp_port}/v1", model="small"))
    assert await answers(chat) == [Plain(UNREACHABLE)]


async def test_a_sentence_is_told_while_the_next_is_made(model):
    go_on = asyncio.Event()
    chat, _ = await model(delta(content="It is late. Go"), go_on, delta(content=" to bed, Mr. "), delta(content="Fox."))
    async with aclosing(chat.reply(ASKED)) as found:
        assert await anext(found) == Plain("It is late.")
        go_on.set()
        assert [answer async for answer in found] == [Plain("Go to bed, Mr. Fox.")]


async def test_calls_end_an_answer_whose_sentences_were_told(model):
    chat, _ = await model(delta(content="I see. One moment"), called(0, name="stop", arguments="{}"))
    assert await answers(chat) == [Plain("I see."), (Call("stop", {}),)]


async def test_words_after_a_call_are_left_out(model):
    chat, _ = await model(called(0, name="stop", arguments="{}"), delta(content="It stops. Bye."))
    assert await answers(chat) == [(Call("stop", {}),)]


async def test_calls_of_a_server_that_does_not_count_them_are_told_apart_by_their_ids(model):
    events = [delta(tool_calls=[{"id": name, "function": {"name": name, "arguments": {}}}]) for name in ("on", "off")]
    chat, _ = await model(*events)
    assert await answers(chat) == [(Call("on", {}), Call("off", {}))]


@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream"])
async def test_a_server_that_does_not_stream_is_understood(model, content_type):
    call = {"id": "c", "type": "function", "function": {"name": "stop", "arguments": '{"a": 1}'}}
    for message, expected in (
        ({"content": "Knock, knock.\nWho is there?"}, [Plain("Knock, knock.\nWho is there?")]),
        ({"content": None, "tool_calls": [call]}, [(Call("stop", {"a": 1}),)]),
    ):
        body = json.dumps({"choices": [{"message": message}]}, indent=2)
        chat, _ = await model(body[:40], body[40:], content_type=content_type)
        assert await answers(chat) == expected


async def test_a_server_that_stalls_is_given_up_in_one_clear_line(model, caplog):
    chat, _ = await model(asyncio.Event(), timeout_seconds=0.2)
    assert await answers(chat) == [Plain(TOO_SLOW)]
    (line,) = caplog.messages
    assert "0.2 s of cascade.reply.chat.timeout_seconds" in line


async def test_a_slow_answer_may_take_its_time_as_long_as_it_goes_on(model):
    words = [f"Number {number}. " for number in range(8)]
    events = [event for word in words for event in (delta(content=word), 0.1)]
    chat, _ = await model(*events, timeout_seconds=0.6)
    assert [answer.reply for answer in await answers(chat)] == [word.strip() for word in words]


async def test_an_answer_that_does_not_go_on_is_said_to_be_lost(model, caplog):
    chat, _ = await model(delta(content="It is late. Go"), asyncio.Event(), timeout_seconds=0.2)
    assert await answers(chat) == [Plain("It is late."), Plain(BROKEN_OFF)]
    assert "No whole answer" in caplog.text
    assert "0.2 s of cascade.reply.chat.timeout_seconds" in caplog.text


async def test_a_server_that_goes_within_its_answer_is_said_to_be_lost(model, caplog):
    chat, _ = await model(delta(content="It is late. Go"), lambda request: request.transport.close())
    assert await answers(chat) == [Plain("It is late."), Plain(BROKEN_OFF)]
    assert len(caplog.messages) == 1


async def test_who_needs_no_answer_any_more_leaves_the_server(model):
    chat, endpoint = await model(delta(content="It is late. Go"), asyncio.Event())
    async with aclosing(chat.reply(ASKED)) as found:
        await anext(found)
    async with asyncio.timeout(10):
        await endpoint.left.wait()


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


def test_each_call_is_told_with_its_output_right_behind_it():
    """Which OpenAI's own servers insist on."""
    items = [
        *({"id": name, "type": "function_call", "call_id": name, "name": "dim", "arguments": "{}"} for name in "abc"),
        {"id": "1", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Well?"}]},
        {"id": "2", "type": "function_call_output", "call_id": "b", "output": "b is done"},
        {"id": "3", "type": "function_call_output", "call_id": "a", "output": "a is done"},
        {"id": "4", "type": "function_call_output", "call_id": "a", "output": "again"},
    ]
    told = messages("", items, {})
    courses = [message.get("tool_calls", [{}])[0].get("id") or message.get("tool_call_id") for message in told]
    assert courses == [None, "c", "c", None, "b", "b", "a", "a"]
    assert [message["content"] for message in told if message["role"] == "tool"] == [
        UNDER_WAY,
        "b is done",
        "a is done",
    ]
