"""How the model thinks and what it says meanwhile, and which versions of the protocol have it (voice-live §4, §4.6)."""

from collections.abc import Iterator

from voiced.voicelive import interim
from voiced.voicelive.models import AZURE_REALTIME, EFFORTS
from voiced.voicelive.rules.asked import SERVICE, Asked, Finding, Rule, given
from voiced.voicelive.versions import offers, since


def effort_fits_model(asked: Asked) -> Iterator[Finding]:
    """Not every model reasons, and not as much as one likes."""
    effort, efforts = asked.service.reasoning_effort, asked.model.efforts
    if effort is None or efforts is None or effort in efforts:
        return
    fix = f"give one of {', '.join(e for e in EFFORTS if e in efforts)}" if efforts else "remove it"
    yield Finding((SERVICE, "reasoning_effort"), f"{asked.service.model} has no effort {effort!r}; {fix}")


def interim_fits_model(asked: Asked) -> Iterator[Finding]:
    """Models that speak themselves have no pauses the service could fill; those that don't have Azure's voices."""
    if asked.service.interim_response is not None and not asked.model.abilities.interim:
        yield Finding(
            (SERVICE, "interim_response"),
            f"{asked.service.model} answers by itself, and the service can't fill its pauses; "
            "remove this, or take a text model like gpt-4.1",
        )


def interim_is_complete(asked: Asked) -> Iterator[Finding]:
    """Each kind needs its own fields and ignores the other's."""
    settings = asked.service.interim_response
    if settings is None:
        return
    at = (SERVICE, "interim_response")
    if settings.type == interim.STATIC and not settings.texts:
        yield Finding(at, 'give `texts`, as ["One moment…"], or `type: llm_interim_response`')
    for kind, fields in interim.FIELDS.items():
        for field in sorted(fields) if kind != settings.type else ():
            if given(settings, field) is not None:
                yield Finding((*at, field), f"{settings.type} ignores this; remove it, or set `type: {kind}`")


def version_has_it(asked: Asked) -> Iterator[Finding]:
    """An older protocol refuses what it doesn't know."""
    service = asked.service
    used = {
        (SERVICE, "interim_response"): ("interim_response", service.interim_response is not None),
        (SERVICE, "turn_detection", "auto_truncate"): ("auto_truncate", service.turn_detection.auto_truncate),
        (SERVICE, "mcp_servers"): ("mcp_servers", bool(service.mcp_servers)),
        (SERVICE, "parallel_tool_calls"): ("parallel_tool_calls", not service.parallel_tool_calls),
        (SERVICE, "echo_cancellation"): (
            "client echo reference",
            service.echo_cancellation == "client" and not service.embedded,
        ),
        (SERVICE, "model"): (AZURE_REALTIME, service.agent is None and service.model == AZURE_REALTIME),
    }
    for at, (feature, wanted) in used.items():
        if wanted and not offers(service.api_version, feature):
            yield Finding(at, f"this came with api_version {since(feature)}; api_version is {service.api_version}")


def extra_leaves_what_we_rely_on(asked: Asked) -> Iterator[Finding]:
    """What the speaker sends and plays follows the settings; the model is fixed when the session is opened."""
    relied_on = {
        "model": "model",
        "input_audio_format": "input_audio_format",
        "input_audio_sampling_rate": "input_audio_format",
        "output_audio_format": "output_audio_format",
        "input_audio_echo_cancellation": "echo_cancellation",
    }
    for field in relied_on.keys() & asked.service.extra.keys():
        yield Finding((SERVICE, "extra", field), f"the speaker relies on this; set `{relied_on[field]}` beside `extra`")


PROBLEMS: tuple[Rule, ...] = (
    effort_fits_model, interim_fits_model, interim_is_complete, version_has_it,
    extra_leaves_what_we_rely_on,
)  # fmt: skip
