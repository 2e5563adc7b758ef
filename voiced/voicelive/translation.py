"""The service's frames as the assistant's events."""

import base64
import logging
from collections.abc import Mapping
from typing import Any

from voiced.assistant import events as on
from voiced.assistant.events import Event
from voiced.voicelive import mcp

log = logging.getLogger(__name__)


def translate(frame: Mapping[str, Any]) -> Event | None:  # noqa: C901, PLR0911, PLR0912 (a flat table reads best whole)
    """The event a frame stands for, or None where the assistant need not know (voice-live §3).

    Unknown types, missing fields and damaged audio never raise: the protocol grows, the speaker goes on.
    """

    def text(*keys: str) -> str:
        value: Any = frame
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value if isinstance(value, str) else ""

    match frame.get("type"):
        case "session.updated":
            return on.SessionOpened()
        case "error":
            return on.ServiceComplained(text("error", "code"), text("error", "message"))
        case "input_audio_buffer.speech_started":
            return on.SpeechStarted(text("item_id"))
        case "input_audio_buffer.speech_stopped":
            end = frame.get("audio_end_ms")
            return on.SpeechStopped(text("item_id"), end if isinstance(end, int) else None)
        case "conversation.item.input_audio_transcription.completed":
            return on.UserTranscribed(text("item_id"), text("transcript"))
        case "response.created":
            return on.ReplyStarted(text("response", "id"), text("response", "metadata", mcp.PURPOSE))
        case "response.audio.delta":
            return _audio(text("response_id"), text("item_id"), text("delta"))
        case "response.audio.done":
            return on.ReplyAudioFinished(text("response_id"))
        case "response.audio_transcript.done":
            return on.ReplyTranscribed(text("response_id"), text("transcript"))
        case "response.text.done":
            return on.ReplyTranscribed(text("response_id"), text("text"))
        case "response.function_call_arguments.done":
            return on.FunctionCalled(text("response_id"), text("call_id"), text("name"), text("arguments"))
        case "response.done":
            return on.ReplyFinished(text("response", "id"), text("response", "status"), _status_detail(frame))
        case "warning":
            log.warning("the service warns: %s", text("warning", "message"))
            return None
        case _:
            return mcp.translate(frame)


def _audio(response_id: str, item_id: str, delta: str) -> Event | None:
    try:
        data = base64.b64decode(delta, validate=True)
    except ValueError as error:
        log.warning("a piece of the reply's sound is damaged and left out: %s", error)
        return None
    return on.ReplyAudioReceived(response_id, item_id, data)


def _status_detail(frame: Mapping[str, Any]) -> str:
    """Why a response did not complete: the reason, or the error's message."""
    response = frame.get("response")
    details = response.get("status_details") if isinstance(response, Mapping) else None
    if not isinstance(details, Mapping):
        return ""
    error = details.get("error")
    found = error.get("message") if isinstance(error, Mapping) else details.get("reason")
    return found if isinstance(found, str) else ""
