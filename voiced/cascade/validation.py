"""A session's configuration: its defaults by personality, and what `session.update` may change in it.

The rules and codes are those of reference/voice-live.md §4, §5 and §7 (points 5 and 6).
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any

from voiced.cascade.protocol import Frame, ProtocolError

_OPENAI_VOICES = frozenset({"alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"})
_VOICE_TYPES: dict[str, tuple[str, ...]] = {
    "openai": ("name",),
    "azure-standard": ("name",),
    "azure-custom": ("name", "endpoint_id"),
    "azure-personal": ("name", "model"),
    "avatar-voice-sync": ("model",),
    "azure-realtime-native": ("name",),
}
_SEMANTIC = {"threshold": 0.5, "prefix_padding_ms": 420, "silence_duration_ms": 500, "speech_duration_ms": 80}
_TURN_DEFAULTS: dict[str, dict[str, float]] = {
    "server_vad": {"threshold": 0.5, "prefix_padding_ms": 400, "silence_duration_ms": 500, "speech_duration_ms": 200},
    "azure_semantic_vad": _SEMANTIC,
    "azure_semantic_vad_en": _SEMANTIC,
    "azure_semantic_vad_multilingual": _SEMANTIC,
    "semantic_vad": _SEMANTIC,
}
_TURN_FIELDS = frozenset(
    [
        "type",
        "threshold",
        "prefix_padding_ms",
        "silence_duration_ms",
        "speech_duration_ms",
        "end_of_utterance_detection",
        "remove_filler_words",
        "languages",
        "create_response",
        "interrupt_response",
        "auto_truncate",
        "appended_text_after_truncation",
        "eagerness",
        "idle_timeout_ms",
    ]
)
_RESPONSE_FIELDS = frozenset(
    [
        "commit",
        "cancel_previous",
        "append_input_items",
        "input_items",
        "modalities",
        "instructions",
        "voice",
        "output_audio_format",
        "tools",
        "tool_choice",
        "temperature",
        "max_output_tokens",
        "max_response_output_tokens",
        "pre_generated_assistant_message",
        "reasoning_effort",
        "metadata",
        "interim_response",
        "invoke_input",
        "conversation",
    ]
)
_CASCADED_TRANSCRIBERS = frozenset({"azure-speech", "mai-transcribe", "mai-transcribe-1", "mai-transcribe-2"})
_NATIVE_TRANSCRIBERS = frozenset(
    {"whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "gpt-4o-transcribe-diarize"}
)
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


def updated_session(session: Frame, changes: object, model: str, *, spoken: bool) -> Frame:
    """A new session with the changes merged in; the given one stays as it is.

    Args:
        session: the effective session.
        changes: the `session` of a `session.update`; present keys replace, null clears.
        model: the model of the connection.
        spoken: whether audio was produced in this session already.

    Raises:
        ProtocolError: a change is not allowed; nothing is changed then.
    """
    changes = _object("session", changes)
    merged = copy.deepcopy(session)
    for name, value in changes.items():
        where = f"session.{name}"
        check = _CHECKS.get(name)
        if check is None:
            raise ProtocolError("unknown_parameter", f"Unknown parameter: '{where}'.", where)
        if value is None:
            if name not in _NULLABLE:
                raise _invalid(where, value, "a value; null is not allowed")
            merged[name] = None
            continue
        if name == "model":
            if value not in (model, session["model"]):
                raise ProtocolError("invalid_value", "The model of a session can't be changed.", where)
            continue
        if name == "voice" and spoken and _voice(value, where, model) != session["voice"]:
            raise ProtocolError(
                "cannot_update_voice", "The voice can't be changed after audio was produced in this session.", where
            )
        merged[name] = check(copy.deepcopy(value), where, model)
    return merged


def checked_response(options: object, model: str) -> Frame:
    """The `response` of a `response.create` with its limits checked; `ProtocolError` where one is broken."""
    if options is None:
        return {}
    options = _object("response", options)
    for name, value in options.items():
        where = f"response.{name}"
        if name not in _RESPONSE_FIELDS:
            raise ProtocolError("unknown_parameter", f"Unknown parameter: '{where}'.", where)
        check = _CHECKS.get("max_response_output_tokens" if name == "max_output_tokens" else name)
        if check is not None and value is not None:
            check(copy.deepcopy(value), where, model)
    prepared = options.get("pre_generated_assistant_message")
    if prepared is not None:
        pre_generated_text(prepared)
    return options


def pre_generated_text(message: object) -> str:
    """The text of a `pre_generated_assistant_message`; `ProtocolError` unless it has exactly one text part."""
    where = "response.pre_generated_assistant_message"
    content = _object(where, message).get("content")
    if not isinstance(content, list) or len(content) != 1:
        raise _invalid(where, content, "exactly one text part")
    text = _object(where, content[0]).get("text")
    if not isinstance(text, str):
        raise _invalid(where, text, "exactly one text part")
    return text


def _invalid(where: str, value: object, expected: str) -> ProtocolError:
    return ProtocolError("invalid_value", f"Invalid value for '{where}': {value!r:.80}. Expected {expected}.", where)


def _object(where: str, value: object) -> Frame:
    if not isinstance(value, dict):
        raise ProtocolError("invalid_type", f"Invalid type for '{where}': expected an object.", where)
    return value


_Check = Callable[[Any, str, str], Any]


def _text(value: object, where: str, _: str) -> object:
    if not isinstance(value, str):
        raise _invalid(where, value, "a string")
    return value


def _flag(value: object, where: str, _: str) -> object:
    if not isinstance(value, bool):
        raise _invalid(where, value, "true or false")
    return value


def _mapping(value: object, where: str, _: str) -> object:
    return _object(where, value)


def _listing(value: object, where: str, _: str) -> object:
    if not isinstance(value, list):
        raise _invalid(where, value, "a list")
    return value


def _one_of(*allowed: str | int) -> _Check:
    def check(value: object, where: str, _: str) -> object:
        if isinstance(value, bool) or value not in allowed:
            raise _invalid(where, value, "one of " + ", ".join(map(str, allowed)))
        return value

    return check


def _within(value: object, low: float, high: float) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high


def _modalities(value: object, where: str, _: str) -> object:
    known = {"text", "audio", "animation", "avatar"}
    if not isinstance(value, list) or not value or not all(isinstance(each, str) and each in known for each in value):
        raise _invalid(where, value, "a list of text, audio, animation, avatar")
    if "text" not in value:
        raise _invalid(where, value, "['text'] or ['text', 'audio']")
    return value


def _voice(value: object, where: str, model: str) -> object:
    if isinstance(value, str):
        if value not in _OPENAI_VOICES:
            raise _invalid(where, value, "a voice object or one of " + ", ".join(sorted(_OPENAI_VOICES)))
        return {"type": "openai", "name": value}
    voice = _object(where, value)
    kind = voice.get("type")
    if not isinstance(kind, str) or kind not in _VOICE_TYPES:
        raise _invalid(f"{where}.type", kind, "one of " + ", ".join(_VOICE_TYPES))
    for field in _VOICE_TYPES[kind]:
        if not isinstance(voice.get(field), str) or not voice[field]:
            raise ProtocolError("missing_required_parameter", f"Missing required parameter: '{where}.{field}'.", where)
    if kind == "openai" and voice["name"] not in _OPENAI_VOICES:
        raise _invalid(f"{where}.name", voice["name"], "one of " + ", ".join(sorted(_OPENAI_VOICES)))
    if (kind == "azure-realtime-native") != (model == "azure-realtime"):
        raise _invalid(f"{where}.type", kind, "azure-realtime-native with the model azure-realtime, and only with it")
    return voice


def _turn_detection(value: object, where: str, model: str) -> object:
    given = _object(where, value)
    kind = given.get("type")
    if not isinstance(kind, str) or kind not in _TURN_DEFAULTS:
        raise _invalid(f"{where}.type", kind, "one of " + ", ".join(_TURN_DEFAULTS))
    for name in given:
        if name not in _TURN_FIELDS:
            raise ProtocolError("unknown_parameter", f"Unknown parameter: '{where}.{name}'.", f"{where}.{name}")
    defaults = _TURN_DEFAULTS[kind]
    native = is_native(model)
    turn: Frame = {"type": kind, **(defaults if native else dict.fromkeys(defaults))}
    turn |= {"create_response": True, "interrupt_response": True, "auto_truncate": False}
    turn |= {name: each for name, each in given.items() if each is not None}
    for name, high in (
        ("threshold", 1.0), ("prefix_padding_ms", 5000), ("silence_duration_ms", 10_000), ("speech_duration_ms", 5000),
    ):  # fmt: skip
        if turn.get(name) is not None and not _within(turn[name], 0, high):
            raise _invalid(f"{where}.{name}", turn[name], f"a number from 0 to {high}")
    for name in ("create_response", "interrupt_response", "auto_truncate"):
        _flag(turn[name], f"{where}.{name}", model)
    end_of_utterance = turn.get("end_of_utterance_detection")
    if end_of_utterance is not None:
        turn["end_of_utterance_detection"] = {
            "threshold_level": "default", "timeout_ms": 1000, **_object(where, end_of_utterance),
        }  # fmt: skip
    return turn


def effective_turn_rules(turn: Mapping[str, Any]) -> dict[str, float]:
    """The numbers that hold for a `turn_detection`, defaults filled in."""
    defaults = _TURN_DEFAULTS[turn["type"]]
    return {name: default if turn.get(name) is None else turn[name] for name, default in defaults.items()}


def _echo_cancellation(value: object, where: str, _: str) -> object:
    echo: Frame = {
        "type": "server_echo_cancellation", "reference_source": "server", "channels": 1, **_object(where, value),
    }  # fmt: skip
    source, channels = echo["reference_source"], echo["channels"]
    if echo["type"] != "server_echo_cancellation":
        raise _invalid(f"{where}.type", echo["type"], "server_echo_cancellation")
    if source not in ("server", "client"):
        raise _invalid(f"{where}.reference_source", source, "server or client")
    if source == "client" and channels != 2:
        raise ProtocolError("invalid_ec_reference_channels", "A client reference needs 2 channels.", where)
    if source == "server" and channels != 1:
        raise ProtocolError("invalid_ec_channels_requires_client", "2 channels need a client reference.", where)
    return echo


def _noise_reduction(value: object, where: str, model: str) -> object:
    kind = _object(where, value).get("type")
    allowed = ["azure_deep_noise_suppression", *(["near_field", "far_field"] if is_native(model) else [])]
    if kind not in allowed:
        raise _invalid(f"{where}.type", kind, "one of " + ", ".join(allowed))
    return value


def _transcription(value: object, where: str, model: str) -> object:
    name = _object(where, value).get("model")
    allowed = _NATIVE_TRANSCRIBERS | _CASCADED_TRANSCRIBERS if is_native(model) else _CASCADED_TRANSCRIBERS
    if not isinstance(name, str) or name not in allowed:
        raise _invalid(f"{where}.model", name, "one of " + ", ".join(sorted(allowed)))
    return value


def _tools(value: object, where: str, _: str) -> object:
    seen: set[str] = set()
    if not isinstance(value, list):
        raise _invalid(where, value, "a list")
    for index, tool in enumerate(value):
        at = f"{where}[{index}]"
        kind = _object(at, tool).get("type")
        if kind not in ("function", "mcp", "foundry_agent"):
            raise _invalid(f"{at}.type", kind, "function or mcp")
        name = tool.get("name" if kind == "function" else "server_label")
        if kind == "foundry_agent":
            continue
        if not isinstance(name, str) or not name:
            raise ProtocolError("missing_required_parameter", f"Missing required parameter: '{at}.name'.", at)
        if name in seen:
            raise ProtocolError("invalid_value", f"Duplicate tool name {name!r}.", at)
        seen.add(name)
        if tool.get("parameters") is not None:
            _object(f"{at}.parameters", tool["parameters"])
    return value


def _tool_choice(value: object, where: str, _: str) -> object:
    if value not in ("auto", "none", "required") and not isinstance(value, dict):
        raise _invalid(where, value, "auto, none, required or a function")
    return value


def _temperature(value: object, where: str, _: str) -> object:
    if not _within(value, 0.6, 1.2):
        raise _invalid(where, value, "a number from 0.6 to 1.2")
    return value


def _max_tokens(value: object, where: str, _: str) -> object:
    if value != "inf" and not (isinstance(value, int) and _within(value, 1, 4096)):
        raise _invalid(where, value, "1 to 4096 or 'inf'")
    return value


def _metadata(value: object, where: str, _: str) -> object:
    pairs = _object(where, value)
    if len(pairs) > 16 or not all(
        len(key) <= 64 and isinstance(each, str) and len(each) <= 512 for key, each in pairs.items()
    ):
        raise _invalid(where, value, "at most 16 pairs of texts, 64 and 512 characters long")
    return value


def _interim(value: object, where: str, model: str) -> object:
    if is_native(model):
        raise ProtocolError("invalid_value", "Interim responses need a cascaded model.", where)
    return _object(where, value)


_CHECKS: dict[str, _Check] = {
    "model": _text,
    "modalities": _modalities,
    "instructions": _text,
    "voice": _voice,
    "input_audio_format": _one_of("pcm16"),
    "input_audio_sampling_rate": _one_of(16_000, 24_000),
    "output_audio_format": _one_of("pcm16"),
    "input_audio_noise_reduction": _noise_reduction,
    "input_audio_echo_cancellation": _echo_cancellation,
    "input_audio_transcription": _transcription,
    "turn_detection": _turn_detection,
    "output_audio_timestamp_types": _listing,
    "animation": _mapping,
    "tools": _tools,
    "tool_choice": _tool_choice,
    "parallel_tool_calls": _flag,
    "temperature": _temperature,
    "max_response_output_tokens": _max_tokens,
    "reasoning_effort": _one_of("none", "minimal", "low", "medium", "high", "xhigh"),
    "interim_response": _interim,
    "include": _listing,
    "metadata": _metadata,
}
_NULLABLE = frozenset(
    [
        "turn_detection",
        "input_audio_noise_reduction",
        "input_audio_echo_cancellation",
        "input_audio_transcription",
        "output_audio_timestamp_types",
        "animation",
        "reasoning_effort",
        "interim_response",
        "include",
        "metadata",
    ]
)
