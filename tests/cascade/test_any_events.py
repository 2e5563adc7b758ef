"""Whatever a client sends, in whatever order, and whenever the work it asks for is done: the session holds."""

import base64
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voiced.cascade.intents.meanings import Call, Plain
from voiced.cascade.outputs import Ask, Follow, Forgo, Send, Synthesise
from voiced.cascade.recogniser import Heard

ACKNOWLEDGED = {
    "session.update": "session.updated",
    "input_audio_buffer.commit": "input_audio_buffer.committed",
    "input_audio_buffer.clear": "input_audio_buffer.cleared",
    "conversation.item.create": "conversation.item.created",
    "conversation.item.retrieve": "conversation.item.retrieved",
    "conversation.item.delete": "conversation.item.deleted",
    "conversation.item.truncate": "conversation.item.truncated",
    "response.cancel": "response.done",
    "output_audio_buffer.clear": "output_audio_buffer.cleared",
    "session.avatar.connect": "session.avatar.connecting",
}
"""What answers an event that is no error; `append` is answered by nothing, `response.create` once it begins."""
NOISE = np.random.default_rng(1)
SOUND = {
    name: base64.b64encode((NOISE.normal(size=12_000) * level).astype(np.int16).tobytes()).decode()
    for name, level in (("quiet", 20), ("loud", 3000))
}
TOOLS = [
    {"type": "function", "name": "set_light", "parameters": {"properties": {"state": {"enum": ["on", "off"]}}}},
    {"type": "mcp", "server_label": "library", "server_url": "http://127.0.0.1:9/mcp", "require_approval": "never"},
    {"type": "mcp", "server_label": "museum", "server_url": "http://127.0.0.1:9/mcp"},
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


def perhaps(**fields):
    """An object with the fields or some of them, now and then one of them anything."""
    whole, known = st.fixed_dictionaries(fields), st.fixed_dictionaries({}, optional=fields)
    spoilt = st.builds(lambda given, name, value: {**given, name: value}, whole, st.sampled_from([*fields]),
                       json_values)  # fmt: skip
    return whole | known | spoilt


ids = st.sampled_from(["a", "b", "newest", "root", "\ud800", ""])
texts = st.sampled_from(["turn the light on", "stop", "never mind", "find book", "um", "", "One. Two. Three?"])
parts = st.lists(
    perhaps(type=st.sampled_from(["input_text", "text", "input_audio", "input_image"]), text=texts), max_size=2
)
items = (
    perhaps(id=ids, type=st.just("message"), role=st.sampled_from(["user", "assistant", "system"]), content=parts)
    | perhaps(id=ids, type=st.just("function_call"), call_id=ids, name=st.just("set_light"), arguments=st.just("{}"))
    | perhaps(id=ids, type=st.just("function_call_output"), call_id=ids, output=texts)
    | perhaps(type=st.just("mcp_approval_response"), approval_request_id=ids, approve=st.booleans())
)
detections = st.none() | perhaps(
    type=st.sampled_from(["server_vad", "azure_semantic_vad", "semantic_vad"]),
    silence_duration_ms=st.sampled_from([0, 100, 500]),
    remove_filler_words=st.booleans(),
    auto_truncate=st.booleans(),
    interrupt_response=st.booleans(),
    create_response=st.booleans(),
)
modalities = st.sampled_from([["text"], ["text", "audio"]])
sessions = perhaps(
    turn_detection=detections,
    tools=st.lists(st.sampled_from(TOOLS), max_size=3),
    modalities=modalities,
    parallel_tool_calls=st.booleans(),
    input_audio_format=st.sampled_from(["pcm16", "g711_ulaw"]),
    output_audio_format=st.sampled_from(["pcm16", "g711_alaw", "pcm16_8000hz"]),
    output_audio_timestamp_types=st.just(["word"]),
    animation=st.just({"outputs": ["viseme_id"]}),
    avatar=st.just({"character": "lisa"}),
    voice=st.sampled_from(["alloy", {"type": "azure-standard", "name": "en-US-AvaNeural"}]),
    max_response_output_tokens=st.sampled_from([1, 3, "inf"]),
    input_audio_transcription=st.none() | st.just({"model": "azure-speech"}),
    input_audio_echo_cancellation=st.just({"reference_source": "client", "channels": 2}),
)
responses = perhaps(
    conversation=st.sampled_from(["auto", "none"]),
    input_items=st.lists(items, max_size=2),
    append_input_items=st.lists(items, max_size=2),
    modalities=modalities,
    cancel_previous=st.booleans(),
    tool_choice=st.sampled_from(["auto", "none", "required", {"type": "function", "name": "set_light"}]),
    tools=st.lists(st.sampled_from(TOOLS), max_size=2),
    pre_generated_assistant_message=st.just({"content": [{"type": "text", "text": "Hello. There."}]}),
    max_output_tokens=st.sampled_from([1, "inf"]),
    metadata=st.just({"a": "b"}),
)
FIELDS = {
    "session.update": {"session": sessions},
    "input_audio_buffer.append": {"audio": st.sampled_from(["quiet", "loud"])},
    "input_audio_buffer.commit": {},
    "input_audio_buffer.clear": {},
    "conversation.item.create": {"item": items, "previous_item_id": ids},
    "conversation.item.retrieve": {"item_id": ids},
    "conversation.item.delete": {"item_id": ids},
    "conversation.item.truncate": {"item_id": ids, "content_index": st.just(0), "audio_end_ms": st.integers(0, 900)},
    "response.create": {"response": responses},
    "response.cancel": {},
    "output_audio_buffer.clear": {},
    "session.avatar.connect": {"client_sdp": st.just("dg==")},
}
events = st.sampled_from([*FIELDS]).flatmap(
    lambda kind: (
        st.fixed_dictionaries({"type": st.just(kind), **FIELDS[kind]})
        | (perhaps(**FIELDS[kind]).map(lambda fields: {"type": kind, **fields}) if FIELDS[kind] else st.nothing())
    )
)
heard = st.sampled_from([
    Heard("turn the light on", Call("set_light", {"state": "on"})), Heard("", None), Heard("um", None),
    Heard("tell me more", None), Heard("stop", Plain("All right.")), Heard("", None, failure="deaf"),
])  # fmt: skip
QUESTION = {"type": "message", "role": "user"}
steps = st.lists(
    st.tuples(st.just("event"), events)
    | st.tuples(st.just("say"), st.none())
    | st.tuples(st.just("ask"), texts)
    | st.tuples(st.just("work"), st.tuples(st.integers(0, 3), heard, st.booleans()))
    | st.tuples(st.just("work"), st.tuples(st.just(0), heard, st.booleans())),
    min_size=4,
    max_size=20,
)  # fmt: skip


def course(client, todo):
    """Take each step: an event of the client, or a piece of the work that waits; whatever is asked for waits."""
    waiting = []

    def perform(outputs):
        for output in outputs:
            if isinstance(output, Send):
                client.sent.append(json.loads(json.dumps(output.frame)))
            elif not isinstance(output, Forgo):
                waiting.append(output)

    def plain(steps):
        """Single events for those that make up a turn."""
        for kind, what in steps:
            if kind == "say":
                for sound in ("loud", "loud", "quiet", "quiet"):
                    yield "event", {"type": "input_audio_buffer.append", "audio": sound}
            elif kind == "ask":
                item = {**QUESTION, "content": [{"type": "input_text", "text": what}]}
                yield "event", {"type": "conversation.item.create", "item": item}
                yield "event", {"type": "response.create"}
            else:
                yield kind, what

    perform(client.held)
    for number, (kind, what) in enumerate(plain(todo)):
        if kind == "event":
            frame = {**what, "event_id": f"mine_{number}"}
            if frame.get("item_id") == "newest" and (newest := client.session._conversation.history.last_id):
                frame["item_id"] = newest
            if isinstance(sound := frame.get("audio"), str):
                frame["audio"] = SOUND.get(sound, sound)
            before = len(client.sent)
            perform(client.session.receive(json.dumps(frame)))
            while client.session.unfinished:
                perform(client.session.go_on())
            yield frame, client.sent[before:]
        elif waiting:
            place, said, flag = what
            perform(done(client, waiting.pop(min(place, len(waiting) - 1)), said, flag=flag))
    while waiting:
        perform(done(client, waiting.pop(0), Heard("", None), flag=True))
    yield None, client.sent


def done(client, output, said, *, flag):
    if isinstance(output, Ask):
        answer = Plain("One. Two.") if said.meaning is None else (Call("set_light", {"state": "off"}),)
        return client.session.replied(output.response_id, answer, last=flag) + client.session.replied(
            output.response_id, None
        )
    if isinstance(output, Synthesise) and said.failure:
        return client.session.speech_failed(output.response_id, "hoarse")
    if hasattr(output, "ticket"):
        return client.session.recognised(output.ticket, said)
    return client.work(output)


def test_every_event_is_answered_and_every_response_ends(new_client):
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.sampled_from(["gpt-realtime", "gpt-4.1"]), steps)
    def holds(model, todo):
        client = new_client(model, hold=(object,), chats=True, calls_first=True, sound=b"\1\0" * 9000)
        client.hold = ()
        client.send("session.update", session={"tools": TOOLS})
        for frame, answers in course(client, todo):
            if frame is None:
                continue
            errors = [each["error"] for each in answers if each["type"] == "error"]
            mine = [error for error in errors if error["event_id"] == frame["event_id"]]
            assert len(mine) <= 1
            assert all(error["type"] == "invalid_request_error" for error in mine)
            if not mine and frame["type"] in ACKNOWLEDGED:
                assert ACKNOWLEDGED[frame["type"]] in [each["type"] for each in answers]
        sent = [frame["event_id"] for frame in client.sent]
        assert len(sent) == len(set(sent))
        begun = [each["response"]["id"] for each in client.sent if each["type"] == "response.created"]
        ended = [each["response"]["id"] for each in client.sent if each["type"] == "response.done"]
        assert begun == ended, "one after the other, each once"

    holds()


@given(st.binary(max_size=40) | st.text(max_size=40) | json_values.map(json.dumps))
def test_what_is_no_event_is_an_error(new_client_once, content):
    text = content.decode(errors="replace") if isinstance(content, bytes) else content
    (error,) = new_client_once.text(text)
    assert error["type"] == "error"


@pytest.fixture(scope="module")
def new_client_once(new_client):
    return new_client()


@pytest.mark.parametrize("deep", [90, 600, 980, 5000])
@pytest.mark.parametrize("kind", ["session.update", "conversation.item.create", "response.create", "nonsense"])
def test_nesting_without_end_is_an_error_at_most(new_client, kind, deep):
    client = new_client()
    nest = "[" * deep + "]" * deep
    body = {
        "session.update":
            f'"session": {{"tools": [{{"type": "function", "name": "a", "parameters": {{"a": {nest}}}}}]}}',
        "conversation.item.create":
            f'"item": {{"type": "message", "role": "user", "content": [{{"type": "text", "text": "a", "b": {nest}}}]}}',
        "response.create": f'"response": {{"tool_choice": {{"a": {nest}}}}}',
        "nonsense": f'"a": {nest}',
    }[kind]  # fmt: skip
    before = len(client.sent)
    client.text(f'{{"type": "{kind}", {body}}}')
    assert len(client.sent) > before
    json.dumps(client.sent[before:])


def test_a_piece_of_a_turn_that_is_done_after_turn_detection_was_switched_off_is_dropped(new_client):
    client = new_client(hold=(Follow,))
    client.say(silence=0.2)
    assert any(isinstance(output, Follow) for output in client.held)
    client.send("session.update", session={"turn_detection": None})
    assert client.session.followed(None) == []
