"""How a session finds the user's turns (reference/voice-live.md §4.2)."""

from collections.abc import Mapping
from typing import Any

from voiced.cascade.parameters.checks import as_object, flag, invalid, within
from voiced.cascade.parameters.defaults import is_native
from voiced.cascade.protocol import Frame, ProtocolError

_SEMANTIC = {"threshold": 0.5, "prefix_padding_ms": 420, "silence_duration_ms": 500, "speech_duration_ms": 80}
_TURN_DEFAULTS: dict[str, dict[str, float]] = {
    "server_vad": {"threshold": 0.5, "prefix_padding_ms": 400, "silence_duration_ms": 500, "speech_duration_ms": 200},
    "azure_semantic_vad": _SEMANTIC,
    "azure_semantic_vad_en": _SEMANTIC,
    "azure_semantic_vad_multilingual": _SEMANTIC,
    "semantic_vad": _SEMANTIC,
}
_AZURE_ONLY = frozenset({"remove_filler_words"})
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


def turn_detection(value: object, where: str, model: str) -> object:
    """The whole `turn_detection`: of a native model with its numbers, of others with null where none is given."""
    given = as_object(where, value)
    kind = given.get("type")
    if not isinstance(kind, str) or kind not in _TURN_DEFAULTS:
        raise invalid(f"{where}.type", kind, "one of " + ", ".join(_TURN_DEFAULTS))
    for name in given:
        if name not in _TURN_FIELDS or (name in _AZURE_ONLY and not kind.startswith("azure_")):
            raise ProtocolError("unknown_parameter", f"Unknown parameter: '{where}.{name}'.", f"{where}.{name}")
    defaults = _TURN_DEFAULTS[kind]
    native = is_native(model)
    turn: Frame = {"type": kind, **(defaults if native else dict.fromkeys(defaults))}
    turn |= {"create_response": True, "interrupt_response": True, "auto_truncate": False}
    turn |= {name: each for name, each in given.items() if each is not None}
    for name, high in (
        ("threshold", 1.0), ("prefix_padding_ms", 5000), ("silence_duration_ms", 10_000), ("speech_duration_ms", 5000),
    ):  # fmt: skip
        if turn.get(name) is not None and not within(turn[name], 0, high):
            raise invalid(f"{where}.{name}", turn[name], f"a number from 0 to {high}")
    for name in ("create_response", "interrupt_response", "auto_truncate", "remove_filler_words"):
        flag(turn.get(name, False), f"{where}.{name}", model)
    end_of_utterance = turn.get("end_of_utterance_detection")
    if end_of_utterance is not None:
        turn["end_of_utterance_detection"] = {
            "threshold_level": "default", "timeout_ms": 1000, **as_object(where, end_of_utterance),
        }  # fmt: skip
    return turn


def effective_turn_rules(turn: Mapping[str, Any]) -> dict[str, float]:
    """The numbers that hold for a `turn_detection`, defaults filled in."""
    defaults = _TURN_DEFAULTS[turn["type"]]
    return {name: default if turn.get(name) is None else turn[name] for name, default in defaults.items()}


def ends_by_meaning(turn: Mapping[str, Any]) -> bool:
    """Whether a `turn_detection` may end a turn by what was said, not by silence alone."""
    return bool(turn["type"] != "server_vad")
