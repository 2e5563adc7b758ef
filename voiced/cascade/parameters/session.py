"""A session's parameters, and what `session.update` may change in them (reference/voice-live.md §4 and §7)."""

import copy

from voiced.cascade.parameters.avatar import animation, avatar
from voiced.cascade.parameters.checks import Check, as_object, flag, invalid, listing, one_of, text
from voiced.cascade.parameters.generation import (
    interim,
    max_tokens,
    metadata,
    modalities,
    temperature,
    tool_choice,
    tools,
)
from voiced.cascade.parameters.sound import (
    check_input_format,
    echo_cancellation,
    noise_reduction,
    output_format,
    timestamp_types,
    transcription,
    voice,
)
from voiced.cascade.parameters.turn_detection import turn_detection
from voiced.cascade.protocol import Frame, ProtocolError
from voiced.cascade.sound_formats import INPUT_FORMATS, INPUT_RATES

CHECKS: dict[str, Check] = {
    "model": text,
    "modalities": modalities,
    "instructions": text,
    "voice": voice,
    "input_audio_format": one_of(*INPUT_FORMATS),
    "input_audio_sampling_rate": one_of(*INPUT_RATES),
    "output_audio_format": output_format,
    "input_audio_noise_reduction": noise_reduction,
    "input_audio_echo_cancellation": echo_cancellation,
    "input_audio_transcription": transcription,
    "turn_detection": turn_detection,
    "output_audio_timestamp_types": timestamp_types,
    "animation": animation,
    "avatar": avatar,
    "tools": tools,
    "tool_choice": tool_choice,
    "parallel_tool_calls": flag,
    "temperature": temperature,
    "max_response_output_tokens": max_tokens,
    "reasoning_effort": one_of("none", "minimal", "low", "medium", "high", "xhigh"),
    "interim_response": interim,
    "include": listing,
    "metadata": metadata,
}
"""By name; a `response.create` overrides some of them for one reply."""
_NULLABLE = frozenset(
    [
        "turn_detection",
        "input_audio_noise_reduction",
        "input_audio_echo_cancellation",
        "input_audio_transcription",
        "output_audio_timestamp_types",
        "animation",
        "avatar",
        "reasoning_effort",
        "interim_response",
        "include",
        "metadata",
    ]
)


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
    changes = as_object("session", changes)
    merged = copy.deepcopy(session)
    for name, value in changes.items():
        where = f"session.{name}"
        check = CHECKS.get(name)
        if check is None:
            raise ProtocolError("unknown_parameter", f"Unknown parameter: '{where}'.", where)
        if value is None:
            if name not in _NULLABLE:
                raise invalid(where, value, "a value; null is not allowed")
            merged[name] = None
            continue
        if name == "model":
            if value not in (model, session["model"]):
                raise ProtocolError("invalid_value", "The model of a session can't be changed.", where)
            continue
        if name == "voice" and spoken and voice(value, where, model) != session["voice"]:
            raise ProtocolError(
                "cannot_update_voice", "The voice can't be changed after audio was produced in this session.", where
            )
        merged[name] = check(copy.deepcopy(value), where, model)
    check_input_format(session, changes, merged)
    return merged
