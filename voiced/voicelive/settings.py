import re
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, JsonValue, field_validator, model_validator

from voiced.settings import Settings
from voiced.voicelive.addresses import is_loopback
from voiced.voicelive.credential_settings import ConnectionSettings, CredentialSettings
from voiced.voicelive.interim import InterimResponseSettings
from voiced.voicelive.mcp_settings import McpServerSettings
from voiced.voicelive.tracing_settings import TracesSettings
from voiced.voicelive.transcription import TranscriptionSettings
from voiced.voicelive.turn_detection import TurnDetectionSettings
from voiced.voicelive.voices import Voice

CASCADE = "cascade"
LOCALE = r"^[a-z]{2,3}-[A-Z]{2}$"
"""A language and a country."""
_HOST = re.compile(r"[0-9a-f:.]*:[0-9a-f:.]*|[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")


class AgentSettings(Settings):
    """An agent that you made in Microsoft Foundry, in place of a model."""

    name: str = Field(min_length=1)
    """What it is called there."""
    project: str = Field(min_length=1)
    """The project it is in."""
    version: str | None = Field(default=None, min_length=1)
    """Which version of it; the newest where this is left out."""
    conversation_id: str | None = Field(default=None, min_length=1)
    """A conversation of Foundry's to go on with, every time."""
    authentication_identity_client_id: str | None = Field(default=None, min_length=1)
    """The managed identity with which the service reaches the agent, where it isn't the resource's own."""
    foundry_resource_override: str | None = Field(default=None, min_length=1)
    """The Foundry resource the agent is in, where it isn't the endpoint's."""


class VoiceLiveSettings(ConnectionSettings):
    """The service that understands and answers."""

    endpoint: str = CASCADE
    """The Azure resource's address (https://NAME.services.ai.azure.com/), or `cascade`: everything on this device."""
    credential: CredentialSettings | None = None
    """Needed for an Azure endpoint."""
    model: str = Field(default="gpt-realtime", min_length=1)
    """The model that answers."""
    agent: AgentSettings | None = None
    """A Foundry agent that answers, in place of a model."""
    profile: (
        Literal["byom-azure-openai-realtime", "byom-azure-openai-chat-completion", "byom-foundry-anthropic-messages"]
        | None
    ) = None
    """What `model` is where it names a deployment of your own."""
    region: str | None = Field(default=None, pattern=r"^[a-z]+[0-9]?$")
    """Where the resource is, as westeurope: a hint, so that `voiced check` can tell what doesn't exist there."""
    api_version: str = Field(default="2026-07-15", pattern=r"^\d{4}-\d{2}-\d{2}(-preview)?$")
    """The protocol's version; pinned, because a newer one changes defaults."""
    turn_detection: TurnDetectionSettings = TurnDetectionSettings()
    """When your turn begins and ends."""
    transcription: TranscriptionSettings = TranscriptionSettings()
    """How what you said is written down."""
    interim_response: InterimResponseSettings | None = None
    """What is said while the answer takes long; nothing where this is left out."""
    temperature: float | None = Field(default=None, ge=0.6, le=1.2)
    """How freely the model answers; left out, what is usual for it."""
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None
    """How long the model may think before it answers; left out, what is usual for it."""
    max_response_output_tokens: int | None = Field(default=None, ge=1, le=4096)
    """How much it may say at once; no limit where this is left out."""
    parallel_tool_calls: bool = True
    """Let the model call several tools at once."""
    mcp_servers: tuple[McpServerSettings, ...] = ()
    """Servers of tools on the internet (MCP) that the service calls by itself."""
    word_timestamps: bool = False
    """Ask when in the sound each word is said (with Azure's voices)."""
    include: tuple[
        Literal[
            "item.input_audio_transcription.logprobs",
            "item.input_audio_transcription.phrases",
            "file_search_call.results",
        ],
        ...,
    ] = ()
    """What else the service should tell of transcripts and searches; seen in recorded sessions."""
    metadata: dict[str, str] = Field(default_factory=dict, max_length=16)
    """Notes of yours that appear in the resource's logs: at most 16 of 64 and 512 characters."""
    input_audio_format: Literal["pcm16", "g711_ulaw", "g711_alaw"] = "pcm16"
    """How your voice is sent: as it is (32 kB/s), or as on the telephone for a thin link (8 kB/s)."""
    output_audio_format: Literal["pcm16", "pcm16_16000hz", "pcm16_8000hz", "g711_ulaw", "g711_alaw"] = "pcm16"
    """How replies come: at 24 kHz (48 kB/s), or thinner down to the telephone's 8 kB/s."""
    traces: TracesSettings | None = None
    """What the service's SDK does, for OpenTelemetry (`otlp` or `console`); nothing where this is left out."""
    extra: dict[str, JsonValue] = Field(default_factory=dict)
    """More fields of the service's session, passed through untouched."""
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

    @property
    def loopback(self) -> bool:
        """Whether the service is a program on this machine, which is not held to Azure's lists."""
        return self.embedded or is_loopback(urlsplit(self.endpoint).hostname or "")

    @property
    def place(self) -> str | None:
        """The resource's region: as told, or as in an address like https://westeurope.api.cognitive.microsoft.com/."""
        host = urlsplit(self.endpoint).hostname or ""
        named = host.removesuffix(".api.cognitive.microsoft.com")
        return self.region or (named if named != host else None)

    @field_validator("mcp_servers")
    @classmethod
    def _told_apart(cls, servers: tuple[McpServerSettings, ...]) -> tuple[McpServerSettings, ...]:
        labels = [server.label for server in servers]
        for label in labels:
            if labels.count(label) > 1:
                raise ValueError(f"the label {label!r} is there twice")
        return servers

    @field_validator("metadata")
    @classmethod
    def _is_short(cls, metadata: dict[str, str]) -> dict[str, str]:
        if any(len(key) > 64 or len(value) > 512 for key, value in metadata.items()):
            raise ValueError("a key may have 64 characters and a value 512")
        return metadata

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
        if parts.scheme == "http" and not is_loopback(parts.hostname):
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


class PersonaSettings(Settings):
    """Who answers."""

    voice: Voice = "en-US-Ava:DragonHDLatestNeural"
    """An Azure voice by its full name, or one of OpenAI's: alloy, ash, ballad, coral, echo, sage, shimmer, verse, marin
    or cedar; or a map with its `name` and how it speaks."""
    instructions: str = (
        "You are the voice of a smart speaker in a home. Answer in one or two short spoken sentences. "
        "Use the tools to do what is asked; say what was done, and say plainly when something failed."
    )
    """What the model is told about its part."""
    greeting: str | None = Field(default=None, min_length=1, max_length=500)
    """What it says, word for word, if you say nothing after the wake word (`conversation.greeting_after_ms`); nothing
    where this is left out."""
    language: str | None = Field(default=None, pattern=LOCALE)
    """The language spoken to it, as de-DE; `speaker.locale` where this is left out."""
    tools: tuple[str, ...] | None = None
    """The names of the tools it may use; all where this is left out, none with `[]`."""
    temperature: float | None = Field(default=None, ge=0.6, le=1.2)
    """How freely it answers; `voice_live.temperature` where this is left out."""
