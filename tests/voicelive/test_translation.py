import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.assistant import events as on
from voiced.voicelive.translation import translate


@pytest.mark.parametrize(
    ("frame", "event"),
    [
        ({"type": "session.created"}, None),
        ({"type": "session.updated"}, on.SessionOpened()),
        ({"type": "error", "error": {"code": "c", "message": "m"}}, on.ServiceComplained("c", "m")),
        ({"type": "error", "error": {"message": "m"}}, on.ServiceComplained("", "m")),
        ({"type": "input_audio_buffer.speech_started", "item_id": "i", "audio_start_ms": 3}, on.SpeechStarted("i")),
        ({"type": "input_audio_buffer.speech_stopped", "item_id": "i"}, on.SpeechStopped("i")),
        (
            {"type": "input_audio_buffer.speech_stopped", "item_id": "i", "audio_end_ms": 700},
            on.SpeechStopped("i", 700),
        ),
        ({"type": "input_audio_buffer.speech_stopped", "item_id": "i", "audio_end_ms": "x"}, on.SpeechStopped("i")),
        (
            {"type": "conversation.item.input_audio_transcription.completed", "item_id": "i", "transcript": "hi"},
            on.UserTranscribed("i", "hi"),
        ),
        ({"type": "response.created", "response": {"id": "r", "status": "in_progress"}}, on.ReplyStarted("r")),
        (
            {
                "type": "response.audio.delta",
                "response_id": "r",
                "item_id": "m",
                "delta": base64.b64encode(b"abcd").decode(),
            },
            on.ReplyAudioReceived("r", "m", b"abcd"),
        ),
        (
            {"type": "response.audio_transcript.done", "response_id": "r", "transcript": "hello"},
            on.ReplyTranscribed("r", "hello"),
        ),
        ({"type": "response.text.done", "response_id": "r", "text": "hello"}, on.ReplyTranscribed("r", "hello")),
        (
            {
                "type": "response.function_call_arguments.done",
                "response_id": "r",
                "call_id": "c",
                "name": "n",
                "arguments": "{ }\n",
            },
            on.FunctionCalled("r", "c", "n", "{ }\n"),
        ),
        ({"type": "response.done", "response": {"id": "r", "status": "completed"}}, on.ReplyFinished("r", "completed")),
        (
            {
                "type": "response.done",
                "response": {"id": "r", "status": "cancelled", "status_details": {"reason": "turn_detected"}},
            },
            on.ReplyFinished("r", "cancelled", "turn_detected"),
        ),
        (
            {
                "type": "response.done",
                "response": {"id": "r", "status": "failed", "status_details": {"error": {"message": "m"}}},
            },
            on.ReplyFinished("r", "failed", "m"),
        ),
        ({"type": "response.audio.done", "response_id": "r"}, on.ReplyAudioFinished("r")),
        ({"type": "rate_limits.updated"}, None),
    ],
)
def test_frame_becomes_its_event(frame, event):
    assert translate(frame) == event


def test_sound_is_passed_on_as_it_came():
    frame = {
        "type": "response.audio.delta",
        "response_id": "r",
        "item_id": "m",
        "delta": base64.b64encode(b"abc").decode(),
    }
    assert translate(frame).data == b"abc"


def test_damaged_sound_is_left_out_with_a_line(caplog):
    assert translate({"type": "response.audio.delta", "delta": "***"}) is None
    assert "damaged" in caplog.text


def test_warning_of_the_service_is_logged(caplog):
    assert translate({"type": "warning", "warning": {"message": "old version"}}) is None
    assert "old version" in caplog.text


TYPES = st.sampled_from(
    [
        *("error", "response.audio.delta", "response.done", "response.created", "session.updated"),
        *("response.function_call_arguments.done", "warning", "input_audio_buffer.speech_started"),
    ]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(["error", "response", "delta", "item_id", "response_id", "status_details", "warning"])


@given(TYPES, st.dictionaries(KEYS, ANYTHING | st.dictionaries(KEYS, ANYTHING, max_size=3), max_size=4))
def test_any_shape_of_a_known_type_never_raises(kind, fields):
    translate({**fields, "type": kind})
