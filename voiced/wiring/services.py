"""With whom a conversation can be held: Voice Live in the cloud, or the cascade on this device."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from voiced import paths
from voiced.assistant.conversation import END_CONVERSATION
from voiced.assistant.events import FailureReason
from voiced.config.schema import VoicedSettings
from voiced.config.secrets import SecretError, resolve
from voiced.settings import SecretReference
from voiced.tools.policy import InQuietHours
from voiced.tools.registry import Registry
from voiced.tools.tool import Tool
from voiced.voicelive.answering import connection_model, connection_query
from voiced.voicelive.connection import Target, is_this_device
from voiced.voicelive.credential_settings import CredentialSettings
from voiced.voicelive.credentials import Credential, KeyCredential, SignIn, TokenCredential
from voiced.voicelive.failures import CredentialError, Failure, Remedy
from voiced.voicelive.mcp_servers import RemoteServers
from voiced.voicelive.quotas import CONNECTIONS_PER_MINUTE
from voiced.voicelive.request import Function, request_session
from voiced.voicelive.settings import CASCADE, PersonaSettings, VoiceLiveSettings

OPENING_SHARE = 0.95
"""A session must open within this share of what the assistant waits, so that its reason is told and not the clock's."""

HANG_UP = Function(
    END_CONVERSATION,
    "End the conversation. Call it when the user says goodbye or wants nothing more; then say goodbye, briefly.",
    {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
    always=True,
)
"""Offered to every model; the speaker listens on for `follow_up_seconds` otherwise."""

LOCAL_HEARTBEAT_SECONDS = 20.0
"""Between pings to the cascade: its end shows at once, and while it recognises on a slow machine it answers none."""
FALLBACK_START_SECONDS = 30.0
"""For how long the cascade's process is waited for where it has to be started first: its imports take two seconds of a
fast machine, ten of a Raspberry Pi 4, and more where others want the processor, too."""
BACKLOG_SPARE_SECONDS = 4.0
"""The pre-roll keeps somewhat more than the longest opening; all of it must fit into the uplink."""


@dataclass(frozen=True, slots=True)
class Service:
    """One that answers.

    Attributes:
        name: what it is called in status.
        target: where it is.
        credential: what it is shown.
        request: what it is asked for, for a persona.
        limit: how many connections a minute it allows; None for any number.
        remote: the MCP servers that it calls.
    """

    name: str
    target: Target
    credential: Credential
    request: Callable[[str], Mapping[str, Any]]
    limit: int | None = None
    remote: RemoteServers = field(default_factory=RemoteServers)


def cloud(settings: VoicedSettings, registry: Registry, asked: Callable[[SignIn], None]) -> Service:
    """Voice Live at the configured endpoint. `asked` is told when the owner has to sign in."""
    service = settings.voice_live
    if service.credential is None:  # which the settings' own check has refused
        raise ValueError("an Azure endpoint needs a credential")
    waits = settings.conversation.connect_seconds * OPENING_SHARE
    if service.fallback != "none":
        waits = min(waits, service.fallback_seconds)
    target = Target(
        service.endpoint,
        connection_model(service),
        service.api_version,
        waits,
        query=connection_query(service),
        channels=2 if service.echo_reference == "client" else 1,
        proxy=service.proxy,
        backlog_seconds=settings.conversation.connect_seconds + BACKLOG_SPARE_SECONDS,
    )
    remote = RemoteServers(server.label for server in service.mcp_servers)
    return Service(
        "azure",
        target,
        credential(service.credential, asked),
        _requests(settings, service, registry, remote),
        None if is_this_device(service.endpoint) else CONNECTIONS_PER_MINUTE,
        remote,
    )


def on_this_device(settings: VoicedSettings, registry: Registry, address: str, key: str) -> Service:
    """The cascade, as the service itself or as what stands in for it: then with what every cascade understands."""
    service = settings.voice_live
    if not service.embedded:
        service = VoiceLiveSettings(endpoint=CASCADE, echo_cancellation=service.echo_cancellation)
        plain = PersonaSettings()
        settings = settings.model_copy(
            update={
                "personas": {
                    name: persona.model_copy(update={"voice": plain.voice, "temperature": None})
                    for name, persona in settings.personas.items()
                }
            }
        )
    stands_in = service is not settings.voice_live
    target = Target(
        address,
        connection_model(service),
        service.api_version,
        FALLBACK_START_SECONDS if stands_in else settings.conversation.connect_seconds * OPENING_SHARE,
        query=connection_query(service),
        channels=2 if service.echo_reference == "client" else 1,
        heartbeat=LOCAL_HEARTBEAT_SECONDS,
        backlog_seconds=longest_opening(settings) + BACKLOG_SPARE_SECONDS,
    )
    requests = _requests(settings, service, registry, RemoteServers(), offline=True)
    return Service(CASCADE, target, KeyCredential(lambda: key), requests)


def longest_opening(settings: VoicedSettings) -> float:
    """How many seconds a session may take to open, whoever answers: what is said meanwhile must be kept."""
    service, usual = settings.voice_live, settings.conversation.connect_seconds
    if service.embedded or service.fallback != CASCADE:
        return usual
    return max(usual, service.fallback_seconds + FALLBACK_START_SECONDS)


def wants_reference(settings: VoiceLiveSettings) -> bool:
    """Whether anybody who may answer is sent what the speaker plays: the cascade can't know it otherwise."""
    stands_in = settings.fallback == CASCADE and settings.echo_cancellation != "off"
    return settings.echo_reference == "client" or (not settings.embedded and stands_in)


def credential(settings: CredentialSettings, asked: Callable[[SignIn], None]) -> Credential:
    """What the settings name; `asked` is told, on the event loop, when the owner has to sign in."""
    if settings.api_key is not None:
        reference = settings.api_key
        return KeyCredential(lambda: _secret(reference))
    from voiced.voicelive.entra import TokenSource  # noqa: PLC0415 (only for who uses Entra)

    loop = asyncio.get_running_loop()
    entra = settings.entra
    assert entra is not None  # noqa: S101 (the settings have exactly one of the two)
    password = entra.certificate_password

    def ask(sign_in: SignIn) -> None:  # in the thread that fetches
        loop.call_soon_threadsafe(tell, sign_in)

    def tell(sign_in: SignIn) -> None:
        tokens.asked(sign_in)
        asked(sign_in)

    source = TokenSource(entra, paths.state_directory(), lambda: None if password is None else _secret(password), ask)
    tokens = TokenCredential(source.fetch, since_boot)
    return tokens


def since_boot() -> float:
    """Seconds, those included in which the machine was suspended; nobody can set it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _secret(reference: SecretReference) -> str:
    try:
        return resolve(reference)
    except SecretError as error:
        raise CredentialError(Failure(FailureReason.REFUSED, Remedy.FIX_CONFIGURATION, str(error))) from error


def _requests(
    settings: VoicedSettings,
    service: VoiceLiveSettings,
    registry: Registry,
    remote: RemoteServers,
    *,
    offline: bool = False,
) -> Callable[[str], Mapping[str, Any]]:
    hours = settings.tool_policy.quiet_hours
    always_asks = hours is not None and hours.then == "confirm"

    def request(persona: str) -> Mapping[str, Any]:
        functions = [
            Function(
                tool.name,
                tool.definition.description,
                _told_offline(tool, always_asks=always_asks) if offline else dict(tool.definition.parameters),
            )
            for tool in registry
            if tool.policy.allows(persona)
        ]
        servers = list(_payloads(service, remote))
        if settings.builtins.end_conversation:
            functions.append(HANG_UP)
        return request_session(service, settings.persona(persona), settings.speaker.locale, functions, servers)

    return request


def _told_offline(tool: Tool, *, always_asks: bool) -> dict[str, Any]:
    """The JSON Schema of a tool's arguments with what may be said for it, which only a cascade reads."""
    schema: dict[str, Any] = dict(tool.definition.parameters)
    if tool.phrases:
        schema["x-phrases"] = list(tool.phrases)
        if tool.words:
            schema["x-words"] = {name: dict(words) for name, words in tool.words.items()}
        hours = tool.policy.quiet_hours
        if tool.policy.confirm is not False or (always_asks if hours is None else hours.then is InQuietHours.CONFIRM):
            schema["x-confirm"] = True
    return schema


def _payloads(service: VoiceLiveSettings, remote: RemoteServers) -> Iterator[Mapping[str, Any]]:
    """The remote servers with their secrets; one whose secret can't be read is left out, and told of."""
    for server in service.mcp_servers:
        try:
            yield server.payload(resolve)
        except SecretError as error:
            remote.failed(server.label, str(error))
