"""Names that we don't know, and places where what is asked for may not exist: the service grows, so never errors."""

import difflib
from collections.abc import Iterable, Iterator

from voiced.voicelive.models import MODELS, NO_TRANSCRIPTION, TRANSCRIBERS, Kind
from voiced.voicelive.rules.asked import SERVICE, Asked, Finding, Rule
from voiced.voicelive.versions import VERSIONS

_REALTIME_REGIONS = frozenset(
    {
        "australiaeast", "canadacentral", "canadaeast", "centralindia", "centralus", "eastus2", "francecentral",
        "southeastasia", "swedencentral", "uksouth", "westus2",
    }
)  # fmt: skip
_PHI_REGIONS = frozenset({"eastus2", "japaneast", "southeastasia", "swedencentral", "westus2"})
_REGIONS = (
    _REALTIME_REGIONS
    | _PHI_REGIONS
    | {
        "brazilsouth", "eastus", "germanywestcentral", "italynorth", "japanwest", "koreacentral", "northcentralus",
        "norwayeast", "southafricanorth", "southcentralus", "switzerlandnorth", "uaenorth", "westcentralus",
        "westeurope", "westus", "westus3",
    }
)  # fmt: skip
"""Microsoft's table of Voice Live's regions."""
_MODEL_REGIONS = {Kind.NATIVE: _REALTIME_REGIONS, Kind.MULTIMODAL: _PHI_REGIONS}


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), 1)
    return f"{name!r} is no {what} we know" + (f" (did you mean {close[0]}?)" if close else "; is it new?")


def model_is_known(asked: Asked) -> Iterator[Finding]:
    """A deployment of your own is called as you like."""
    service = asked.service
    if service.agent is None and service.profile is None and not service.loopback and service.model not in MODELS:
        yield Finding((SERVICE, "model"), _unknown("model", service.model, MODELS))


def transcriber_is_known(asked: Asked) -> Iterator[Finding]:
    """Likewise; `none` is ours."""
    name = asked.service.transcription.model
    if name is not None and name not in TRANSCRIBERS | {NO_TRANSCRIPTION}:
        yield Finding(
            (SERVICE, "transcription", "model"), _unknown("transcriber", name, asked.model.abilities.transcribers)
        )


def version_is_known(asked: Asked) -> Iterator[Finding]:
    """A newer one may change defaults that we rely on."""
    if asked.service.api_version not in VERSIONS:
        yield Finding(
            (SERVICE, "api_version"), _unknown("version of the protocol", asked.service.api_version, VERSIONS)
        )


def region_is_known(asked: Asked) -> Iterator[Finding]:
    """It is a hint for these rules alone."""
    region = asked.service.region
    if region is not None and region not in _REGIONS:
        yield Finding((SERVICE, "region"), _unknown("region of Voice Live", region, _REGIONS))


def region_has_the_model(asked: Asked) -> Iterator[Finding]:
    """Models come to more regions every month."""
    region, regions = asked.service.place, _MODEL_REGIONS.get(asked.model.kind)
    if region in _REGIONS and regions is not None and region not in regions and asked.service.profile is None:
        yield Finding(
            (SERVICE, "model"),
            f"{region} had no {asked.service.model} when this was written; if the service refuses it, "
            "take a text model like gpt-4.1, or a resource in another region",
        )


ADVICE: tuple[Rule, ...] = (
    model_is_known, transcriber_is_known, version_is_known, region_is_known, region_has_the_model,
)  # fmt: skip
