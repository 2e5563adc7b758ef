"""What a session begins with, by the back-end that it shows (reference/voice-live.md §5)."""

from voiced.cascade.protocol import Frame

_INSTRUCTIONS = "You are a helpful voice assistant. Answer briefly."


def is_native(model: str) -> bool:
    """Whether a model hears sound by itself (`gpt-realtime*`); the others are a cascade."""
    return model.startswith("gpt-realtime")


def default_session(session_id: str, model: str, expires_at: int) -> Frame:
    """The session of `session.created`; expires_at in Unix seconds."""
    native = is_native(model)
    voice = {"type": "openai", "name": "alloy"} if native else {"type": "azure-standard", "name": "en-US-AvaNeural"}
    session: Frame = {
        "id": session_id,
        "object": "realtime.session",
        "model": f"{model}-global-standard" if native else model,
        "expires_at": expires_at,
        "modalities": ["audio"] if native else ["text", "audio"],
        "instructions": _INSTRUCTIONS,
        "voice": voice,
        "input_audio_format": "pcm16",
        "input_audio_sampling_rate": 24_000,
        "output_audio_format": "pcm16",
        "input_audio_noise_reduction": None,
        "input_audio_echo_cancellation": None,
        "input_audio_transcription": None if native else {"model": "azure-speech"},
        "turn_detection": {
            "type": "server_vad",
            "threshold": 0.5,
            "prefix_padding_ms": 300 if native else 400,
            "silence_duration_ms": 200 if native else 500,
            "create_response": True,
            "interrupt_response": True,
            "auto_truncate": False,
        },
        "output_audio_timestamp_types": None,
        "animation": None,
        "avatar": None,
        "tools": [],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "max_response_output_tokens": "inf",
        "reasoning_effort": None,
        "interim_response": None,
        "include": None,
        "metadata": None,
    }
    if not native:
        session["temperature"] = 0.8
    return session
