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
    if service.echo_reference == "client" and service.input_audio_format != "pcm16":
        instead = "echo_cancellation: off" if service.embedded else "echo_cancellation: server"
        yield Finding(
            (SERVICE, "input_audio_format"),
            "what the speaker plays is sent as a second channel, for which pcm16 is needed; "
            f"use `{instead}` or `input_audio_format: pcm16`",
        )


PROBLEMS: tuple[Rule, ...] = (noise_reduction_fits_model, echo_reference_needs_pcm)
