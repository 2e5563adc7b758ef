import asyncio
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from voiced.assistant import events as on
from voiced.assistant.assistant import Assistant
from voiced.assistant.settings import ConversationSettings

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
IDS = st.sampled_from(["a", "b"])
ITEMS = st.fixed_dictionaries(
    {"id": IDS, "type": st.sampled_from(["mcp_call", "mcp_approval_request", "mcp_list_tools"])},
    optional={"server_label": IDS, "name": IDS, "arguments": st.just("{}"), "output": st.just(""), "tools": VALUES},
)
LEGAL = st.one_of(
    st.fixed_dictionaries({"type": st.sampled_from(["conversation.item.created"]), "item": ITEMS}),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["response.mcp_call.completed", "response.mcp_call.failed"]), "item_id": IDS}
    ),
    st.fixed_dictionaries({"type": st.just("session.updated")}),
    st.fixed_dictionaries({"type": st.just("input_audio_buffer.speech_started"), "item_id": IDS}),
    st.fixed_dictionaries(
        {"type": st.just("input_audio_buffer.speech_stopped"), "item_id": IDS, "audio_end_ms": st.integers(0, 9999)}
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("conversation.item.input_audio_transcription.completed"),
            "item_id": IDS,
            "transcript": st.sampled_from(["", "hey jarvis", "what time is it"]),
        }
    ),
    st.fixed_dictionaries({"type": st.just("response.created"), "response": st.fixed_dictionaries({"id": IDS})}),
    st.fixed_dictionaries(
        {
            "type": st.just("response.audio.delta"),
            "response_id": IDS,
            "item_id": IDS,
            "delta": st.sampled_from(["AAAA", "AAAAAAAA", "A", "not base64"]),
        }
    ),
    st.fixed_dictionaries({"type": st.just("response.audio.done"), "response_id": IDS}),
    st.fixed_dictionaries(
        {
            "type": st.just("response.function_call_arguments.done"),
            "response_id": IDS,
            "call_id": IDS,
            "name": st.just("set_light"),
            "arguments": st.sampled_from(["{}", "{", ""]),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("response.done"),
            "response": st.fixed_dictionaries(
                {"id": IDS, "status": st.sampled_from(["completed", "cancelled", "failed", "incomplete"])}
            ),
        }
    ),
    st.fixed_dictionaries(
        {"type": st.just("error"), "error": st.fixed_dictionaries({"code": st.sampled_from(["x", "session_expired"])})}
    ),
)
KINDS = [
    "session.created",
    "session.updated",
    "error",
    "warning",
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "conversation.item.input_audio_transcription.completed",
    "response.created",
    "response.audio.delta",
    "response.audio.done",
    "response.audio_transcript.done",
    "response.function_call_arguments.done",
    "response.done",
    "mcp_list_tools.completed",
    "mcp_list_tools.failed",
    "conversation.item.created",
    "response.output_item.done",
    "response.mcp_call.in_progress",
    "response.mcp_call.completed",
    "rate_limits.updated",
    "brand.new",
]
ILLEGAL = st.builds(
    lambda kind, rest: {**rest, "type": kind},
    st.sampled_from(KINDS),
    st.dictionaries(
        st.sampled_from(
            [
                "error",
                "response",
                "item",
                "delta",
                "item_id",
                "response_id",
                "audio_end_ms",
                "call_id",
                "transcript",
                "session",
            ]
        ),
        VALUES,
        max_size=4,
    ),
)
FRAMES = st.lists(
    LEGAL.map(json.dumps) | ILLEGAL.map(json.dumps) | VALUES.map(json.dumps) | st.text(max_size=20), max_size=25
)


async def tell(voice_live, frames, ending):
    """A whole session in which the service says `frames`, and what the assistant makes of it."""
    service = voice_live.service()

    async def script(socket):
        await service.expect(socket, "session.update")
        for frame in frames:
            await socket.send_str(frame)
        if ending is None:
            socket._req.transport.abort()
        else:
            await socket.close(code=ending)

    service.script = script
    async with voice_live.serve(service):
        client = voice_live.client(service.url)
        await client.run()
    assistant = Assistant(ConversationSettings(), 0.0)
    assistant.handle(on.Started(), 0.0)
    assistant.handle(on.WakeWordDetected("hey_jarvis", 0.9, 32_000, 1.0), 1.0)
    for second, event in enumerate(client.events, 2):
        assistant.handle(event, float(second))
    return client


@settings(max_examples=60, deadline=None)
@given(FRAMES, st.sampled_from([None, 1000, 1001, 1008, 1011, 1013, 4000]))
def test_no_order_of_frames_breaks_the_session_or_the_assistant(voice_live, frames, ending):
    client = asyncio.run(tell(voice_live, frames, ending))
    endings = [event for event in client.events if isinstance(event, on.SessionClosed | on.SessionFailed)]
    assert endings == client.events[-1:]
    assert sum(isinstance(event, on.SessionOpened) for event in client.events) <= 1
    assert client.failure is None or client.failure.detail != "the session broke"
