"""What MCP servers need of a session, and where the service can't call them (voice-live §4.7)."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from voiced.voicelive.addresses import is_at_home
from voiced.voicelive.models import NO_TRANSCRIPTION, Kind
from voiced.voicelive.rules.asked import SERVICE, Asked, Finding, Rule

_AT = (SERVICE, "mcp_servers")


def servers_are_for_the_service(asked: Asked) -> Iterator[Finding]:
    """It is the service that calls them."""
    if asked.service.mcp_servers and asked.service.embedded:
        yield Finding(_AT, "the cascade on this device calls no MCP servers; set `endpoint` to the Azure resource")


def servers_fit_model(asked: Asked) -> Iterator[Finding]:
    """The service documents one family that can't."""
    if asked.service.mcp_servers and asked.model.kind is Kind.MULTIMODAL:
        yield Finding(_AT, f"{asked.service.model} calls no MCP servers; remove this, or take another model")


def approval_needs_a_transcript(asked: Asked) -> Iterator[Finding]:
    """A yes is read in what the service wrote down."""
    if asked.service.transcription.model != NO_TRANSCRIPTION:
        return
    for index, server in enumerate(asked.service.mcp_servers):
        if server.asks:
            yield Finding(
                (*_AT, index, "approval"),
                "your yes or no is understood from the transcript, and there is none; "
                "remove `transcription: {model: none}`, or set `approval: never`",
            )


def server_can_be_reached(asked: Asked) -> Iterator[Finding]:
    """From the cloud a house's own addresses lead nowhere."""
    if asked.service.loopback:
        return
    for index, server in enumerate(asked.service.mcp_servers):
        host = urlsplit(server.url).hostname or ""
        if is_at_home(host):
            yield Finding(
                (*_AT, index, "url"),
                f"the service in the cloud connects to it, and can't find {host} from there; "
                "give an address that the internet knows",
            )


PROBLEMS: tuple[Rule, ...] = (servers_are_for_the_service, servers_fit_model, approval_needs_a_transcript)
ADVICE: tuple[Rule, ...] = (server_can_be_reached,)
