import re
from ipaddress import ip_address
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from voiced.settings import SecretReference, Settings

CASCADE = "cascade"
LOCALE = r"^[a-z]{2,3}-[A-Z]{2}$"
"""A language and a country."""
_HOST = re.compile(r"[0-9a-f:.]*:[0-9a-f:.]*|[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")


class CredentialSettings(Settings):
    """How the speaker proves to the service who it is."""

    api_key: SecretReference
    """Where the resource's key is kept."""


class TurnDetectionSettings(Settings):
    """When the service takes your turn to begin and to end. Every field is sent: no default changes under us."""

    type: Literal["azure_semantic_vad", "azure_semantic_vad_multilingual", "server_vad"] = "azure_semantic_vad"
    """By meaning and sound (Azure's own, the better for a speaker), or by sound alone."""
    threshold: float = Field(default=0.5, ge=0, le=1)
    """How sure the service must be that it hears speech."""
    prefix_padding_ms: int = Field(default=420, ge=0, le=2000)
    """How much sound from before the detected start belongs to the turn."""
    silence_duration_ms: int = Field(default=500, ge=100, le=5000)
    """How long a pause ends the turn."""
    speech_duration_ms: int = Field(default=80, ge=0, le=2000)
    """How long a sound must last to be taken for speech."""
    remove_filler_words: bool = False
    """Let "hm" and "yeah" not interrupt a reply (not with server_vad)."""


class VoiceLiveSettings(Settings):
    """The service that understands and answers."""

    endpoint: str = CASCADE
    """The Azure resource's address (https://NAME.services.ai.azure.com/), or `cascade`: everything on this device."""
    credential: CredentialSettings | None = None
    """Needed for an Azure endpoint."""
    model: str = Field(default="gpt-realtime", min_length=1)
    """The model that answers."""
    api_version: str = Field(default="2026-07-15", pattern=r"^\d{4}-\d{2}-\d{2}(-preview)?$")
    """The protocol's version; pinned, because a newer one changes defaults."""
    turn_detection: TurnDetectionSettings = TurnDetectionSettings()
    """When your turn begins and ends."""
    noise_reduction: Literal["azure_deep_noise_suppression", "near_field", "far_field", "none"] = (
        "azure_deep_noise_suppression"
    )
    """How the service cleans your voice."""
    echo_cancellation: Literal["server", "client", "off"] = "server"
    """Who tells the service what the speaker itself says, so that it can remove it: the service knows its own voice
    (`server`); the speaker sends what it really played, chimes included, beside the microphone (`client`, a preview of
    the service, doubles the upload)."""

    @property
    def echo_reference(self) -> Literal["server", "client", "off"]:
        """Who tells the service what the speaker says: the cascade's own voice has to be told by the speaker."""
        return "client" if self.embedded and self.echo_cancellation == "server" else self.echo_cancellation

    @property
    def embedded(self) -> bool:
        """Whether the session is with the cascade on this device."""
        return self.endpoint == CASCADE

    @field_validator("endpoint")
    @classmethod
    def _is_an_address(cls, endpoint: str) -> str:
        if endpoint == CASCADE:
            return endpoint
        try:
            parts = urlsplit(endpoint)
            parts.port  # noqa: B018 (raises where it is none)
        except ValueError as error:
            raise ValueError(f"{endpoint!r} is no address: {error}") from error
        if parts.hostname and not _HOST.fullmatch(parts.hostname):
            raise ValueError(f"{parts.hostname!r} is no host name")
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError(
                f"{endpoint!r} is neither `cascade` nor an address like https://NAME.services.ai.azure.com/"
            )
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise ValueError("an http:// address would send the key in clear; use https://")
        return endpoint

    @model_validator(mode="after")
    def _has_a_credential(self) -> Self:
        if not self.embedded and self.credential is None:
            raise ValueError(
                "an Azure endpoint needs `credential: {api_key: {credential: azure-key}}`; "
                "without a key, set `endpoint: cascade`"
            )
        return self


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class PersonaSettings(Settings):
    """Who answers."""

    voice: str = "en-US-Ava:DragonHDLatestNeural"
    """An Azure voice by its full name, or one of OpenAI's: alloy, ash, ballad, coral, echo, sage, shimmer, verse, marin
    or cedar."""
    instructions: str = (
        "You are the voice of a smart speaker in a home. Answer in one or two short spoken sentences. "
        "Use the tools to do what is asked; say what was done, and say plainly when something failed."
    )
    """What the model is told about its part."""
    language: str | None = Field(default=None, pattern=LOCALE)
    """The language spoken to it, as de-DE; `speaker.locale` where this is left out."""
