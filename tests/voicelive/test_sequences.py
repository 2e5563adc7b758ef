"""The orders in which the service was seen to say things (voice-live §5), and what becomes of them."""

import base64

import pytest

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.assistant import Assistant
from voiced.assistant.phases import Phase
from voiced.assistant.settings import ConversationSettings
from voiced.voicelive.memory import Memory
from voiced.voicelive.translation import translate

SOUND = [bytes([number, 0]) * 1200 for number in range(4)]
NATIVE, CASCADED = "native", "cascaded"


class Speaker:
    """A speaker in an open conversation, which is told frames."""

    def __init__(self):
        self.now = 10.0
        self.assistant = Assistant(ConversationSettings(reply_seconds=20), self.now)
        self.memory = Memory(1000, 60)
        self.memory.begin("default", self.now)
        self.commands = []
        self.phases = []
        self.event(on.Started(), on.ListenRequested(0), on.SessionOpened())
        self.commands.clear()
        self.phases.clear()

    def event(self, *events):
        for event in events:
            self.memory.feed(event, self.now)
            for command in self.assistant.handle(event, self.now):
                if isinstance(command, do.ShowPhase):
                    self.phases.append(command.phase)
                else:
                    self.commands.append(command)
        return self

    def frames(self, *frames):
        for type_, fields in frames:
            event = translate({"type": type_, "event_id": "event_1", **fields})
            if event is not None:
                self.event(event)
        return self

    def of(self, kind):
        return [command for command in self.commands if isinstance(command, kind)]


@pytest.fixture
def speaker():
    return Speaker()


def heard(item="item_1"):
    return [
        ("input_audio_buffer.speech_started", {"audio_start_ms": 500, "item_id": item}),
        ("input_audio_buffer.speech_stopped", {"audio_end_ms": 2100, "item_id": item}),
        ("input_audio_buffer.committed", {"previous_item_id": None, "item_id": item}),
    ]


def written(item="item_1", text="Turn it on."):
    kind = "conversation.item.input_audio_transcription"
    return (f"{kind}.completed", {"item_id": item, "content_index": 0, "transcript": text, "language": "en"})


def user_item(item="item_1"):
    return {"item": {"id": item, "type": "message", "role": "user", "status": "completed"}}


def began(personality, response="resp_1"):
    """A reply's beginning: the two kinds of models name and mark its item differently."""
    item = {
        "id": "item_9" if personality == NATIVE else "msg_9",
        "type": "message",
        "role": "assistant",
        "status": "in_progress" if personality == NATIVE else "incomplete",
    }
    return [
        ("response.created", {"response": {"id": response, "status": "in_progress", "metadata": None}}),
        ("response.output_item.added", {"response_id": response, "output_index": 0, "item": item}),
        ("conversation.item.created", {"previous_item_id": "item_1", "item": item}),
        ("response.content_part.added", {"response_id": response, "item_id": item["id"], "part": {"type": "audio"}}),
    ]


def sound(personality, piece, response="resp_1"):
    item = "item_9" if personality == NATIVE else "msg_9"
    delta = base64.b64encode(piece).decode()
    return ("response.audio.delta", {"response_id": response, "item_id": item, "content_index": 0, "delta": delta})


def ended(response="resp_1", status="completed", **more):
    return [
        ("response.audio.done", {"response_id": response}),
        ("response.audio_transcript.done", {"response_id": response, "transcript": "It is on."}),
        ("response.content_part.done", {"response_id": response}),
        ("response.output_item.done", {"response_id": response, "item": {"id": "x", "type": "message"}}),
        ("response.done", {"response": {"id": response, "status": status, "usage": {"total_tokens": 9}, **more}}),
    ]


def turn(personality):
    """A whole turn, in the order of a kind of model."""
    if personality == NATIVE:
        before = [("conversation.item.created", user_item()), ("conversation.item.done", user_item())]
    else:
        before = [written(), ("conversation.item.created", user_item())]
    pieces = [sound(personality, piece) for piece in SOUND]
    ahead = ("response.audio_transcript.delta", {"response_id": "resp_1", "delta": "It is on."})
    during = [written()] if personality == NATIVE else []
    return [*heard(), *before, *began(personality), ahead, pieces[0], *during, *pieces[1:], *ended()]


@pytest.mark.parametrize("personality", [NATIVE, CASCADED])
def test_turn_of_either_kind_of_model_is_heard_whole_and_remembered_in_order(speaker, personality):
    speaker.frames(*turn(personality))
    assert [command.data for command in speaker.of(do.Play)] == SOUND
    assert not speaker.of(do.RequestReply), "the service answers by itself"
    speaker.event(on.PlaybackFinished())
    speaker.now += 1
    speaker.event(on.PlaybackFinished())
    assert (
        speaker.phases == [Phase.LISTENING, Phase.THINKING, Phase.SPEAKING, Phase.FOLLOWING_UP][-len(speaker.phases) :]
    )
    assert [item["role"] for item in speaker.memory.items()] == ["user", "assistant"]


CALL = {"response_id": "resp_1", "call_id": "call_1", "name": "set_light", "arguments": '{ "room":\n "kitchen" }\n'}


def called(number=1):
    call = {**CALL, "call_id": f"call_{number}"}
    item = {"item": {**call, "id": f"item_{number}", "type": "function_call", "status": "completed"}}
    return [
        ("response.output_item.added", {"response_id": "resp_1", **item}),
        ("conversation.item.created", item),
        ("response.function_call_arguments.delta", {"call_id": call["call_id"], "delta": "{", "obfuscation": "xx"}),
        ("response.function_call_arguments.done", call),
        ("response.output_item.done", {"response_id": "resp_1", **item}),
    ]


def test_calls_of_one_response_run_once_each_and_get_one_request_for_a_reply(speaker):
    created = ("response.created", {"response": {"id": "resp_1"}})
    speaker.frames(*heard(), created, *called(1), *called(1), *called(2))
    assert [run.call_id for run in speaker.of(do.RunTool)] == ["call_1", "call_2"]
    assert speaker.of(do.RunTool)[0].arguments == CALL["arguments"], "as the model wrote them"
    speaker.event(on.ToolFinished("call_2", "b"))
    speaker.frames(("response.done", {"response": {"id": "resp_1", "status": "completed", "output": []}}))
    assert not speaker.of(do.RequestReply)
    speaker.event(on.ToolFinished("call_1", "a"))
    assert speaker.commands[-2:] == [do.SendToolOutput("call_1", "a"), do.RequestReply()]
    assert len(speaker.of(do.SendToolOutput)) == 2
    item = {"item": {"id": "item_5", "type": "function_call_output", "call_id": "call_1"}}
    speaker.frames(("conversation.item.created", item), *began(CASCADED, "resp_2"), *ended("resp_2"))
    assert len(speaker.of(do.RequestReply)) == 1


@pytest.mark.parametrize("truncated", [False, True])
def test_interruption_silences_at_once_and_nothing_of_the_old_reply_is_heard_after_it(speaker, truncated):
    by_service = [("conversation.item.truncated", {"item_id": "item_9", "content_index": 0, "audio_end_ms": 100})]
    speaker.frames(*heard(), *began(NATIVE), sound(NATIVE, SOUND[0])).commands.clear()
    speaker.frames(("input_audio_buffer.speech_started", {"audio_start_ms": 5000, "item_id": "item_2"}))
    assert speaker.commands == [do.Flush()], "and no response.cancel: the service has done it"
    reason = {"type": "cancelled", "reason": "turn_detected"}
    speaker.frames(sound(NATIVE, SOUND[1]), *(by_service if truncated else []))
    speaker.frames(*ended(status="cancelled", status_details=reason), sound(NATIVE, SOUND[2]))
    assert speaker.commands == [do.Flush()], "not even what comes after its end"
    assert speaker.assistant.phase is Phase.LISTENING
    speaker.frames(*heard("item_2")[1:], *began(NATIVE, "resp_2"), sound(NATIVE, SOUND[3], "resp_2"))
    assert [command.data for command in speaker.of(do.Play)] == [SOUND[3]]


def test_reply_that_stalls_is_asked_for_anew_and_one_that_stalls_again_is_given_up_and_told(speaker):
    speaker.frames(*heard(), *began(NATIVE), sound(NATIVE, SOUND[0]))
    due = speaker.assistant.deadline
    assert due == pytest.approx(speaker.now + 0.05 + 20), "the longest wait for more sound, once all has been heard"
    speaker.now = due
    speaker.event(on.TimePassed())
    assert speaker.of(do.CancelReply)
    assert not speaker.of(do.RequestReply)
    speaker.frames(*ended(status="cancelled", status_details={"type": "cancelled", "reason": "client_cancelled"}))
    assert speaker.of(do.RequestReply)
    speaker.frames(*began(NATIVE, "resp_2"), sound(NATIVE, SOUND[1], "resp_2"))
    speaker.now = speaker.assistant.deadline
    speaker.event(on.TimePassed())
    assert speaker.of(do.SayNotice)[0].notice is do.Notice.NO_REPLY
    assert speaker.of(do.CloseSession)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("response_cancel_not_active", "Cancellation failed: no active response found"),
        ("input_audio_buffer_commit_empty", "buffer too small"),
    ],
)
def test_race_that_nobody_can_win_is_no_ones_business(speaker, caplog, code, message):
    speaker.frames(*heard(), *began(NATIVE), sound(NATIVE, SOUND[0])).commands.clear()
    speaker.frames(("error", {"error": {"type": "invalid_request_error", "code": code, "message": message}}))
    assert not speaker.commands
    assert not caplog.records


def test_truncation_that_the_service_refuses_is_logged_and_the_conversation_goes_on(speaker, caplog):
    speaker.frames(*heard(), *began(NATIVE), sound(NATIVE, SOUND[0])).commands.clear()
    message = "Audio content of 300ms is already shorter than 400ms"
    speaker.frames(("error", {"error": {"type": "invalid_request_error", "code": "invalid_value", "message": message}}))
    assert not speaker.commands
    assert message in caplog.text
    assert speaker.assistant.phase is Phase.SPEAKING


def test_value_that_is_not_known_yet_and_field_too_many_change_nothing(speaker):
    speaker.frames(*heard(), *began("newer"), sound("newer", SOUND[0]))
    speaker.frames(
        ("response.thought.delta", {"response_id": "resp_1", "delta": "hm"}),
        ("conversation.item.created", {"item": {"id": "x", "type": "hologram", "status": "dreamt", "of": [1]}}),
        ("rate_limits.updated", {"rate_limits": [{"name": "tokens", "remaining": 1}]}),
        *ended(status="suspended", status_details={"type": "suspended", "reason": {"deep": 1}}),
    )
    speaker.now += 1
    speaker.event(on.PlaybackFinished())
    assert [command.data for command in speaker.of(do.Play)] == [SOUND[0]]
    assert speaker.assistant.phase is Phase.FOLLOWING_UP
