"""What the service says while the answer takes long (voice-live §4.6)."""

from typing import Any, Literal

from pydantic import Field, JsonValue

from voiced.settings import Settings

_MODEL, _TOKENS = "gpt-4.1-mini", 50
"""The service's own, sent so that they stay."""
STATIC = "static_interim_response"
FIELDS: dict[str, frozenset[str]] = {
    STATIC: frozenset({"texts"}),
    "llm_interim_response": frozenset({"model", "instructions", "max_completion_tokens"}),
}
"""What each kind can be told, beside what they share."""


class InterimResponseSettings(Settings):
    """What is said while you wait (with text models and agents, spoken by Azure's voices)."""

    type: Literal["static_interim_response", "llm_interim_response"] = "static_interim_response"
    """One of your texts, or what a small model makes up."""
    triggers: tuple[Literal["latency", "tool"], ...] = Field(default=("latency",), min_length=1)
    """When: after a while, or when a tool is called."""
    latency_threshold_ms: int = Field(default=2000, ge=0)
    """How long that while is."""
    texts: tuple[str, ...] = ()
    """What may be said (static_interim_response)."""
    model: str | None = Field(default=None, min_length=1)
    """The small model; left out, gpt-4.1-mini (llm_interim_response)."""
    instructions: str | None = Field(default=None, min_length=1)
    """What it is told (llm_interim_response)."""
    max_completion_tokens: int | None = Field(default=None, ge=1)
    """How much it may say; left out, 50 tokens (llm_interim_response)."""
    extra: dict[str, JsonValue] = Field(default_factory=dict)
    """More fields of the service's `interim_response`, passed through untouched."""

    def payload(self) -> dict[str, Any]:
        """The protocol's `interim_response`, every field of the kind explicit."""
        given = self.model_dump(mode="json", include=set(FIELDS[self.type]), exclude_none=True)
        if self.type != STATIC:
            given = {"model": _MODEL, "max_completion_tokens": _TOKENS} | given
        return {
            "type": self.type,
            "triggers": list(self.triggers),
            "latency_threshold_ms": self.latency_threshold_ms,
            **given,
            **self.extra,
        }
