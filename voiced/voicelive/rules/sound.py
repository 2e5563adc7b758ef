"""How sound goes up, is cleaned, and comes down (voice-live §4, §4.3)."""

from collections.abc import Iterator

from voiced.voicelive.rules.asked import SERVICE, Asked, Finding, Rule

_OPENAI_NOISE = frozenset({"near_field", "far_field"})


def noise_reduction_fits_model(asked: Asked) -> Iterator[Finding]:
    """OpenAI's own exists for OpenAI's own models."""
    kind = asked.service.noise_reduction
    if kind in _OPENAI_NOISE and not asked.model.abilities.openai_hearing:
        yield Finding(
            (SERVICE, "noise_reduction"),
            f"{kind} works with the gpt-realtime family only, not with {asked.model.kind.value}; "
            "use azure_deep_noise_suppression",
        )


def echo_reference_needs_pcm(asked: Asked) -> Iterator[Finding]:
    """The second channel exists in PCM16 only."""
    service = asked.service
    if service.echo_cancellation == "client" and service.input_audio_format != "pcm16":
        yield Finding(
            (SERVICE, "input_audio_format"),
            "what the speaker plays is sent as a second channel, for which pcm16 is needed; "
            "use `echo_cancellation: server` or `input_audio_format: pcm16`",
        )


def cascade_speaks_pcm(asked: Asked) -> Iterator[Finding]:
    """The service on this device has no thin link to spare."""
    if not asked.service.embedded:
        return
    for field in ("input_audio_format", "output_audio_format"):
        if getattr(asked.service, field) != "pcm16":
            yield Finding((SERVICE, field), "the cascade on this device speaks pcm16 only; remove this")


PROBLEMS: tuple[Rule, ...] = (noise_reduction_fits_model, echo_reference_needs_pcm, cascade_speaks_pcm)
