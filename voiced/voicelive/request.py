"""Settings as the session the service is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from voiced.audio.frames import CAPTURE_RATE
from voiced.voicelive.answering import answering
from voiced.voicelive.models import Kind, Model
from voiced.voicelive.settings import PersonaSettings, VoiceLiveSettings
from voiced.voicelive.versions import offers
from voiced.voicelive.voices import full

ECHO_CANCELLATION: dict[str, dict[str, Any] | None] = {
    "server": {"type": "server_echo_cancellation", "reference_source": "server", "channels": 1},
    "client": {"type": "server_echo_cancellation", "reference_source": "client", "channels": 2},
    "off": None,
}
"""The service accepts these pairs of source and channels only (voice-live §4.3)."""
TELEPHONE_RATE = 8000
"""Hz of G.711."""


@dataclass(frozen=True, slots=True)
class Function:
    """A tool as the model sees it.

    Attributes:
        name: unique in a session.
        description: when to call it.
        parameters: a JSON Schema.
        always: whether every persona has it, whatever its list of tools says.
    """

    name: str
    description: str
    parameters: dict[str, Any] = field(default_factory=dict)
    always: bool = False


def request_session(
    settings: VoiceLiveSettings,
    persona: PersonaSettings,
    locale: str,
    functions: Sequence[Function],
    servers: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The `session.update` payload. `locale` is the language of personas that name none, `servers` are remote tools.

    Every field is explicit whose default could change under us. Left out are `model`, which is fixed at connect and
    must not be repeated, and what is switched on only by being there and isn't documented to be nullable: a session
    that is refused for a null is none.
    """
    model = answering(settings)
    locale = persona.language or locale
    turn_detection = settings.turn_detection.payload(locale)
    if not offers(settings.api_version, "auto_truncate"):
        turn_detection.pop("auto_truncate")
    session: dict[str, Any] = {
        "modalities": ["text", "audio"],
        "voice": full(persona.voice).payload(),
        "input_audio_format": settings.input_audio_format,
        "input_audio_sampling_rate": CAPTURE_RATE if settings.input_audio_format == "pcm16" else TELEPHONE_RATE,
        "output_audio_format": settings.output_audio_format,
        "input_audio_noise_reduction": None
        if settings.noise_reduction == "none"
        else {"type": settings.noise_reduction},
        "input_audio_echo_cancellation": ECHO_CANCELLATION[settings.echo_reference],
        "turn_detection": turn_detection,
        "input_audio_transcription": settings.transcription.payload(model, locale),
        "tools": [
            {"type": "function", "name": tool.name, "description": tool.description, "parameters": tool.parameters}
            for tool in functions
            if persona.tools is None or tool.always or tool.name in persona.tools
        ]
        + [dict(server) for server in servers if persona.tools is None or server["server_label"] in persona.tools],
        "tool_choice": "auto",
        "max_response_output_tokens": settings.max_response_output_tokens or "inf",
    }
    if model.kind is not Kind.AGENT:  # an agent's instructions are kept in Foundry
        session["instructions"] = persona.instructions
    if offers(settings.api_version, "parallel_tool_calls"):
        session["parallel_tool_calls"] = settings.parallel_tool_calls
    return session | _thinking(settings, persona, model) | _switched_on(settings) | settings.extra


def _thinking(settings: VoiceLiveSettings, persona: PersonaSettings, model: Model) -> dict[str, Any]:
    """How the model answers: what was asked for, or what the service was seen to take for the model."""
    temperatures = (persona.temperature, settings.temperature, model.temperature)
    temperature = next((given for given in temperatures if given is not None), None)
    effort = settings.reasoning_effort or model.effort
    return ({} if temperature is None else {"temperature": temperature}) | (
        {} if effort is None else {"reasoning_effort": effort}
    )


def _switched_on(settings: VoiceLiveSettings) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if settings.interim_response is not None:
        given["interim_response"] = settings.interim_response.payload()
    if settings.word_timestamps:
        given["output_audio_timestamp_types"] = ["word"]
    if settings.include:
        given["include"] = list(settings.include)
    if settings.metadata:
        given["metadata"] = dict(settings.metadata)
    return given
