"""What a session speaks with and how it hears (reference/voice-live.md §4, §4.1, §4.3, §4.4)."""

from collections.abc import Mapping
from typing import Any

from voiced.audio import g711
from voiced.cascade.parameters.checks import as_object, invalid
from voiced.cascade.parameters.defaults import is_native
from voiced.cascade.protocol import Frame, ProtocolError
from voiced.cascade.sound_formats import OUTPUT_FORMATS

_OPENAI_VOICES = frozenset({"alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"})
_VOICE_TYPES: dict[str, tuple[str, ...]] = {
    "openai": ("name",),
    "azure-standard": ("name",),
    "azure-custom": ("name", "endpoint_id"),
    "azure-personal": ("name", "model"),
    "avatar-voice-sync": ("model",),
    "azure-realtime-native": ("name",),
}
_CASCADED_TRANSCRIBERS = frozenset({"azure-speech", "mai-transcribe", "mai-transcribe-1", "mai-transcribe-2"})
_NATIVE_TRANSCRIBERS = frozenset(
    {"whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "gpt-4o-transcribe-diarize"}
)


def voice(value: object, where: str, model: str) -> object:
    """A voice as an object; a bare name is one of OpenAI's."""
    if isinstance(value, str):
        if value not in _OPENAI_VOICES:
            raise invalid(where, value, "a voice object or one of " + ", ".join(sorted(_OPENAI_VOICES)))
        return {"type": "openai", "name": value}
    given = as_object(where, value)
    kind = given.get("type")
    if not isinstance(kind, str) or kind not in _VOICE_TYPES:
        raise invalid(f"{where}.type", kind, "one of " + ", ".join(_VOICE_TYPES))
    for field in _VOICE_TYPES[kind]:
        if not isinstance(given.get(field), str) or not given[field]:
            raise ProtocolError("missing_required_parameter", f"Missing required parameter: '{where}.{field}'.", where)
    if kind == "openai" and given["name"] not in _OPENAI_VOICES:
        raise invalid(f"{where}.name", given["name"], "one of " + ", ".join(sorted(_OPENAI_VOICES)))
    if (kind == "azure-realtime-native") != (model == "azure-realtime"):
        raise invalid(f"{where}.type", kind, "azure-realtime-native with the model azure-realtime, and only with it")
    return given


def echo_cancellation(value: object, where: str, _: str) -> object:
    """The whole `input_audio_echo_cancellation`; only the pairs server and 1 channel, client and 2 are valid."""
    echo: Frame = {
        "type": "server_echo_cancellation", "reference_source": "server", "channels": 1, **as_object(where, value),
    }  # fmt: skip
    source, channels = echo["reference_source"], echo["channels"]
    if echo["type"] != "server_echo_cancellation":
        raise invalid(f"{where}.type", echo["type"], "server_echo_cancellation")
    if source not in ("server", "client"):
        raise invalid(f"{where}.reference_source", source, "server or client")
    if source == "client" and channels != 2:
        raise ProtocolError("invalid_ec_reference_channels", "A client reference needs 2 channels.", where)
    if source == "server" and channels != 1:
        raise ProtocolError("invalid_ec_channels_requires_client", "2 channels need a client reference.", where)
    return echo


def noise_reduction(value: object, where: str, model: str) -> object:
    """An `input_audio_noise_reduction` that the model's back-end has."""
    kind = as_object(where, value).get("type")
    allowed = ["azure_deep_noise_suppression", *(["near_field", "far_field"] if is_native(model) else [])]
    if kind not in allowed:
        raise invalid(f"{where}.type", kind, "one of " + ", ".join(allowed))
    return value


def transcription(value: object, where: str, model: str) -> object:
    """An `input_audio_transcription` by a model that the back-end has."""
    name = as_object(where, value).get("model")
    allowed = _NATIVE_TRANSCRIBERS | _CASCADED_TRANSCRIBERS if is_native(model) else _CASCADED_TRANSCRIBERS
    if not isinstance(name, str) or name not in allowed:
        raise invalid(f"{where}.model", name, "one of " + ", ".join(sorted(allowed)))
    return value


def output_format(value: object, where: str, _: str) -> object:
    """An `output_audio_format`; older SDKs write pcm16-8000hz for pcm16_8000hz."""
    name = value.replace("-", "_") if isinstance(value, str) else value
    if not isinstance(name, str) or name not in OUTPUT_FORMATS:
        raise invalid(where, value, "one of " + ", ".join(OUTPUT_FORMATS))
    return name


def timestamp_types(value: object, where: str, _: str) -> object:
    """An `output_audio_timestamp_types`: when each word is said, or nothing."""
    if not isinstance(value, list) or any(each != "word" for each in value):
        raise invalid(where, value, "['word']")
    return value


def check_input_format(before: Mapping[str, Any], changes: Mapping[str, Any], merged: Frame) -> None:
    """Give G.711 its own rate, and PCM16 after it the default one; `ProtocolError` for what doesn't go together."""
    name = merged["input_audio_format"]
    if name != "pcm16":
        if changes.get("input_audio_sampling_rate") not in (None, g711.RATE, before["input_audio_sampling_rate"]):
            where = "session.input_audio_sampling_rate"
            raise invalid(where, changes["input_audio_sampling_rate"], f"{g711.RATE}, the rate of {name}")
        merged["input_audio_sampling_rate"] = g711.RATE
    elif before["input_audio_format"] != name and "input_audio_sampling_rate" not in changes:
        merged["input_audio_sampling_rate"] = 24_000
    echo = merged["input_audio_echo_cancellation"]
    if name != "pcm16" and echo is not None and echo["channels"] > 1:
        raise ProtocolError(
            "invalid_value", "A client's echo reference comes as the second channel of pcm16.",
            "session.input_audio_format",
        )  # fmt: skip
