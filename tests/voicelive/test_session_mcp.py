"""Remote tools over a real socket: a service that plays the frames of voice-live §5.4."""

import asyncio
import json
import logging

import pytest

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.asking import PURPOSE
from voiced.assistant.assistant import Assistant
from voiced.assistant.settings import ConversationSettings
from voiced.voicelive.connection import Target
from voiced.voicelive.credentials import KeyCredential
from voiced.voicelive.session import Session

SERVER = {"type": "mcp", "server_label": "notes", "server_url": "https://notes.example", "authorization": "s3cret"}
LEARN = {"type": "mcp", "server_label": "learn", "server_url": "https://learn.example", "require_approval": "never"}
REQUEST = {
    "tools": [SERVER, LEARN],
    "turn_detection": {"type": "server_vad", "threshold": 0.4, "create_response": True},
}
CALL = {"id": "c1", "type": "mcp_call", "server_label": "notes", "name": "add_item", "arguments": ""}
ASKS = {"id": "ask_1", "type": "mcp_approval_request", "server_label": "notes", "name": "add_item", "arguments": "{}"}


class Speaker:
    """A session and the assistant that it talks to; what goes to the loudspeaker is heard at once."""

    def __init__(self, url):
        self.now = 0.0
        self.tapped = []
        self.events = []
        self.assistant = Assistant(ConversationSettings(), self.now)
        self.session = Session(
            Target(url, "gpt-realtime", "2026-07-15"),
            KeyCredential(lambda: "key"),
            REQUEST,
            self.take,
            tap=lambda _, frame: self.tapped.append(frame),
            retry_seconds=(0.01, 0.01),
        )
        self.take(on.Started())
        self.take(on.WakeWordDetected("hey_jarvis", 0.9, 16_000, 0.0))

    def take(self, event):
        self.events.append(event)
        self.now += 0.5
        for command in self.assistant.handle(event, self.now):
            match command:
                case do.AskUser():
                    self.session.ask_user(command.words, command.purpose)
                case do.AnswerApproval():
                    self.session.answer_approval(command.approval_id, approve=command.approve)
                case do.SetAutomaticReplies():
                    self.session.set_automatic_replies(on=command.on)
                case do.RequestReply():
                    self.session.request_reply()
                case do.CloseSession():
                    self.session.close()
                case do.FinishReply():
                    self.now += 10
                    asyncio.get_running_loop().call_soon(self.take, on.PlaybackFinished())

    async def run(self):
        async with asyncio.timeout(10):
            await self.session.run()


def item(kind, **more):
    return {"type": kind, "item": more}


async def play(service, socket, *frames):
    for frame in frames:
        await service.send(socket, **frame)


def created(response, **more):
    return {"type": "response.created", "response": {"id": response, **more}}


def done(response, status="completed"):
    return {"type": "response.done", "response": {"id": response, "status": status}}


def turn(item_id, words):
    return [
        {"type": "input_audio_buffer.speech_started", "item_id": item_id, "audio_start_ms": 900},
        {"type": "input_audio_buffer.speech_stopped", "item_id": item_id, "audio_end_ms": 9000},
        {"type": "input_audio_buffer.committed", "item_id": item_id},
        {"type": "conversation.item.input_audio_transcription.completed", "item_id": item_id, "transcript": words},
    ]


async def ask(service, socket):
    """Up to the question: returns the frame that asked it."""
    await service.expect(socket, "session.update")
    await service.send(socket, type="session.updated", session={})
    await play(service, socket, *turn("u1", "Put milk on the list."), created("r1"))
    await play(service, socket, item("conversation.item.created", **ASKS), done("r1"))
    return await service.expect(socket, "response.create")


async def put(service, socket, question):
    """The question is heard."""
    await play(
        service,
        socket,
        created("q1", metadata=question["response"]["metadata"]),
        {"type": "response.audio.delta", "response_id": "q1", "item_id": "m1", "delta": "AAAA" * 16_000},
        {"type": "response.audio.done", "response_id": "q1"},
        done("q1"),
    )


@pytest.mark.parametrize("late_done", [False, True])
async def test_allowed_call_is_made_and_answered_by_one_reply(service, late_done):
    after = []

    async def script(socket):
        question = await ask(service, socket)
        message = question["response"]["pre_generated_assistant_message"]
        assert message["content"][0]["text"].startswith("notes wants to do this: add item")
        assert question["response"]["metadata"] == {"voiced_purpose": PURPOSE}
        await put(service, socket, question)
        await asyncio.sleep(0.05)  # the question is heard to its end, which is the speaker's to know
        await play(service, socket, *turn("u2", "Yes, please."))
        answer = await service.expect(socket, "conversation.item.create")
        await play(service, socket, item("conversation.item.created", id="i9", **answer["item"]), created("r2"))
        await play(service, socket, {**item("response.output_item.added", **CALL), "response_id": "r2"})
        await play(service, socket, {"type": "response.mcp_call.in_progress", "item_id": "c1", "output_index": 0})
        ending = [
            {"type": "response.mcp_call.completed", "item_id": "c1", "output_index": 0},
            {**item("response.output_item.done", **CALL | {"output": "ok"}), "response_id": "r2"},
        ]
        await play(service, socket, *([*ending, done("r2")] if late_done else [done("r2"), *ending]))
        await service.expect(socket, "response.create")
        await play(service, socket, created("r3"), done("r3"))
        after.extend([message.data async for message in socket])  # until the conversation ends

    service.script = script
    speaker = Speaker(service.url)
    running = asyncio.create_task(speaker.run())
    async with asyncio.timeout(10):
        while not any(event == on.ReplyFinished("r3", "completed") for event in speaker.events):
            await asyncio.sleep(0.001)
    speaker.take(on.StopRequested())
    await running
    sent = [frame for frame in service.received if frame["type"] != "input_audio_buffer.append"]
    assert [frame["type"] for frame in sent] == [
        "session.update",  # the settings
        "session.update",  # no automatic replies
        "response.create",  # the question
        "conversation.item.create",  # the answer
        "session.update",  # automatic replies
        "response.create",  # the reply
    ]
    quiet, loud = (sent[at]["session"]["turn_detection"] for at in (1, 4))
    assert quiet == {"type": "server_vad", "threshold": 0.4, "create_response": False}
    assert loud == REQUEST["turn_detection"]
    assert sent[3]["item"] == {"type": "mcp_approval_response", "approval_request_id": "ask_1", "approve": True}
    assert not after


async def test_denial_still_goes_out_when_the_conversation_is_stopped(service):
    denied = asyncio.get_running_loop().create_future()

    async def script(socket):
        await ask(service, socket)
        speaker.take(on.StopRequested())
        denied.set_result(await service.expect(socket, "conversation.item.create"))

    service.script = script
    speaker = Speaker(service.url)
    await speaker.run()
    answer = {"type": "mcp_approval_response", "approval_request_id": "ask_1", "approve": False}
    assert (await denied)["item"] == answer


class CongestedLink:
    """A link on which the first frame hangs; what is sent after that goes through."""

    def __init__(self):
        self.hangs = asyncio.Event()
        self.sent = []

    async def send(self, event):
        if not self.hangs.is_set():
            self.hangs.set()
            await asyncio.Event().wait()
        self.sent.append(event)

    async def receive(self):
        await asyncio.Event().wait()


async def test_denial_overtakes_what_a_slow_link_holds_up_and_nothing_else_does():
    session = Speaker("http://localhost:1").session
    link = CongestedLink()
    conversing = asyncio.create_task(session._converse(link, asyncio.get_running_loop().time() + 10))
    await link.hangs.wait()
    session.request_reply()
    session.answer_approval("ask_1", approve=False)
    session.close()
    assert await conversing is None
    assert [event["item"]["approval_request_id"] for event in link.sent] == ["ask_1"]


async def test_failed_listing_is_asked_for_again_and_told_by_name(service):
    listed = item(
        "conversation.item.created", id="i3", type="mcp_list_tools", server_label="notes", tools=[{"name": "a"}]
    )

    async def script(socket):
        await service.expect(socket, "session.update")
        await service.send(socket, type="session.updated", session={})
        learn = item("conversation.item.created", id="i1", type="mcp_list_tools", server_label="learn", tools=[])
        await play(service, socket, learn, {"type": "mcp_list_tools.completed", "item_id": "i1"})
        await play(service, socket, {"type": "mcp_list_tools.failed", "item_id": "i2"})
        without = await service.expect(socket, "session.update")
        again = await service.expect(socket, "session.update")
        assert without["session"] == {"tools": [LEARN]}
        assert again["session"] == {"tools": [SERVER, LEARN]}
        await play(service, socket, listed, {"type": "mcp_list_tools.completed", "item_id": "i3"})
        await socket.close()

    service.script = script
    speaker = Speaker(service.url)
    await speaker.run()
    told = [event for event in speaker.events if isinstance(event, on.RemoteToolsListed | on.RemoteToolsFailed)]
    assert [(type(event), event.server) for event in told] == [
        (on.RemoteToolsListed, "learn"), (on.RemoteToolsFailed, "notes"), (on.RemoteToolsListed, "notes"),
    ]  # fmt: skip


async def test_listing_that_keeps_failing_is_given_up(service):
    async def script(socket):
        await service.expect(socket, "session.update")
        await service.send(socket, type="session.updated", session={})
        for attempt in range(3):
            name = item("conversation.item.created", id=f"i{attempt}", type="mcp_list_tools", server_label="notes")
            await play(service, socket, name, {"type": "mcp_list_tools.failed", "item_id": f"i{attempt}"})
            if attempt < 2:
                await service.expect(socket, "session.update")
                await service.expect(socket, "session.update")
        await asyncio.sleep(0.05)
        await socket.close()

    service.script = script
    await Speaker(service.url).run()
    assert [frame["type"] for frame in service.received] == ["session.update"] * 5


async def test_secret_reaches_the_service_and_nobody_else(service, caplog):
    caplog.set_level(logging.DEBUG)

    async def script(socket):
        update = await service.expect(socket, "session.update")
        assert update["session"]["tools"][0]["authorization"] == "s3cret"
        await service.send(socket, type="session.updated", session=update["session"])
        await play(service, socket, {"type": "mcp_list_tools.failed", "item_id": "i1"})
        await socket.close()

    service.script = script
    speaker = Speaker(service.url)
    await speaker.run()
    assert len(speaker.tapped) >= 3
    assert "s3cret" not in json.dumps(speaker.tapped) + caplog.text + repr(speaker.events)


async def test_a_yeah_is_an_answer_to_a_question_though_it_is_a_filler_otherwise(service):
    told = []
    detection = {"type": "azure_semantic_vad", "remove_filler_words": True, "create_response": True}

    async def script(socket):
        await service.expect(socket, "session.update")
        await service.send(socket, type="session.updated", session={})
        told.extend([(await service.expect(socket, "session.update"))["session"]["turn_detection"] for _ in range(2)])
        session.close()
        await socket.receive()

    service.script = script
    target, key = Target(service.url, "gpt-realtime", "2026-07-15"), KeyCredential(lambda: "key")
    session = Session(target, key, {"tools": [], "turn_detection": detection}, lambda _: None)
    session.set_automatic_replies(on=False)
    session.set_automatic_replies(on=True)
    async with asyncio.timeout(10):
        await session.run()
    assert told == [{**detection, "create_response": False, "remove_filler_words": False}, detection]
