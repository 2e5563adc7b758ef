"""Settings as the session the service is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from voiced.audio.frames import CAPTURE_RATE
from voiced.voicelive.settings import PersonaSettings, VoiceLiveSettings

OPENAI_VOICES = frozenset({"alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"})


ECHO_CANCELLATION: dict[str, dict[str, Any] | None] = {
    "server": {"type": "server_echo_cancellation", "reference_source": "server", "channels": 1},
    "client": {"type": "server_echo_cancellation", "reference_source": "client", "channels": 2},
    "off": None,
}
"""The service accepts these pairs of source and channels only (voice-live §4.3)."""
CLIENT_REFERENCE_QUERY = {"features": "client_ec_reference:true"}
"""What the preview asks for at the handshake."""


@dataclass(frozen=True, slots=True)
class Function:
    """A tool as the model sees it; `parameters` is a JSON Schema."""

    name: str
    description: str
    parameters: dict[str, Any] = field(default_factory=dict)


def request_session(
    settings: VoiceLiveSettings, persona: PersonaSettings, locale: str, functions: Sequence[Function]
) -> dict[str, Any]:
    """The `session.update` payload, every field explicit. `model` is fixed at connect and must not be repeated.

    `locale` is the language of personas that name none.
    """
    locale = persona.language or locale
    native = settings.model.startswith("gpt-realtime")
    language = locale if not native else locale.partition("-")[0]
    return {
        "modalities": ["text", "audio"],
        "instructions": persona.instructions,
        "voice": _voice(persona.voice),
        "input_audio_format": "pcm16",
        "input_audio_sampling_rate": CAPTURE_RATE,
        "output_audio_format": "pcm16",
        "input_audio_noise_reduction": None
        if settings.noise_reduction == "none"
        else {"type": settings.noise_reduction},
        "input_audio_echo_cancellation": ECHO_CANCELLATION[settings.echo_reference],
        "turn_detection": _turn_detection(settings),
        "input_audio_transcription": {
            "model": "gpt-4o-mini-transcribe" if native else "azure-speech",
            "language": language,
        },
        "tools": [
            {"type": "function", "name": tool.name, "description": tool.description, "parameters": tool.parameters}
            for tool in functions
        ],
        "tool_choice": "auto",
    }


def _voice(name: str) -> dict[str, str]:
    return {"type": "openai" if name in OPENAI_VOICES else "azure-standard", "name": name}


def _turn_detection(settings: VoiceLiveSettings) -> dict[str, Any]:
    """Truncation is ours (`auto_truncate` false): only the speaker knows what was really heard."""
    detection = settings.turn_detection.model_dump()
    if detection["type"] == "server_vad":
        del detection["remove_filler_words"]
    return detection | {"create_response": True, "interrupt_response": True, "auto_truncate": False}
