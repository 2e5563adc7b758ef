import asyncio
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.assistant import Assistant
from voiced.assistant.phases import Phase
from voiced.assistant.settings import ConversationSettings
from voiced.voicelive.translation import translate

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


# -- what the assistant makes of them ---------------------------------------------------------------------------------

OURS = st.one_of(
    st.builds(on.ToolFinished, IDS, st.just("{}")),
    st.builds(on.PlaybackFlushed, st.sampled_from(["", "a"]), st.integers(0, 500)),
    st.just(on.PlaybackFinished()),
    st.just(on.TimePassed()),
    st.just(on.StopRequested()),
    st.just(on.WakeWordDetected("hey_jarvis", 0.9, 32_000, 1.0)),
    st.just(on.SessionOpened()),
    st.just(on.SessionClosed()),
    st.just(on.LimitReached("enough")),
    st.just(on.NoticeFinished()),
    st.just(on.AnnouncementMade(1.0, "The cake is done.")),
)
RACES = st.builds(
    lambda code: {"type": "error", "error": {"code": code}},
    st.sampled_from(["conversation_already_has_active_response", "response_cancel_not_active"]),
)
USUAL = [
    {"type": "input_audio_buffer.speech_started", "item_id": "a"},
    {"type": "input_audio_buffer.speech_stopped", "item_id": "a"},
    *({"type": "response.created", "response": {"id": each}} for each in "ab"),
    *({"type": "response.audio.delta", "response_id": each, "item_id": "m", "delta": "AAAA"} for each in "ab"),
    *({"type": "response.done", "response": {"id": each, "status": "completed"}} for each in "ab"),
    {"type": "response.done", "response": {"id": "a", "status": "cancelled"}},
    *(
        {"type": "response.function_call_arguments.done", "response_id": "a", "call_id": each, "name": "f"}
        for each in "ab"
    ),
    *(on.ToolFinished(each, "{}") for each in "ab"),
    *({"type": "response.mcp_call.completed", "item_id": each} for each in "ab"),
    {"type": "error", "error": {"code": "conversation_already_has_active_response"}},
]
"""What makes up most of a conversation, so that it meets in every order."""
PAUSES = (0.0, 0.0, 0.1, 3.0)
STEPS = st.binary(min_size=20, max_size=40).map(  # an example in one draw: many, quickly
    lambda steps: [(USUAL[step % 64 % len(USUAL)], PAUSES[step // 64]) for step in steps]
)
RARE = st.lists(st.tuples(st.integers(0, 30), LEGAL | RACES | ILLEGAL | OURS, st.sampled_from([0.0, 30.0])), max_size=3)


class Watched:
    """An assistant in a conversation, and what its commands must never amount to."""

    def __init__(self):
        self.now = 0.0
        self.assistant = Assistant(ConversationSettings(), self.now, greeting=lambda _persona: "Hello.")
        self.active = None
        self.requested = None
        self.interrupted = set()
        for event in (on.Started(), on.WakeWordDetected("hey_jarvis", 0.9, 32_000, 1.0), on.SessionOpened()):
            self.take(event)

    def take(self, event):
        self._note(event)
        for command in self.assistant.handle(event, self.now):
            match command:
                case do.RequestReply() | do.AskUser() | do.SpeakUp():
                    assert self.active is None, "a response is under way"
                    assert self.requested is None, "one has been asked for already"
                    self.requested = command
                case do.OpenSession() | do.CloseSession():
                    self.active, self.requested, self.interrupted = None, None, set()
                case do.Play():
                    assert event.response_id not in self.interrupted, "the user has spoken over it"
        resting = self.assistant.phase in (Phase.IDLE, Phase.MUTED, Phase.FAULTED)
        assert resting or self.assistant.deadline is not None

    def _note(self, event):
        match event:
            case on.ReplyStarted():
                self.active, self.requested = event.response_id, None
                self.interrupted.discard(event.response_id)
            case on.ReplyFinished() if event.response_id == self.active:
                self.active = None
            case on.ServiceComplained(code="conversation_already_has_active_response"):
                self.requested = None
            case on.ServiceComplained() if isinstance(self.requested, do.SpeakUp):
                self.requested = None  # which may have been about it, and the conversation goes on
            case on.SpeechStarted() if self.active is not None:
                self.interrupted.add(self.active)


@settings(max_examples=120, deadline=None)
@given(STEPS, RARE)
def test_in_any_order_one_reply_is_asked_for_at_a_time_and_none_is_heard_that_was_interrupted(steps, rare):
    for place, step, after in rare:
        steps.insert(place, (step, after))
    watched = Watched()
    for step, after in steps:
        watched.now += after
        event = translate(step) if isinstance(step, dict) else step
        if event is not None:
            watched.take(event)
