"""When a turn begins and ends (voice-live §4.2)."""

from typing import Any, Literal

from pydantic import Field, JsonValue, field_validator

from voiced.settings import Settings
from voiced.voicelive.voices import LANGUAGE

Kind = Literal[
    "azure_semantic_vad", "azure_semantic_vad_multilingual", "azure_semantic_vad_en", "server_vad", "semantic_vad"
]
_SOUND = frozenset(
    {"threshold", "prefix_padding_ms", "silence_duration_ms", "speech_duration_ms", "end_of_utterance_detection"}
)
_AZURE = _SOUND | {"remove_filler_words", "appended_text_after_truncation"}
FIELDS: dict[Kind, frozenset[str]] = {
    "server_vad": _SOUND,
    "azure_semantic_vad": _AZURE | {"languages"},
    "azure_semantic_vad_multilingual": _AZURE | {"languages"},
    "azure_semantic_vad_en": _AZURE,
    "semantic_vad": frozenset({"eagerness"}),
}
"""What each way of detecting can be told, beside what they share."""
LANGUAGES: dict[Kind, frozenset[str]] = {
    "azure_semantic_vad": frozenset({"en"}),
    "azure_semantic_vad_multilingual": frozenset({"en", "es", "fr", "it", "de", "ja", "pt", "zh", "ko", "hi"}),
}
"""The languages in which filler words are known; others are ignored."""
_DEFAULTS: dict[Kind, dict[str, int | str]] = {
    "server_vad": {"prefix_padding_ms": 400, "speech_duration_ms": 200},
    "azure_semantic_vad": {"prefix_padding_ms": 420, "speech_duration_ms": 80},
    "azure_semantic_vad_multilingual": {"prefix_padding_ms": 420, "speech_duration_ms": 80},
    "azure_semantic_vad_en": {"prefix_padding_ms": 420, "speech_duration_ms": 80},
    "semantic_vad": {"eagerness": "auto"},
}
"""The service's own of api_version 2026-07-15, sent so that they stay."""


class EndOfUtteranceSettings(Settings):
    """Whether a sentence is complete decides on the end of a turn, too: a pause to think is no end."""

    model: Literal["semantic_detection_v1", "semantic_detection_v1_en", "semantic_detection_v1_multilingual"] = (
        "semantic_detection_v1"
    )
    """What judges the words."""
    threshold_level: Literal["low", "medium", "high", "default"] = "default"
    """How sure it must be; lower ends turns sooner."""
    timeout_ms: int = Field(default=1000, ge=0, le=10_000)
    """How long it waits for more at most."""


class TurnDetectionSettings(Settings):
    """When the service takes your turn to begin and to end. Every field is sent: no default changes under us."""

    type: Kind | None = None
    """By meaning and sound (Azure's own, the better for a speaker), by sound alone (server_vad), or by OpenAI's model
    (semantic_vad, with gpt-realtime only). Left out: azure_semantic_vad for English, azure_semantic_vad_multilingual
    for other languages."""
    threshold: float = Field(default=0.5, ge=0, le=1)
    """How sure the service must be that it hears speech."""
    prefix_padding_ms: int | None = Field(default=None, ge=0, le=2000)
    """How much sound from before the detected start belongs to the turn; left out, 420 (400 with server_vad)."""
    silence_duration_ms: int = Field(default=500, ge=100, le=5000)
    """How long a pause ends the turn."""
    speech_duration_ms: int | None = Field(default=None, ge=0, le=2000)
    """How long a sound must last to be taken for speech; left out, 80 (200 with server_vad)."""
    remove_filler_words: bool = False
    """Let "hm" and "yeah" not interrupt a reply (with Azure's own only)."""
    languages: tuple[str, ...] = ()
    """The languages in which those are known, as [en, de]; all where left out."""
    end_of_utterance_detection: EndOfUtteranceSettings | None = None
    """Judge by the words, too, whether you have finished."""
    eagerness: Literal["auto", "low", "medium", "high"] | None = None
    """How soon semantic_vad takes a turn to have ended."""
    auto_truncate: bool = False
    """Let the service guess what was heard of a reply that you interrupted. Off, because the speaker knows to the
    sample what it played, and tells the service."""
    appended_text_after_truncation: str | None = Field(default=None, min_length=1)
    """What the service adds to such a reply, so that the model knows of the interruption (needs auto_truncate)."""
    extra: dict[str, JsonValue] = Field(default_factory=dict)
    """More fields of the service's `turn_detection`, passed through untouched."""

    @field_validator("languages")
    @classmethod
    def _are_languages(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        for language in languages:
            if not LANGUAGE.fullmatch(language):
                raise ValueError(f"{language!r} is no language; give one like de")
        return languages

    def kind(self, locale: str) -> Kind:
        """How turns are detected for someone who speaks the language of a locale."""
        if self.type is not None:
            return self.type
        return "azure_semantic_vad" if locale.partition("-")[0] == "en" else "azure_semantic_vad_multilingual"

    def payload(self, locale: str) -> dict[str, Any]:
        """The protocol's `turn_detection`, every field of the kind explicit."""
        kind = self.kind(locale)
        given = self.model_dump(mode="json", include=set(FIELDS[kind]), exclude_none=True)
        if not self.languages:  # none is every language; an empty list would be none at all
            given.pop("languages", None)
        return {
            "type": kind,
            **_DEFAULTS[kind],
            **given,
            "create_response": True,
            "interrupt_response": True,
            "auto_truncate": self.auto_truncate,
            **self.extra,
        }
