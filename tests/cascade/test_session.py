import base64
import itertools
import json
from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiced.cascade.grammar import build_grammar
from voiced.cascade.outputs import Close, PrepareGrammar, Recognise, Send, Synthesise, Wait
from voiced.cascade.recogniser import Heard
from voiced.cascade.session import Session

TOOL = {
    "type": "function",
    "name": "set_light",
    "parameters": {"type": "object", "properties": {"state": {"enum": ["on", "off"]}}},
}
PHRASES = {"set_light": ["turn the light {state}"]}
SECOND = b"\1\0" * 24_000


class Client:
    """A session with the work it asks for done at once, or held back."""

    def __init__(self, model="voiced", *, hears="turn the light on", hold=()):
        self.session = Session(model, 0)
        self.hears = hears
        self.hold = hold
        self.held = []
        self.sent = []
        self.closed = None
        self.perform(self.session.open())

    def send(self, type_, **fields):
        return self.text(json.dumps({"type": type_, **fields}))

    def text(self, text):
        before = len(self.sent)
        self.perform(self.session.receive(text))
        return self.sent[before:]

    def types(self, frames=None):
        return [frame["type"] for frame in (self.sent if frames is None else frames)]

    def last(self, type_):
        return next(frame for frame in reversed(self.sent) if frame["type"] == type_)

    def release(self):
        self.hold, held, self.held = (), self.held, []
        self.perform(held)

    def perform(self, outputs):
        """All of a step before the next, as the service does."""
        todo = deque([outputs])
        while todo:
            for output in todo.popleft():
                if isinstance(output, Send):
                    self.sent.append(output.frame)
                elif isinstance(output, Close):
                    self.closed = output.code
                elif type(output) in self.hold:
                    self.held.append(output)
                else:
                    todo.append(self.work(output))

    def work(self, output):
        match output:
            case PrepareGrammar(tools):
                self.grammar = build_grammar(tools, PHRASES, lambda _: True)
                return self.session.grammar_ready(self.grammar)
            case Recognise(ticket=ticket):
                if not self.session.wants(ticket):
                    return []
                meaning = self.grammar.understand(self.hears.split())
                return self.session.recognised(ticket, Heard(self.hears if meaning else "", meaning))
            case Synthesise(response_id, _):
                return self.session.synthesised(response_id, SECOND)
            case Wait(response_id, _):
                return self.session.waited(response_id)
        raise AssertionError(output)

    def say(self, *, seconds=1.0, silence=0.8, rate=24_000):
        generator = np.random.default_rng(1)
        parts = [generator.normal(size=int(length * rate)) * level for length, level in
                 ((0.3, 30), (seconds, 3000), (silence, 30))]  # fmt: skip
        sound = np.concatenate(parts).astype(np.int16).tobytes()
        return self.send("input_audio_buffer.append", audio=base64.b64encode(sound).decode())


@pytest.fixture
def client():
    made = Client()
    made.send("session.update", session={"tools": [TOOL]})
    return made


TURN = ["input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped", "input_audio_buffer.committed"]
TRANSCRIBED = "conversation.item.input_audio_transcription.completed"
CALL = [
    "response.created", "response.output_item.added", "conversation.item.created",
    "response.function_call_arguments.delta", "response.function_call_arguments.done",
    "response.output_item.done", "response.done",
]  # fmt: skip
SPOKEN = [
    "response.created", "response.output_item.added", "conversation.item.created", "response.content_part.added",
    "response.audio.delta", "response.audio.done", "response.audio_transcript.done", "response.content_part.done",
    "response.output_item.done", "response.done",
]  # fmt: skip


def spoken(types):
    """Audio deltas are interleaved with those of the transcript: count them as one."""
    return [type_ for type_, _ in itertools.groupby(t for t in types if t != "response.audio_transcript.delta")]


def test_a_session_begins_with_all_of_its_configuration():
    (created,) = Client().sent
    assert created["type"] == "session.created"
    assert created["session"]["id"].startswith("sess_")
    assert created["session"]["turn_detection"]["type"] == "server_vad"


def test_a_command_by_voice_becomes_a_call_in_the_services_order(client):
    frames = client.say()
    assert spoken(client.types(frames)) == [*TURN, TRANSCRIBED, "conversation.item.created", *CALL]
    item_ids = {frame["item_id"] for frame in frames[:4]} | {frames[4]["item"]["id"]}
    assert len(item_ids) == 1
    assert frames[0]["audio_start_ms"] < frames[1]["audio_end_ms"]
    done = client.last("response.function_call_arguments.done")
    pieces = [frame["delta"] for frame in frames if frame["type"] == "response.function_call_arguments.delta"]
    assert len(pieces) > 1
    assert "".join(pieces) == done["arguments"]
    assert (done["name"], json.loads(done["arguments"])) == ("set_light", {"state": "on"})
    assert client.last("response.done")["response"]["output"][0]["call_id"] == done["call_id"]


def test_the_native_back_end_creates_the_item_before_it_transcribes():
    client = Client("gpt-realtime")
    client.send("session.update", session={"tools": [TOOL], "input_audio_transcription": {"model": "whisper-1"}})
    types = client.types(client.say())
    assert types[3:5] == ["conversation.item.created", "conversation.item.done"]
    assert types.index(TRANSCRIBED) > types.index("response.created")


def test_a_tools_output_is_spoken_once_a_response_is_asked_for(client):
    client.say()
    call_id = client.last("response.function_call_arguments.done")["call_id"]
    output = json.dumps({"ok": True, "reply": "The light is on."})
    item = {"type": "function_call_output", "call_id": call_id, "output": output}
    assert client.types(client.send("conversation.item.create", item=item)) == ["conversation.item.created"]
    frames = client.send("response.create")
    assert spoken(client.types(frames)) == SPOKEN
    types = client.types(frames)
    assert types.index("response.audio_transcript.delta") < types.index("response.audio.delta")
    assert client.last("response.audio_transcript.done")["transcript"] == "The light is on."
    sound = [base64.b64decode(frame["delta"]) for frame in frames if frame["type"] == "response.audio.delta"]
    assert b"".join(sound) == SECOND
    assert len({len(piece) for piece in sound}) > 2
    assert client.last("response.done")["response"]["usage"]["output_token_details"]["audio_tokens"] == 20


def test_several_outputs_make_one_reply(client):
    for call_id, reply in (("call_a", "One."), ("call_b", "Two.")):
        call = {"type": "function_call", "call_id": call_id, "name": "set_light", "arguments": "{}"}
        client.send("conversation.item.create", item=call)
        output = json.dumps({"ok": True, "reply": reply})
        client.send(
            "conversation.item.create", item={"type": "function_call_output", "call_id": call_id, "output": output}
        )
    client.send("response.create")
    assert client.last("response.audio_transcript.done")["transcript"] == "One. Two."


def test_what_is_not_understood_is_said_so(client):
    client.hears = "tell me a story"
    client.say()
    assert client.last(TRANSCRIBED)["transcript"] == ""
    assert client.last("response.audio_transcript.done")["transcript"] == "Sorry, I did not understand that."
    assert "response.function_call_arguments.done" not in client.types()


def test_a_written_command_is_understood_too(client):
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Turn the light off!"}]}
    client.send("conversation.item.create", item=item)
    client.send("response.create")
    assert json.loads(client.last("response.function_call_arguments.done")["arguments"]) == {"state": "off"}


def test_a_written_reply_has_no_sound(client):
    frames = client.send("response.create", response={"modalities": ["text"], "metadata": {"a": "b"}})
    assert "response.text.delta" in client.types(frames)
    assert not any("audio" in type_ for type_ in client.types(frames))
    assert client.last("response.done")["response"]["metadata"] == {"a": "b"}


def test_a_prepared_message_is_spoken_as_it_is(client):
    message = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "Your timer is over."}]}
    client.send("response.create", response={"pre_generated_assistant_message": message})
    assert client.last("response.audio_transcript.done")["transcript"] == "Your timer is over."


def test_manual_turns_wait_for_commit_and_for_the_request(client):
    client.send("session.update", session={"turn_detection": None})
    assert client.say() == []
    types = client.types(client.send("input_audio_buffer.commit"))
    assert types == ["input_audio_buffer.committed", TRANSCRIBED, "conversation.item.created"]
    assert spoken(client.types(client.send("response.create"))) == CALL


def test_a_response_waits_for_what_it_answers():
    client = Client(hold=(Recognise,))
    client.send("session.update", session={"tools": [TOOL], "turn_detection": None})
    client.say()
    client.send("input_audio_buffer.commit")
    assert client.send("response.create") == []
    client.release()
    assert client.types()[-1] == "response.done"
    assert client.last("response.done")["response"]["output"][0]["type"] == "function_call"


def test_a_short_or_empty_commit_is_an_error(client):
    (error,) = client.send("input_audio_buffer.commit")
    assert error["error"]["code"] == "input_audio_buffer_commit_empty"
    client.send("session.update", session={"turn_detection": None})
    client.send("input_audio_buffer.append", audio=base64.b64encode(bytes(4000)).decode())
    (error,) = client.send("input_audio_buffer.commit", event_id="mine")
    assert error["error"]["code"] == "input_audio_buffer_commit_empty"
    assert error["error"]["event_id"] == "mine"


def test_a_cleared_buffer_is_forgotten(client):
    client.send("session.update", session={"turn_detection": None})
    client.say()
    assert client.types(client.send("input_audio_buffer.clear")) == ["input_audio_buffer.cleared"]
    assert client.send("input_audio_buffer.commit")[0]["error"]["code"] == "input_audio_buffer_commit_empty"


def test_without_create_response_nothing_is_answered(client):
    client.send("session.update", session={"turn_detection": {"type": "server_vad", "create_response": False}})
    assert client.types(client.say())[-1] == "conversation.item.created"
    assert spoken(client.types(client.send("response.create"))) == CALL


def speaking(model="voiced"):
    client = Client(model, hold=(Wait,))
    client.send("session.update", session={"tools": [TOOL]})
    client.send("response.create")
    return client


def test_speech_interrupts_the_reply_and_queued_sound_still_comes():
    client = speaking()
    types = spoken(client.types(client.say(silence=0.0)))
    assert types == ["input_audio_buffer.speech_started", "response.audio.delta", *SPOKEN[5:]]
    done = client.last("response.done")["response"]
    assert (done["status"], done["status_details"]["reason"]) == ("cancelled", "turn_detected")
    client.release()
    assert client.types()[-1] == "response.done"


def test_speech_does_not_interrupt_where_that_is_off_and_is_answered_next():
    client = speaking()
    client.send("session.update", session={"turn_detection": {"type": "server_vad", "interrupt_response": False}})
    client.say()
    assert "response.done" not in client.types()
    client.release()
    statuses = [frame["response"]["status"] for frame in client.sent if frame["type"] == "response.done"]
    assert statuses == ["completed", "completed"]
    assert client.types()[-1] == "response.done"


def test_only_one_response_at_a_time():
    client = speaking()
    (error,) = client.send("response.create")
    assert error["error"]["code"] == "conversation_already_has_active_response"


def test_cancel_closes_what_is_open():
    client = speaking()
    frames = client.send("response.cancel")
    assert client.types(frames) == SPOKEN[5:]
    assert frames[-1]["response"]["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert client.send("response.cancel")[0]["error"]["code"] == "response_cancel_not_active"


def test_a_reply_that_cannot_be_spoken_fails():
    client = Client(hold=(Synthesise,))
    client.send("response.create")
    (synthesise,) = client.held
    client.perform(client.session.speech_failed(synthesise.response_id, "no voice"))
    response = client.last("response.done")["response"]
    assert (response["status"], response["status_details"]["error"]["message"]) == ("failed", "no voice")


def test_truncation_ends_within_what_was_sent(client):
    client.send("response.create")
    item_id = client.last("response.output_item.done")["item"]["id"]
    where = {"item_id": item_id, "content_index": 0}
    error = client.send("conversation.item.truncate", **where, audio_end_ms=1001)[0]["error"]
    assert error["code"] == "invalid_value"
    assert "already shorter than 1001ms" in error["message"]
    (truncated,) = client.send("conversation.item.truncate", **where, audio_end_ms=400)
    assert (truncated["type"], truncated["audio_end_ms"]) == ("conversation.item.truncated", 400)
    (retrieved,) = client.send("conversation.item.retrieve", item_id=item_id)
    assert retrieved["item"]["content"][0]["transcript"] == ""


@pytest.mark.parametrize("event", ["retrieve", "delete", "truncate"])
def test_an_unknown_item_is_an_error(client, event):
    (error,) = client.send(f"conversation.item.{event}", item_id="item_x", content_index=0, audio_end_ms=0)
    assert error["error"]["code"] == "item_not_found"


def test_items_keep_the_clients_ids_and_order(client):
    def create(item_id, **more):
        item = {"id": item_id, "type": "message", "role": "system", "content": [{"type": "input_text", "text": "x"}]}
        return client.send("conversation.item.create", item=item, **more)[0]

    assert create("one")["previous_item_id"] == ""
    assert create("two")["previous_item_id"] == "one"
    assert create("between", previous_item_id="one")["previous_item_id"] == "one"
    assert create("one")["error"]["code"] == "item_id_already_exists"
    assert create("three", previous_item_id="nowhere")["error"]["code"] == "item_not_found"
    assert client.send("conversation.item.delete", item_id="two")[0]["type"] == "conversation.item.deleted"
    assert create("two")["previous_item_id"] == "between"


def test_an_output_of_an_unknown_call_is_an_error(client):
    item = {"type": "function_call_output", "call_id": "call_x", "output": "{}"}
    assert client.send("conversation.item.create", item=item)[0]["error"]["code"] == "invalid_tool_call_id"


@pytest.mark.parametrize("audio", ["***", "AAAA", 5, None])
def test_sound_that_is_none_is_an_error(client, audio):
    assert client.types(client.send("input_audio_buffer.append", audio=audio)) == ["error"]


def test_the_rate_stays_once_sound_came(client):
    client.say()
    (error,) = client.send("session.update", session={"input_audio_sampling_rate": 16_000, "instructions": "x"})
    assert error["error"]["param"] == "session.input_audio_sampling_rate"
    (updated,) = client.send("session.update", session={})
    assert updated["session"]["instructions"] != "x"


@pytest.mark.parametrize("rate", [16_000, 24_000])
def test_turns_are_found_at_either_rate(client, rate):
    client.send("session.update", session={"input_audio_sampling_rate": rate})
    frames = client.say(rate=rate)
    assert frames[1]["audio_end_ms"] == pytest.approx(1800, abs=60)


def test_a_clients_echo_reference_is_left_out(client):
    echo = {"type": "server_echo_cancellation", "reference_source": "client", "channels": 2}
    client.send("session.update", session={"input_audio_echo_cancellation": echo})
    loud = np.zeros((48_000, 2), np.int16)
    loud[:, 1] = np.random.default_rng(1).normal(size=48_000) * 5000
    assert client.send("input_audio_buffer.append", audio=base64.b64encode(loud.tobytes()).decode()) == []


def test_expiry_says_so_and_closes(client):
    client.perform(client.session.expire())
    assert client.sent[-1]["error"]["code"] == "session_expired"
    assert client.closed == 1001


def test_ids_of_events_never_repeat(client):
    client.say()
    ids = [frame["event_id"] for frame in client.sent]
    assert len(ids) == len(set(ids))


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5000) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_block = st.sampled_from(
    [
        "turn_detection",
        "voice",
        "tools",
        "tool_choice",
        "modalities",
        "input_audio_echo_cancellation",
        "input_audio_transcription",
        "input_audio_sampling_rate",
        "max_response_output_tokens",
        "temperature",
        "metadata",
        "instructions",
        "model",
    ]
)
_item = st.fixed_dictionaries(
    {"type": st.sampled_from(["message", "function_call", "function_call_output", "x"])},
    optional={
        "id": st.sampled_from(["a", "b"]), "role": st.sampled_from(["user", "assistant", "system"]) | _json,
        "content": st.just([{"type": "input_text", "text": "turn the light on"}]) | _json,
        "call_id": st.just("c") | _json, "name": st.just("set_light") | _json, "arguments": st.just("{}") | _json,
        "output": st.just("{}") | _json,
    },
)  # fmt: skip
_sound = np.random.default_rng(1).normal(size=12_000) * 3000
_SOUNDS = {
    name: base64.b64encode(each.astype(np.int16).tobytes()).decode()
    for name, each in (("noise", _sound), ("silence", _sound * 0))
}
_event = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            [
                "session.update", "input_audio_buffer.append", "input_audio_buffer.append",
                "input_audio_buffer.commit", "input_audio_buffer.clear", "conversation.item.create",
                "conversation.item.retrieve", "conversation.item.delete", "conversation.item.truncate",
                "response.create", "response.cancel", "output_audio_buffer.clear", "x",
            ]
        )
        | _json
    },
    optional={
        "session": st.dictionaries(_block, _json, max_size=2)
        | st.just({"turn_detection": None}) | st.just({"tools": [TOOL]}) | _json,
        "audio": st.sampled_from(sorted(_SOUNDS)) | _json,
        "item": _item | _json, "item_id": st.sampled_from(["a", "b"]) | _json,
        "previous_item_id": st.sampled_from(["a", "root"]) | _json, "content_index": _json, "audio_end_ms": _json,
        "response": st.dictionaries(st.sampled_from(["modalities", "tools", "metadata", "tool_choice"]), _json) | _json,
        "response_id": _json, "event_id": _json,
    },
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(_event, max_size=12), st.sampled_from(["voiced", "gpt-realtime"]), st.booleans())
def test_no_sequence_of_events_breaks_a_session(events, model, held):
    client = Client(model, hold=(Recognise, Synthesise, Wait, PrepareGrammar) if held else ())
    for each in events:
        sound = each.get("audio")  # by name: examples stay short enough to be shown
        client.text(
            json.dumps({**each, "audio": _SOUNDS[sound]} if isinstance(sound, str) and sound in _SOUNDS else each)
        )
    while client.held:
        client.release()
    json.dumps(client.sent)
    begun = [frame["response"]["id"] for frame in client.sent if frame["type"] == "response.created"]
    ended = [frame["response"]["id"] for frame in client.sent if frame["type"] == "response.done"]
    assert begun == ended
    (updated,) = client.send("session.update", session={})
    assert updated["type"] == "session.updated"


@given(st.text(max_size=20))
def test_text_that_is_no_event_is_an_error(text):
    assert {frame["type"] for frame in Client().text(text)} == {"error"}


def test_deeply_nested_json_is_an_error(client):
    assert client.types(client.text("[" * 100_000)) == ["error"]
